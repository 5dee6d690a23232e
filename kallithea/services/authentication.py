"""Turns what a visitor shows into who acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Forbidden, Unauthenticated
from kallithea.lib.passwords import Passwords
from kallithea.lib.tokens import token_hash
from kallithea.lib.trace import happened
from kallithea.model import User, UserGroup, UserGroupMember, UserSession
from kallithea.services.actors import Actor, Anonymous, Credentials, Member, NamePassword, OwnMachine, SessionToken, System
from kallithea.services.factor_rules import DEMAND, HAS_SECOND_FACTOR, demand_of
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
        HAS_SECOND_FACTOR.label("has_second_factor"),
        DEMAND.label("demand"),
    )
    .outerjoin(UserGroupMember, UserGroupMember.user_id == User.id)
    .outerjoin(UserGroup, and_(UserGroup.id == UserGroupMember.user_group_id, UserGroup.active))
    .where(User.is_active)
)
_BY_SESSION = (
    _MEMBER.add_columns(UserSession.id.label("session_id"), UserSession.used_at, UserSession.proved_at)
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
            return self._by_session(proof)
        if isinstance(proof, NamePassword):
            return self._by_password_alone(proof, address=credentials.origin.address)
        return Anonymous()

    def by_password(self, name: str, password: str, *, address: str) -> Member:
        """The account that this name (or e-mail address) and password open.

        The same sentence and the same time for an unknown name, a disabled account and a wrong password.
        """
        return _member(self._rows_by_password(name, password, address=address))

    def _by_password_alone(self, proof: NamePassword, *, address: str) -> Member:
        """What a client of hg or git opens with a password. It can show nothing else, so accounts with a second factor, or
        without one that they ought to have, are not opened: the password would be all that a thief needs.

        403, not 401: hg prints a sentence of ours only then, and asking again for the password helps nobody.
        """
        rows = self._rows_by_password(proof.name, proof.password, address=address)
        member = _member(rows)
        if rows[0].has_second_factor or member.owes_second_factor:
            raise Forbidden(
                "A password alone does not open this account.",
                hint="Use an access token in place of the password, and remove the password where your client keeps it.",
            )
        return member

    def _rows_by_password(self, name: str, password: str, *, address: str) -> Sequence[Any]:
        self._throttle.check(name, address)
        with self._reading() as session:
            rows = session.connection().execute(_BY_NAME, {"key": name.strip().casefold()}).all()
        if rows and self._passwords.verify(rows[0].id, rows[0].password_hash, password):
            self._throttle.succeeded(name, address)
            return rows
        if not rows:
            self._passwords.verify_nobody(password)
        self._throttle.failed(name, address)
        happened("sign-in failed")
        raise Unauthenticated("Wrong user name or password.")

    def _by_session(self, proof: SessionToken) -> Actor:
        now = self._clock()
        with self._reading() as session:
            rows = session.connection().execute(_BY_SESSION, {"token_hash": token_hash(proof.token), "now": now}).all()
        if not rows:
            return Anonymous()
        if (now - rows[0].used_at).total_seconds() > WRITE_USED_AFTER:
            self._write_used(rows[0].session_id, now)
        return _member(rows, session_id=rows[0].session_id, proved_at=rows[0].proved_at)

    def _write_used(self, session_id: int, now: datetime) -> None:
        with self._own_transaction.begin() as session:
            session.execute(update(UserSession).where(UserSession.id == session_id).values(used_at=now))


def _member(rows: Sequence[Any], *, session_id: int | None = None, proved_at: datetime | None = None) -> Member:
    first = rows[0]
    groups = frozenset(row.group_id for row in rows if row.group_id is not None)
    is_demanded = demand_of(first.demand).covers(is_administrator=first.is_administrator)
    return Member(
        id=first.id,
        name=first.name,
        is_administrator=first.is_administrator,
        groups=groups,
        session_id=session_id,
        owes_second_factor=is_demanded and not first.has_second_factor,
        proved_at=proved_at,
    )
