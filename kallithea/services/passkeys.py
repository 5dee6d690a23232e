"""Passkeys of accounts: kept, named, removed, and taken as first or as second factor."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib import passkeys
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid, NotFound, Unauthenticated
from kallithea.lib.networks import is_listed
from kallithea.lib.passkeys import KnownKey, Party, PasskeyRefused, Shown
from kallithea.lib.trace import happened
from kallithea.model import Passkey, User
from kallithea.services.actors import Member, Origin
from kallithea.services.audit import Audit, Target
from kallithea.services.members import NETWORKS_OF_ACCOUNT
from kallithea.services.slips import SlipRefused, Slips
from kallithea.services.throttle import SignInThrottle

log = logging.getLogger(__name__)

AT_MOST = 20
"""Passkeys of one person."""
LONGEST_NAME = 60
REFUSED = "This passkey was not accepted."
FIRST_FACTOR = "passkey to sign in"


class Passkeys:
    """Challenges are slips: each belongs to one purpose and one browser, for five minutes, and is taken once."""

    def __init__(
        self,
        session: Session,
        *,
        slips: Slips,
        audit: Audit,
        origin: Origin,
        throttle: SignInThrottle,
        reading: sessionmaker[Session],
        own_transaction: sessionmaker[Session],
        clock: Clock,
    ) -> None:
        self._session = session
        self._slips = slips
        self._audit = audit
        self._origin = origin
        self._throttle = throttle
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    # --- proving who one is

    def question(self, party: Party, *, browser: str, user_id: int | None = None) -> str:
        """What a script asks the browser's keys, as JSON: those of one account, or any that can say whose it is."""
        if user_id is None:
            challenge = self._slips.issue(FIRST_FACTOR, browser)
            return passkeys.request_options(party, challenge=challenge, is_first_factor=True)
        with self._reading() as session:
            rows = session.scalars(select(Passkey).where(Passkey.user_id == user_id)).all()
        challenge = self._slips.issue(_second_factor(user_id), browser)
        return passkeys.request_options(party, challenge=challenge, known=[_known(row) for row in rows])

    def check_first(self, answer: str, party: Party, *, browser: str) -> int:
        """The number of the active account whose passkey answered. Raises Unauthenticated with one sentence whatever was
        wrong, and TooManyAttempts."""
        return self._check(answer, party, browser=browser, user_id=None)

    def check_second(self, answer: str, party: Party, *, browser: str, user_id: int) -> None:
        """Take the answer of a passkey of this account. Raises Unauthenticated, TooManyAttempts."""
        self._check(answer, party, browser=browser, user_id=user_id)

    def _check(self, answer: str, party: Party, *, browser: str, user_id: int | None) -> int:
        # Nobody can guess a signature; who tries is slowed down as a network.
        self._throttle.check(answer[:200], self._origin.address)
        try:
            shown = passkeys.read(answer)
            self._slips.read(FIRST_FACTOR if user_id is None else _second_factor(user_id), browser, shown.challenge)
            row = self._row_of(shown)
            if user_id is not None and row.user_id != user_id:
                raise PasskeyRefused("the passkey of another account")
            count = passkeys.checked(shown, party, _known(row), is_first_factor=user_id is None)
            self._slips.use(shown.challenge)
            self._count(row, count)
        except (PasskeyRefused, SlipRefused) as error:
            log.info("A passkey was refused: %s", error)
            happened("sign-in failed")
            self._throttle.failed(answer[:200], self._origin.address)
            raise Unauthenticated(REFUSED) from None
        return row.user_id

    def _row_of(self, shown: Shown) -> Passkey:
        wanted = Passkey.credential_hash == _hash(shown.credential_id)
        statement = select(Passkey, NETWORKS_OF_ACCOUNT).join(User, User.id == Passkey.user_id).where(wanted, User.is_active)
        with self._reading() as session:
            found = session.execute(statement).first()
        if found is None:
            raise PasskeyRefused("unknown, or of a disabled account")
        row: Passkey = found[0]
        if not is_listed(self._origin.address, found[1]):
            raise PasskeyRefused("from an address from which it may not be used")
        if shown.handle is not None and shown.handle != row.handle:
            raise PasskeyRefused("made for another account")
        return row

    def _count(self, row: Passkey, count: int) -> None:
        # The count that was read must still be there: two copies of a key that sign at once are one too many.
        unchanged = update(Passkey).where(Passkey.id == row.id, Passkey.sign_count == row.sign_count)
        with self._own_transaction.begin() as session:
            result = session.execute(unchanged.values(sign_count=count, used_at=self._clock()))
            assert isinstance(result, CursorResult)
            if result.rowcount != 1:
                raise PasskeyRefused("used twice at once, or removed meanwhile")

    # --- keeping them

    def of(self, user_id: int) -> Sequence[Passkey]:
        """The passkeys of an account, the oldest first."""
        return self._session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)).all()

    def invitation(self, member: Member, party: Party, *, browser: str) -> str:
        """What a script hands to the browser to make a new passkey, as JSON."""
        rows = self.of(member.id)
        handle = rows[0].handle if rows else secrets.token_hex(32)
        return passkeys.creation_options(
            party,
            handle=handle,
            account=member.name,
            challenge=self._slips.issue(_new_key(member.id), browser, handle),
            known=[_known(row) for row in rows],
        )

    def read_new(self, member: Member, answer: str, party: Party, *, browser: str) -> tuple[KnownKey, str]:
        """The key that a browser made when it was invited, and the handle it made it for. Raises Invalid.

        To be called before the scope writes: the invitation is taken in a transaction of its own.
        """
        try:
            shown = passkeys.read(answer)
            handle = self._slips.read(_new_key(member.id), browser, shown.challenge)
            key = passkeys.checked_new(shown, party)
            self._slips.use(shown.challenge)
        except (PasskeyRefused, SlipRefused) as error:
            log.info("A new passkey was refused: %s", error)
            raise Invalid(REFUSED, hint="Try again.") from None
        return key, handle

    def add(self, member: Member, name: str, key: KnownKey, handle: str) -> Passkey:
        """Keep a new passkey. Raises Invalid, Conflict."""
        rows, digest = self.of(member.id), _hash(key.credential_id)
        if len(rows) >= AT_MOST:
            raise Conflict(f"One account has at most {AT_MOST} passkeys.", hint="Remove one first.")
        if self._session.scalar(select(Passkey.id).where(Passkey.credential_hash == digest)) is not None:
            raise Conflict("This passkey is known already.")
        row = Passkey(
            user_id=member.id,
            name=_name(name) or f"Passkey {len(rows) + 1}",
            credential_hash=digest,
            credential_id=key.credential_id,
            public_key=key.public_key,
            sign_count=key.sign_count,
            handle=handle,
            transports=" ".join(key.transports),
            created_at=self._clock(),
        )
        self._session.add(row)
        self._session.flush()
        self._audit.record("passkey.add", Target("user", member.id, member.name), after={"passkey": row.name})
        return row

    def remove(self, member: Member, passkey_id: int) -> None:
        """Forget one of the member's own passkeys. Raises NotFound for others."""
        row = self._session.get(Passkey, passkey_id)
        if row is None or row.user_id != member.id:
            raise NotFound("There is no such passkey.")
        self._session.delete(row)
        self._session.flush()
        self._audit.record("passkey.remove", Target("user", member.id, member.name), before={"passkey": row.name})


def _name(text: str) -> str:
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        reason = f"A name has at most {LONGEST_NAME} characters."
        raise Invalid(reason, fields={"name": reason})
    return name


def _second_factor(user_id: int) -> str:
    return f"passkey of {user_id}"


def _new_key(user_id: int) -> str:
    return f"new passkey of {user_id}"


def _hash(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def _known(row: Passkey) -> KnownKey:
    return KnownKey(row.credential_id, row.public_key, row.sign_count, tuple(row.transports.split()))
