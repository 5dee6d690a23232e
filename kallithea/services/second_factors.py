"""The second factors of an account: set up, turned off, made anew, and reset by an administrator."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from kallithea.lib import totp
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid
from kallithea.lib.sealing import opened, seal
from kallithea.model import AuthenticatorApp, Passkey, RecoveryCode, User, UserSession
from kallithea.services.accounts import Accounts
from kallithea.services.actors import Member
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.factor_rules import HAS_SECOND_FACTOR
from kallithea.services.second_step import purpose_of, recovery_hash

CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike; sixteen of them are 79 bits."""
WRONG_CODE = "This code does not fit. Look whether the clock of the phone is right, and take the next code."


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account has beside its password."""

    has_app: bool
    passkeys: int
    codes_left: int

    @property
    def is_any(self) -> bool:
        return self.has_app or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class FactorCount:
    """How many active accounts there are, and how many of them have a second factor."""

    people: int
    people_with: int
    administrators: int
    administrators_with: int


class SecondFactors:
    """Changes what an account proves itself with; each change ends the other sessions and asks this one again."""

    def __init__(self, session: Session, *, secret: str, accounts: Accounts, audit: Audit, clock: Clock) -> None:
        self._session = session
        self._audit = audit
        self._secret = secret
        self._accounts = accounts
        self._clock = clock

    def of(self, user_id: int) -> Factors:
        """What the account has."""
        apps, passkeys, codes = (
            select(func.count()).where(table.user_id == user_id).scalar_subquery()
            for table in (AuthenticatorApp, Passkey, RecoveryCode)
        )
        row = self._session.execute(select(apps.label("apps"), passkeys.label("passkeys"), codes.label("codes"))).one()
        return Factors(row.apps > 0, row.passkeys, row.codes)

    def count(self) -> FactorCount:
        """Who of all has a second factor, in numbers."""
        people = (
            select(User.is_administrator, case((HAS_SECOND_FACTOR, 1), else_=0).label("has")).where(User.is_active).subquery()
        )
        statement = select(people.c.is_administrator, func.count(), func.sum(people.c.has)).group_by(people.c.is_administrator)
        found = {bool(administrator): (total, int(having)) for administrator, total, having in self._session.execute(statement)}
        (others, others_with), (administrators, having) = found.get(False, (0, 0)), found.get(True, (0, 0))
        return FactorCount(others + administrators, others_with + having, administrators, having)

    # --- the app

    def draft(self, member: Member, secret: bytes | None = None) -> str:
        """A secret (by default a new one) that is not in use yet, sealed for the forms of one session."""
        return seal(self._secret, _draft_purpose(member), secret or totp.new_secret())

    def secret_of(self, member: Member, draft: str) -> bytes:
        """The secret of a draft. Raises Invalid for one that was not made in this session."""
        secret = opened(self._secret, _draft_purpose(member), draft)
        if secret is None:
            raise Invalid("This page is too old.", hint="Open it again and scan the new picture.")
        return secret

    def turn_app_on(self, member: Member, draft: str, code: str) -> None:
        """Have the account ask for codes of the app that has this secret and shows this code. Raises Invalid, Conflict."""
        secret = self.secret_of(member, draft)
        step = totp.step_of(secret, "".join(code[:20].split()), self._clock())
        if step is None:
            raise Invalid(WRONG_CODE, fields={"code": WRONG_CODE})
        if self.of(member.id).has_app:
            raise Conflict("An authenticator app is set up already.", hint="Remove it first.")
        sealed = seal(self._secret, purpose_of(member.id), secret)
        now = self._clock()
        # The code that was just typed is used up.
        self._session.add(AuthenticatorApp(user_id=member.id, secret=sealed, last_step=step, created_at=now))
        self._session.flush()
        self._accounts.credentials_changed(member)
        self._audit.record("second_factor.app", _target(member))

    def turn_app_off(self, member: Member) -> None:
        """Forget the app. Whoever calls has checked a password and a code."""
        self._session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == member.id))
        self.changed(member)
        self._audit.record("second_factor.app_off", _target(member))

    # --- recovery codes

    def new_codes(self, member: Member) -> tuple[str, ...]:
        """Ten new recovery codes in place of all before; they are told this once. Raises Conflict without a second factor."""
        if not self.of(member.id).is_any:
            raise Conflict("Recovery codes are for accounts with a second factor.", hint="Set one up first.")
        codes = tuple(_new_code() for _ in range(CODES))
        self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == member.id))
        self._session.add_all(
            RecoveryCode(user_id=member.id, code_hash=recovery_hash(member.id, code.replace("-", ""))) for code in codes
        )
        self._session.flush()
        self._audit.record("second_factor.codes", _target(member))
        return codes

    def first_codes(self, member: Member) -> tuple[str, ...]:
        """Recovery codes for who has none yet: they come with the first factor."""
        return () if self.of(member.id).codes_left else self.new_codes(member)

    # --- what follows

    def changed(self, member: Member) -> None:
        """After a factor came or went: the last one takes the recovery codes with it, and sessions prove themselves again."""
        if not self.of(member.id).is_any:
            self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == member.id))
        self._accounts.credentials_changed(member)

    def reset(self, user: User) -> Factors:
        """Take everything but the password from an account whose owner lost it, and end its sessions; what it had."""
        had = self.of(user.id)
        for table in (AuthenticatorApp, Passkey, RecoveryCode, UserSession):
            self._session.execute(delete(table).where(table.user_id == user.id))
        before: dict[str, Value] = {"app": had.has_app, "passkeys": had.passkeys}
        self._audit.record("second_factor.reset", Target("user", user.id, user.name), before=before)
        return had


def _new_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _target(member: Member) -> Target:
    return Target("user", member.id, member.name)


def _draft_purpose(member: Member) -> str:
    return f"draft in session {member.session_id} of {member.id}"
