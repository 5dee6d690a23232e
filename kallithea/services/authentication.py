"""Turns what a visitor shows into who acts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.access import Access
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Forbidden, Unauthenticated, Unavailable
from kallithea.lib.networks import is_listed
from kallithea.lib.passwords import Passwords
from kallithea.lib.sign_in.vouching import Vouched
from kallithea.lib.tokens import token_hash
from kallithea.lib.trace import happened
from kallithea.model import ExternalIdentity, Namespace, Repository, Setting, SshKey, User, UserEmail, UserSession
from kallithea.services.actors import (
    Actor,
    Anonymous,
    Credentials,
    Deployment,
    Member,
    NamePassword,
    Origin,
    OwnMachine,
    ProxySays,
    SessionToken,
    ShownToken,
    SshFingerprint,
    System,
)
from kallithea.services.credential_uses import CredentialUses, Used
from kallithea.services.external_sign_in import NOT_ENABLED, ExternalSignIn, Identity
from kallithea.services.failed_sign_ins import FailedSignIns
from kallithea.services.members import ACTIVE_MEMBERS, NETWORKS_OF_EVERYBODY, WRITE_USED_AFTER, is_demanded_of, member_of
from kallithea.services.prepared import Prepared
from kallithea.services.sign_in_sources import ORDER
from kallithea.services.throttle import SignInThrottle
from kallithea.services.token_authentication import TokenAuthentication

# Every page of who is signed in asks this.
_BY_SESSION = Prepared(
    ACTIVE_MEMBERS.add_columns(
        UserSession.id.label("session_id"), UserSession.used_at, UserSession.proved_at, UserSession.expires_at
    )
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.token_hash == bindparam("token_hash"))
)
_FURTHER = select(UserEmail.user_id).where(UserEmail.email_key == bindparam("key"))
_BY_NAME = ACTIVE_MEMBERS.where(
    or_(User.name_key == bindparam("key"), User.email_key == bindparam("key"), User.id.in_(_FURTHER))
)
_BY_IDENTITY = ACTIVE_MEMBERS.join(ExternalIdentity, ExternalIdentity.user_id == User.id).where(
    ExternalIdentity.source == bindparam("source"), ExternalIdentity.subject == bindparam("subject")
)
# With the sources that are asked: a proxy is asked on each request, and one statement says all about it.
_BY_PROXY = _BY_IDENTITY.add_columns(select(Setting.value).where(Setting.name == ORDER).scalar_subquery().label("sources"))
_BY_SSH_KEY = (
    ACTIVE_MEMBERS.add_columns(SshKey.id.label("key_id"), SshKey.name.label("key_name"), SshKey.used_at, SshKey.used_address)
    .join(SshKey, SshKey.user_id == User.id)
    .where(SshKey.fingerprint == bindparam("fingerprint"))
)
_BY_DEPLOY_KEY = (
    select(
        SshKey.id.label("key_id"),
        SshKey.name,
        SshKey.access,
        SshKey.used_at,
        SshKey.used_address,
        Repository.namespace_id,
        Namespace.path,
        NETWORKS_OF_EVERYBODY.label("networks"),
    )
    .join(Repository, Repository.id == SshKey.repository_id)
    .join(Namespace, Namespace.id == Repository.namespace_id)
    .where(SshKey.fingerprint == bindparam("fingerprint"))
)

NOT_FROM_THERE = "Your account may not be used from the address that you come from."
"""For those alone whom a source has vouched for: what a password opens is told to nobody at such an address."""

Opened = tuple[Member, Any]
"""An account that lets itself be used, and a row of it."""


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
        uses: CredentialUses,
        throttle: SignInThrottle,
        failures: FailedSignIns,
        external: ExternalSignIn,
        reading: sessionmaker[Session],
        own_transaction: sessionmaker[Session],
        clock: Clock,
    ) -> None:
        self._passwords = passwords
        self._tokens = tokens
        self._uses = uses
        self._throttle = throttle
        self._failures = failures
        self._external = external
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    def actor(self, credentials: Credentials) -> Actor:
        """Who shows these credentials. A dead session is nobody, and so is whom a proxy names and who has no account to use; a
        wrong password or token raises Unauthenticated, too many of them TooManyAttempts, and Unavailable is raised where a
        source cannot tell."""
        proof = credentials.proof
        if isinstance(proof, ProxySays):
            return self._by_proxy_or_else(proof, credentials.origin)
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
        """The account that this name (or e-mail address) and password open: one kept here, or else one of a source.

        The same sentence and the same time for an unknown name, a disabled account, a wrong password, and an address from which
        the account may not be used. Who has the password of an account here needs no source, and is not kept waiting for one
        that is slow or away. Raises Unauthenticated, TooManyAttempts, Unavailable where a source cannot tell, and Forbidden for
        whom a source knows and who may not come in.
        """
        return self._opened(name, password, address=address)[0]

    def has_password_here(self, user_id: int) -> bool:
        """Whether an account has a password here, and not only what opens it elsewhere."""
        with self._reading() as session:
            return bool(session.scalar(select(User.password_hash).where(User.id == user_id)))

    def check_password_here(self, name: str, password: str, *, address: str) -> None:
        """The same for the password of an account here alone; no source is asked. Raises Unauthenticated, TooManyAttempts."""
        self._opened(name, password, address=address, only_here=True)

    def by_redirect(
        self, source: str, kept: Mapping[str, str], answer: Mapping[str, str], back: str, *, address: str
    ) -> Member:
        """The account of whoever comes back from the site that a source sent the browser to.

        Raises NotFound, Unavailable, and Forbidden for who may not come in, or not from this address.
        """
        try:
            rows = self._required(self._external.finish(source, kept, answer, back))
            opened = _let_in(rows, address)
            if opened is None:
                self._failures.record(rows[0].id, rows[0].name)
                raise Forbidden(NOT_FROM_THERE)
        except (Forbidden, Unavailable):
            happened("sign-in failed")
            raise
        return opened[0]

    def by_proxy(self, vouched: Vouched, *, address: str) -> Member | Anonymous | None:
        """The account of somebody whom the proxy in front vouches for, or nobody where it may not be used from this address;
        None where nobody asks proxies. Raises Forbidden."""
        if known := self._external.lately_vouched(vouched):
            with self._reading() as session:
                rows = session.connection().execute(_BY_PROXY, {"source": known.source, "subject": known.subject}).all()
            if rows and known.source in (rows[0].sources or "").split(","):
                return member_of(rows, address)
        found = self._external.vouched(vouched)
        return None if found is None else member_of(self._required(found), address)

    def _by_proxy_or_else(self, proof: ProxySays, origin: Origin) -> Actor:
        try:
            return self.by_proxy(proof.vouched, address=origin.address) or self.actor(Credentials(proof.otherwise, origin))
        except Forbidden:
            return Anonymous(origin.address)  # the sign-in page says why

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

    def _opened(self, name: str, password: str, *, address: str, only_here: bool = False) -> Opened:
        """The account, and a row of it."""
        has_failed = self._throttle.check(name, address)
        with self._reading() as session:
            rows = session.connection().execute(_BY_NAME, {"key": name.strip().casefold()}).all()
        opened = None
        if _has_password(rows) and self._passwords.verify(rows[0].id, rows[0].password_hash, password):
            opened = _let_in(rows, address)
        if opened is None and not only_here:
            # Also with the right password from a wrong address: how long the answer takes must not tell that it is right.
            opened = self._by_sources(name, password, rows, address=address)
        if opened is None:
            self._throttle.failed(name, address)
            self._note_failed(rows)
            raise Unauthenticated("Wrong user name or password.")
        if has_failed:
            self._throttle.succeeded(name, address)
        return opened

    def _by_sources(self, name: str, password: str, rows: Any, *, address: str) -> Opened | None:
        """Whom a source knows by this name and password; `rows` are of the account here that the name is of, if any."""
        sources = self._external.password_sources()
        known = self._external.remembered(sources, name, password)
        opened = None if known is None else _let_in(self._by_identity(known), address)
        if opened is not None:
            return opened
        if not _has_password(rows):  # otherwise a check has taken its time already
            self._passwords.verify_nobody(password)
        try:
            found = self._external.ask(sources, name, password)
            return None if found is None else _let_in(self._required(found), address)
        except Unavailable:
            # Or passwords of accounts here could be guessed without end while a directory is away.
            self._throttle.failed(name, address)
            self._note_failed(rows)
            raise
        except Forbidden:
            self._note_failed(rows)
            raise

    def _required(self, identity: Identity) -> Any:
        """The rows of somebody who has an account. Raises Forbidden where it was disabled or unlinked at this very moment."""
        rows = self._by_identity(identity)
        if not rows:
            raise Forbidden(NOT_ENABLED)
        return rows

    def _by_identity(self, identity: Identity) -> Any:
        with self._reading() as session:
            return session.connection().execute(_BY_IDENTITY, {"source": identity.source, "subject": identity.subject}).all()

    def _note_failed(self, rows: Any) -> None:
        self._failures.record(*((rows[0].id, rows[0].name) if rows else (None, None)))
        happened("sign-in failed")

    def _by_session(self, proof: SessionToken, address: str) -> Actor:
        now = self._clock()
        with self._reading() as session:
            rows = _BY_SESSION.rows(session.connection(), token_hash=token_hash(proof.token))
        if not rows or rows[0].expires_at <= now:
            return Anonymous(address)
        if (now - rows[0].used_at).total_seconds() > WRITE_USED_AFTER:
            self._write_used(rows[0].session_id, now)
        return member_of(rows, address, session_id=rows[0].session_id, proved_at=rows[0].proved_at)

    def _by_ssh_key(self, proof: SshFingerprint, address: str) -> Member | Deployment:
        """Whose key it is. The same sentence for a key that nobody has, or has any more, for that of a disabled account, and
        from an address from which it may not be used."""
        with self._reading() as session:
            people = session.execute(_BY_SSH_KEY, {"fingerprint": proof.text}).all()
            deployment = None if people else session.execute(_BY_DEPLOY_KEY, {"fingerprint": proof.text}).first()
        row: Any = people[0] if people else deployment
        found = member_of(people, address) if people else _deployment(row, address)
        if isinstance(found, Anonymous):
            happened("sign-in failed")
            raise Unauthenticated("This SSH key is not known here.", hint="Add it to your account on the web pages.")
        kind, name, of = ("ssh_key", row.key_name, row.name) if people else ("deploy_key", row.name, row.path)
        self._uses.note(Used(SshKey, row.key_id, kind, name, of, row.used_at, row.used_address), found)
        return found

    def _write_used(self, session_id: int, now: datetime) -> None:
        with self._own_transaction.begin() as session:
            session.execute(update(UserSession).where(UserSession.id == session_id).values(used_at=now))


def _has_password(rows: Any) -> bool:
    return bool(rows and rows[0].password_hash)


def _let_in(rows: Any, address: str) -> Opened | None:
    """The account of some rows; None for no rows, and where it may not be used from this address."""
    member = member_of(rows, address) if rows else None
    return (member, rows[0]) if isinstance(member, Member) else None


def _deployment(row: Any, address: str) -> Deployment | Anonymous:
    if row is None or not is_listed(address, row.networks):
        return Anonymous(address, is_forbidden=row is not None)
    name = f"deploy key {row.name or row.key_id}"
    return Deployment(row.key_id, name, row.namespace_id, Access(row.access), address)
