"""Turns what a visitor shows into who acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.networks import is_listed
from kallithea.lib.passwords import Passwords
from kallithea.lib.tokens import token_hash
from kallithea.lib.trace import happened
from kallithea.model import AllowedAddresses, User, UserGroup, UserGroupMember, UserSession
from kallithea.services.access.control import NETWORKS
from kallithea.services.actors import Actor, Anonymous, Credentials, Member, NamePassword, OwnMachine, SessionToken, System
from kallithea.services.throttle import SignInThrottle

WRITE_USED_AFTER = 600.0
"""Seconds between two writes of when a session was last used."""

_MEMBER = (
    select(
        User.id,
        User.name,
        User.is_administrator,
        User.password_hash,
        UserGroup.id.label("group_id"),
        func.coalesce(AllowedAddresses.networks, NETWORKS, "").label("networks"),
    )
    .outerjoin(AllowedAddresses, AllowedAddresses.user_id == User.id)
    .outerjoin(UserGroupMember, UserGroupMember.user_id == User.id)
    .outerjoin(UserGroup, and_(UserGroup.id == UserGroupMember.user_group_id, UserGroup.active))
    .where(User.is_active)
)
_BY_SESSION = (
    _MEMBER.add_columns(UserSession.id.label("session_id"), UserSession.used_at)
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.token_hash == bindparam("token_hash"), UserSession.expires_at > bindparam("now"))
)
_BY_NAME = _MEMBER.where(or_(User.name_key == bindparam("key"), User.email_key == bindparam("key")))


class Authentication:
    """Finds the actor of some credentials.

    In transactions of its own, never in that of the scope: what it writes stays when the page fails, and a scope that holds
    SQLite's write lock already would wait for itself.
    """

    def __init__(
        self,
        *,
        passwords: Passwords,
        throttle: SignInThrottle,
        reading: sessionmaker[Session],
        own_transaction: sessionmaker[Session],
        clock: Clock,
    ) -> None:
        self._passwords = passwords
        self._throttle = throttle
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    def actor(self, credentials: Credentials) -> Actor:
        """Who shows these credentials. A dead session is nobody; a wrong password raises Unauthenticated, too many of them
        TooManyAttempts."""
        proof = credentials.proof
        if isinstance(proof, OwnMachine):
            return System()
        if isinstance(proof, SessionToken):
            return self._by_session(proof, credentials.origin.address)
        if isinstance(proof, NamePassword):
            return self.by_password(proof.name, proof.password, address=credentials.origin.address)
        return Anonymous(credentials.origin.address)

    def by_password(self, name: str, password: str, *, address: str) -> Member:
        """The account that this name (or e-mail address) and password open.

        The same sentence and the same time for an unknown name, a disabled account, a wrong password, and an address from which
        the account may not be used.
        """
        self._throttle.check(name, address)
        with self._reading() as session:
            rows = session.connection().execute(_BY_NAME, {"key": name.strip().casefold()}).all()
        if rows and self._passwords.verify(rows[0].id, rows[0].password_hash, password):
            member = _member(rows, address)
            if isinstance(member, Member):
                self._throttle.succeeded(name, address)
                return member
        if not rows:
            self._passwords.verify_nobody(password)
        self._throttle.failed(name, address)
        happened("sign-in failed")
        raise Unauthenticated("Wrong user name or password.")

    def _by_session(self, proof: SessionToken, address: str) -> Actor:
        now = self._clock()
        with self._reading() as session:
            rows = session.connection().execute(_BY_SESSION, {"token_hash": token_hash(proof.token), "now": now}).all()
        if not rows:
            return Anonymous(address)
        if (now - rows[0].used_at).total_seconds() > WRITE_USED_AFTER:
            self._write_used(rows[0].session_id, now)
        return _member(rows, address, session_id=rows[0].session_id)

    def _write_used(self, session_id: int, now: datetime) -> None:
        with self._own_transaction.begin() as session:
            session.execute(update(UserSession).where(UserSession.id == session_id).values(used_at=now))


def _member(rows: Any, address: str, *, session_id: int | None = None) -> Member | Anonymous:
    """The account of the rows of _MEMBER, or nobody where it may not be used from this address. Everything that finds out who
    acts ends here."""
    first = rows[0]
    if not is_listed(address, first.networks):
        return Anonymous(address, is_forbidden=True)
    groups = frozenset(row.group_id for row in rows if row.group_id is not None)
    return Member(first.id, first.name, first.is_administrator, groups, session_id)
