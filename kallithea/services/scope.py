"""The unit of work: everything one visitor may use, as long as its database transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.lazy import lazy
from kallithea.lib.passwords import Passwords
from kallithea.lib.trace import note_user
from kallithea.lib.vcs import Vault
from kallithea.services.access.control import AccessControl
from kallithea.services.access.holdings import Holdings
from kallithea.services.access.listing import Listing
from kallithea.services.accounts import Accounts
from kallithea.services.actors import Actor, Credentials, Member
from kallithea.services.addresses import AddressLists
from kallithea.services.audit import Audit
from kallithea.services.authentication import Authentication
from kallithea.services.commits import Commits
from kallithea.services.files import Files
from kallithea.services.following import Followings
from kallithea.services.forks import Forks
from kallithea.services.granting import Granting
from kallithea.services.groups import Groups
from kallithea.services.jobs import Jobs
from kallithea.services.namespaces import Namespaces
from kallithea.services.pictures import Pictures
from kallithea.services.previews import Previews
from kallithea.services.pushes import Pushes
from kallithea.services.repositories import Repositories
from kallithea.services.site_settings import SiteSettings
from kallithea.services.statistics import StatisticsBook
from kallithea.services.throttle import SignInThrottle


@dataclass(frozen=True, slots=True)
class Tools:
    """What the services share in one process."""

    vault: Vault
    passwords: Passwords
    clock: Clock
    reading: sessionmaker[Session]
    own_transaction: sessionmaker[Session]
    """Sessions for what must be written whatever becomes of the scope."""
    remember_for: timedelta


class Scope:
    """The services of one visitor over one session. Leaving without commit rolls back; `App.scope` sees to both."""

    def __init__(self, tools: Tools, session: Session, credentials: Credentials) -> None:
        self._tools = tools
        self._session = session
        self.credentials = credentials
        self.abandoned = False
        """Set by the door where the answer is an error: then nothing is committed."""
        self._on_rollback: list[Callable[[], None]] = []
        self._on_commit: list[Callable[[], None]] = []

    @lazy
    def actor(self) -> Actor:
        """Who acts. Raises Unauthenticated for a wrong password, TooManyAttempts for too many."""
        actor = self.authentication.actor(self.credentials)
        if isinstance(actor, Member):
            note_user(actor.id, is_administrator=actor.is_administrator)
        return actor

    @property
    def member(self) -> Member:
        """The account that acts. Raises Unauthenticated where there is none."""
        if not isinstance(self.actor, Member):
            raise Unauthenticated("Sign in to do that.")
        return self.actor

    @lazy
    def authentication(self) -> Authentication:
        tools = self._tools
        throttle = SignInThrottle(tools.reading, tools.own_transaction, tools.clock)
        return Authentication(
            reading=tools.reading,
            passwords=tools.passwords,
            throttle=throttle,
            own_transaction=tools.own_transaction,
            clock=tools.clock,
        )

    @lazy
    def access(self) -> AccessControl:
        return AccessControl(self._session, self.actor)

    @lazy
    def listing(self) -> Listing:
        return Listing(self._session, self.access)

    @lazy
    def holdings(self) -> Holdings:
        return Holdings(self._session)

    @lazy
    def accounts(self) -> Accounts:
        tools = self._tools
        return Accounts(
            self._session, audit=self.audit, passwords=tools.passwords, clock=tools.clock, remember_for=tools.remember_for
        )

    @lazy
    def audit(self) -> Audit:
        return Audit(self._session, actor=self.actor, origin=self.credentials.origin, clock=self._tools.clock)

    @lazy
    def namespaces(self) -> Namespaces:
        return Namespaces(self._session, access=self.access, settings=self.site_settings, clock=self._tools.clock)

    @lazy
    def groups(self) -> Groups:
        return Groups(self._session, namespaces=self.namespaces, audit=self.audit, clock=self._tools.clock)

    @lazy
    def repositories(self) -> Repositories:
        return Repositories(
            self._session,
            namespaces=self.namespaces,
            settings=self.site_settings,
            audit=self.audit,
            vault=self._tools.vault,
            pushes=self.pushes,
            clock=self._tools.clock,
            on_rollback=self._on_rollback.append,
            on_commit=self._on_commit.append,
        )

    @lazy
    def granting(self) -> Granting:
        return Granting(self._session, access=self.access, audit=self.audit)

    @lazy
    def previews(self) -> Previews:
        return Previews(self._session, access=self.access, accounts=self.accounts)

    @lazy
    def pushes(self) -> Pushes:
        return Pushes(self._session, vault=self._tools.vault, jobs=self.jobs, clock=self._tools.clock)

    @lazy
    def forks(self) -> Forks:
        return Forks(
            self._session,
            access=self.access,
            accounts=self.accounts,
            repositories=self.repositories,
            pushes=self.pushes,
            jobs=self.jobs,
        )

    @lazy
    def followings(self) -> Followings:
        return Followings(self._session, access=self.access, accounts=self.accounts, clock=self._tools.clock)

    @lazy
    def statistics(self) -> StatisticsBook:
        return StatisticsBook(self._session, jobs=self.jobs, clock=self._tools.clock)

    @lazy
    def jobs(self) -> Jobs:
        return Jobs(self._session, clock=self._tools.clock)

    @lazy
    def commits(self) -> Commits:
        return Commits(self._tools.vault)

    @lazy
    def files(self) -> Files:
        return Files(self.commits)

    @lazy
    def pictures(self) -> Pictures:
        return Pictures(self._session)

    @lazy
    def site_settings(self) -> SiteSettings:
        return SiteSettings(self._session, audit=self.audit)

    @lazy
    def addresses(self) -> AddressLists:
        return AddressLists(self._session, audit=self.audit)

    def committed(self) -> None:
        """Do on disk what waited for the commit."""
        for act in self._on_commit:
            act()

    def rolled_back(self) -> None:
        """Undo on disk what was done for rows that are not."""
        for undo in reversed(self._on_rollback):
            undo()
