"""Turns what a visitor shows into who acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.access import Access
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Forbidden, Unauthenticated
from kallithea.lib.networks import is_listed
from kallithea.lib.passwords import Passwords
from kallithea.lib.tokens import token_hash
from kallithea.lib.trace import happened
from kallithea.model import Repository, SshKey, User, UserEmail, UserSession
from kallithea.services.actors import (
    Actor,
    Anonymous,
    Credentials,
    Deployment,
    Member,
    NamePassword,
    OwnMachine,
    SessionToken,
    ShownToken,
    SshFingerprint,
    System,
)
from kallithea.services.failed_sign_ins import FailedSignIns
from kallithea.services.members import ACTIVE_MEMBERS, NETWORKS_OF_EVERYBODY, WRITE_USED_AFTER, is_demanded_of, member_of
from kallithea.services.throttle import SignInThrottle
from kallithea.services.token_authentication import TokenAuthentication

_BY_SESSION = (
    ACTIVE_MEMBERS.add_columns(UserSession.id.label("session_id"), UserSession.used_at, UserSession.proved_at)
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.token_hash == bindparam("token_hash"), UserSession.expires_at > bindparam("now"))
)
_FURTHER = select(UserEmail.user_id).where(UserEmail.email_key == bindparam("key"))
_BY_NAME = ACTIVE_MEMBERS.where(
    or_(User.name_key == bindparam("key"), User.email_key == bindparam("key"), User.id.in_(_FURTHER))
)
_BY_SSH_KEY = (
    ACTIVE_MEMBERS.add_columns(SshKey.id.label("key_id"), SshKey.used_at)
    .join(SshKey, SshKey.user_id == User.id)
    .where(SshKey.fingerprint == bindparam("fingerprint"))
)
_BY_DEPLOY_KEY = (
    select(
        SshKey.id.label("key_id"),
        SshKey.name,
        SshKey.access,
        SshKey.used_at,
        Repository.namespace_id,
        NETWORKS_OF_EVERYBODY.label("networks"),
    )
    .join(Repository, Repository.id == SshKey.repository_id)
    .where(SshKey.fingerprint == bindparam("fingerprint"))
)


class Authentication:
    """Finds the actor of some credentials.

    In transactions of its own, never in that of the scope: what it writes stays when the page fails, and a scope that holds
    SQLite's write lock already would wait for itself.
    """

    def __init__(
        self,
        *,
        passwords: Passwords,
        tokens: TokenAuthentication,
        throttle: SignInThrottle,
        failures: FailedSignIns,
        reading: sessionmaker[Session],
        own_transaction: sessionmaker[Session],
        clock: Clock,
    ) -> None:
        self._passwords = passwords
        self._tokens = tokens
        self._throttle = throttle
        self._failures = failures
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    def actor(self, credentials: Credentials) -> Actor:
        """Who shows these credentials. A dead session is nobody; a wrong password or token raises Unauthenticated, too many of
        them TooManyAttempts."""
        proof = credentials.proof
        if isinstance(proof, OwnMachine):
            return System()
        if isinstance(proof, SessionToken):
            return self._by_session(proof, credentials.origin.address)
        if isinstance(proof, ShownToken):
            return self._tokens.actor(proof, address=credentials.origin.address)
        if isinstance(proof, NamePassword):
            return self._by_password_alone(proof, address=credentials.origin.address)
        if isinstance(proof, SshFingerprint):
            return self._by_ssh_key(proof, credentials.origin.address)
        return Anonymous(credentials.origin.address)

    def by_password(self, name: str, password: str, *, address: str) -> Member:
        """The account that this name (or e-mail address) and password open.

        The same sentence and the same time for an unknown name, a disabled account, a wrong password, and an address from which
        the account may not be used.
        """
        return self._opened(name, password, address=address)[0]

    def _by_password_alone(self, proof: NamePassword, *, address: str) -> Member:
        """What a client of hg or git opens with a password. It can show nothing else, so accounts with a second factor, or
        without one that they ought to have, are not opened: the password would be all that a thief needs.

        403, not 401: hg prints a sentence of ours only then, and asking again for the password helps nobody.
        """
        member, row = self._opened(proof.name, proof.password, address=address)
        if row.has_second_factor or is_demanded_of(row):
            raise Forbidden(
                "A password alone does not open this account.",
                hint="Use an access token in place of the password, and remove the password where your client keeps it.",
            )
        return member

    def _opened(self, name: str, password: str, *, address: str) -> tuple[Member, Any]:
        """The account, and a row of it."""
        self._throttle.check(name, address)
        with self._reading() as session:
            rows = session.connection().execute(_BY_NAME, {"key": name.strip().casefold()}).all()
        if rows and self._passwords.verify(rows[0].id, rows[0].password_hash, password):
            member = member_of(rows, address)
            if isinstance(member, Member):
                self._throttle.succeeded(name, address)
                return member, rows[0]
        if not rows:
            self._passwords.verify_nobody(password)
        self._throttle.failed(name, address)
        self._failures.record(*((rows[0].id, rows[0].name) if rows else (None, None)))
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
        return member_of(rows, address, session_id=rows[0].session_id, proved_at=rows[0].proved_at)

    def _by_ssh_key(self, proof: SshFingerprint, address: str) -> Member | Deployment:
        """Whose key it is. The same sentence for a key that nobody has, or has any more, for that of a disabled account, and
        from an address from which it may not be used."""
        now = self._clock()
        with self._reading() as session:
            people = session.execute(_BY_SSH_KEY, {"fingerprint": proof.text}).all()
            deployment = None if people else session.execute(_BY_DEPLOY_KEY, {"fingerprint": proof.text}).first()
        row: Any = people[0] if people else deployment
        found = member_of(people, address) if people else _deployment(row, address)
        if isinstance(found, Anonymous):
            happened("sign-in failed")
            raise Unauthenticated("This SSH key is not known here.", hint="Add it to your account on the web pages.")
        self._write_key_used(row.key_id, row.used_at, now)
        return found

    def _write_used(self, session_id: int, now: datetime) -> None:
        with self._own_transaction.begin() as session:
            session.execute(update(UserSession).where(UserSession.id == session_id).values(used_at=now))

    def _write_key_used(self, key_id: int, used_at: datetime | None, now: datetime) -> None:
        if used_at is None or (now - used_at).total_seconds() > WRITE_USED_AFTER:
            with self._own_transaction.begin() as session:
                session.execute(update(SshKey).where(SshKey.id == key_id).values(used_at=now))


def _deployment(row: Any, address: str) -> Deployment | Anonymous:
    if row is None or not is_listed(address, row.networks):
        return Anonymous(address, is_forbidden=row is not None)
    name = f"deploy key {row.name or row.key_id}"
    return Deployment(row.key_id, name, row.namespace_id, Access(row.access), address)
