"""The second step of signing in: who has shown a password and owes a code or a passkey."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import CursorResult, delete, exists, select, update
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib import totp
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.networks import is_listed
from kallithea.lib.sealing import opened
from kallithea.lib.tokens import same, token_hash
from kallithea.lib.trace import happened
from kallithea.model import AuthenticatorApp, Passkey, RecoveryCode, User
from kallithea.services.actors import Anonymous, Origin
from kallithea.services.audit import Audit, Target
from kallithea.services.factor_rules import HAS_SECOND_FACTOR
from kallithea.services.members import NETWORKS_OF_ACCOUNT
from kallithea.services.slips import SlipRefused, Slips
from kallithea.services.throttle import FACTOR, SignInThrottle

PURPOSE = "second step"
REFUSED = "This code is wrong, or it was used before."
LONGEST_CODE = 100


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """An account whose password was shown a moment ago, in one browser. It opens nothing."""

    user_id: int
    name: str
    remember: bool
    has_app: bool
    has_passkey: bool
    source: str | None = None
    """The one that sent the browser to another site, where that is what was shown first."""


class SecondStep:
    """Reads and writes in transactions of its own, for the reasons that `Authentication` has: a code that was used stays used,
    and a failure that was counted stays counted."""

    def __init__(
        self,
        *,
        secret: str,
        slips: Slips,
        origin: Origin,
        throttle: SignInThrottle,
        reading: sessionmaker[Session],
        own_transaction: sessionmaker[Session],
        clock: Clock,
    ) -> None:
        self._secret = secret
        self._slips = slips
        self._origin = origin
        self._throttle = throttle
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    def is_owed_by(self, user_id: int) -> bool:
        """Whether this account has a second factor, so that what it showed first opens no session yet."""
        with self._reading() as session:
            return bool(session.scalar(select(HAS_SECOND_FACTOR).where(User.id == user_id)))

    def ticket(self, user_id: int, *, remember: bool, browser: str, source: str | None = None) -> str:
        """What a browser shows with the second step, for five minutes: it says whose password was shown in it."""
        with self._reading() as session:
            stored = session.scalars(select(User.password_hash).where(User.id == user_id)).one()
        return self._slips.issue(PURPOSE, browser, f"{user_id}-{int(remember)}-{_stamp(stored)}-{source or ''}")

    def half(self, ticket: str, *, browser: str) -> HalfSignedIn:
        """Who holds a ticket. Raises SlipRefused: forged, of another browser, too old, from an address from which the account
        may not be used, or the password was changed."""
        user_id, remember, stamp, source = self._slips.read(PURPOSE, browser, ticket).split("-", 3)
        with self._reading() as session:
            statement = select(User, NETWORKS_OF_ACCOUNT).where(User.id == int(user_id), User.is_active)
            user, networks = session.execute(statement).one_or_none() or (None, "")
            if user is None or not is_listed(self._origin.address, networks) or not same(stamp, _stamp(user.password_hash)):
                raise SlipRefused("Sign in again.")
            has_app = session.scalar(select(exists().where(AuthenticatorApp.user_id == user.id)))
            has_passkey = session.scalar(select(exists().where(Passkey.user_id == user.id)))
        return HalfSignedIn(user.id, user.name, remember == "1", bool(has_app), bool(has_passkey), source or None)

    def end(self, ticket: str) -> None:
        """Take the ticket of somebody who is about to be signed in. Raises SlipRefused if it was taken before."""
        self._slips.use(ticket)

    def check_code(self, user_id: int, code: str) -> bool:
        """Take a code of the app, or a recovery code: True if it was one of those. Each works once.

        Raises Unauthenticated, with the same sentence for wrong and used ones, and TooManyAttempts.
        """
        address = self._origin.address
        has_failed = self._throttle.check(str(user_id), address, kind=FACTOR)
        typed = "".join(code[:LONGEST_CODE].split()).replace("-", "").lower()
        is_of_app = len(typed) == totp.DIGITS
        if self._takes_code_of_app(user_id, typed) if is_of_app else self._takes_recovery_code(user_id, typed):
            if has_failed:
                self._throttle.succeeded(str(user_id), address, kind=FACTOR)
            return not is_of_app
        self._throttle.failed(str(user_id), address, kind=FACTOR)
        happened("sign-in failed")
        self._write_refused(user_id)
        raise Unauthenticated(REFUSED)

    def _takes_code_of_app(self, user_id: int, code: str) -> bool:
        with self._reading() as session:
            sealed = session.scalar(select(AuthenticatorApp.secret).where(AuthenticatorApp.user_id == user_id))
        secret = opened(self._secret, purpose_of(user_id), sealed) if sealed else None
        step = totp.step_of(secret, code, self._clock()) if secret else None
        if step is None:
            return False
        # The database decides who was first: of two that show the same code at once, one is late.
        later = update(AuthenticatorApp).where(AuthenticatorApp.user_id == user_id, AuthenticatorApp.last_step < step)
        return self._changed(later.values(last_step=step))

    def _takes_recovery_code(self, user_id: int, code: str) -> bool:
        wanted = RecoveryCode.code_hash == recovery_hash(user_id, code)
        return self._changed(delete(RecoveryCode).where(RecoveryCode.user_id == user_id, wanted))

    def _write_refused(self, user_id: int) -> None:
        # Whoever comes this far has the password: its owner and the administrators want to know.
        with self._own_transaction.begin() as session:
            name = session.scalars(select(User.name).where(User.id == user_id)).one()
            audit = Audit(session, actor=Anonymous(), origin=self._origin, clock=self._clock)
            audit.record("second_factor.refused", Target("user", user_id, name))

    def _changed(self, statement: object) -> bool:
        with self._own_transaction.begin() as session:
            result = session.execute(statement)  # type: ignore[call-overload] # an update or a delete
            assert isinstance(result, CursorResult)
            return result.rowcount == 1


def purpose_of(user_id: int) -> str:
    """What the secret of an app is sealed for: it opens for its own account only, wherever its row is put."""
    return f"authenticator app of {user_id}"


def recovery_hash(user_id: int, code: str) -> str:
    """What the database keeps of a recovery code, which is random and long enough for a fast hash."""
    return token_hash(f"{user_id} {code}")


def _stamp(password_hash: str) -> str:
    return token_hash(password_hash)[:16]
