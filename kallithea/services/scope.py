"""The unit of work: everything one visitor may use, as long as its database transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.authorized_keys import KeyFile
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.lazy import lazy
from kallithea.lib.passwords import Passwords
from kallithea.lib.sign_in.gate import SourceGate
from kallithea.lib.trace import note_user
from kallithea.lib.vcs import Vault
from kallithea.services.access.control import AccessControl
from kallithea.services.access.holdings import Holdings
from kallithea.services.access.listing import Listing
from kallithea.services.access.sources import GrantSources
from kallithea.services.accounts import Accounts
from kallithea.services.actors import Actor, Credentials, Member, System
from kallithea.services.addresses import Addresses
from kallithea.services.allowed_addresses import AddressLists
from kallithea.services.asking import AskingThrottle
from kallithea.services.audit import Audit
from kallithea.services.audit_pruning import AuditPruning
from kallithea.services.audit_search import AuditReader
from kallithea.services.authentication import Authentication
from kallithea.services.backups.one_repository import RepositoryReturn
from kallithea.services.belongings import Belongings
from kallithea.services.commits import Commits
from kallithea.services.credential_uses import ROOM, CredentialUses, SeenToday
from kallithea.services.deleted_repositories import DeletedRepositories
from kallithea.services.deploy_tokens import DeployTokens
from kallithea.services.external_accounts import ExternalAccounts
from kallithea.services.external_sign_in import ExternalSignIn
from kallithea.services.failed_sign_ins import FailedSignIns
from kallithea.services.files import Files
from kallithea.services.following import Followings
from kallithea.services.forks import Forks
from kallithea.services.granting import Granting
from kallithea.services.groups import Groups
from kallithea.services.invitations import Invitations
from kallithea.services.jobs import Jobs
from kallithea.services.mails import Mailing, Mails
from kallithea.services.namespaces import Namespaces
from kallithea.services.overview import Overview
from kallithea.services.passkeys import Passkeys
from kallithea.services.people import People
from kallithea.services.pictures import Pictures
from kallithea.services.previews import Previews
from kallithea.services.pushes import Pushes
from kallithea.services.recovery import Recovery
from kallithea.services.registrations import Registrations
from kallithea.services.repositories import Repositories
from kallithea.services.searching import SearchIndex
from kallithea.services.second_factors import SecondFactors
from kallithea.services.second_step import SecondStep
from kallithea.services.sign_in_sources import SignInSources
from kallithea.services.signers import Signers
from kallithea.services.signing_keys import SigningKeys
from kallithea.services.site_settings import SiteSettings
from kallithea.services.slips import Slips
from kallithea.services.ssh_keys import SshKeys
from kallithea.services.statistics import StatisticsBook
from kallithea.services.synchronised_groups import SynchronisedGroups
from kallithea.services.system import SystemReport
from kallithea.services.throttle import SignInThrottle
from kallithea.services.token_authentication import TokenAuthentication
from kallithea.services.tokens import Tokens
from kallithea.services.user_groups import UserGroups


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
    secret: str = field(repr=False)
    """Of the instance; what is signed, hashed or sealed with it is bound to a purpose, and worth nothing elsewhere."""
    system_report: Callable[[], SystemReport]
    """What the process says of itself."""
    warnings: Callable[[], tuple[str, ...]]
    """What speaks against this machine now."""
    mailing: Mailing | None = None
    """None where mail is not set up."""
    key_file: KeyFile | None = None
    """The authorized_keys file that is kept, if one is."""
    purge_deleted_after: timedelta | None = None
    """How long what was deleted is kept at least; None: until somebody removes it."""
    gate: SourceGate = field(default_factory=SourceGate)
    seen: SeenToday = field(default_factory=lambda: SeenToday(ROOM))
    """Which tokens and keys this process has seen used today, and from where."""


RECENT = timedelta(minutes=10)
"""For so long who proved who they are may change what they prove it with."""


class Scope:
    """The services of one visitor over one session. Leaving without commit rolls back; `App.scope` sees to both."""

    def __init__(self, tools: Tools, session: Session, credentials: Credentials, *, looking: Engine | None = None) -> None:
        """`looking` is the database for who only reads."""
        self._tools = tools
        self._looking = looking
        self._session = session
        self.credentials = credentials
        self.abandoned = False
        """Set by the door where the answer is an error: then nothing is committed."""
        self._on_rollback: list[Callable[[], None]] = []
        self._on_commit: list[Callable[[], None]] = []

    @lazy
    def actor(self) -> Actor:
        """Who acts. Raises Unauthenticated for a wrong password or token, TooManyAttempts for too many."""
        actor = self.authentication.actor(self.credentials)
        if isinstance(actor, Member):
            note_user(actor.id, is_administrator=actor.administers_site)
        return actor

    @property
    def member(self) -> Member:
        """The account that acts. Raises Unauthenticated where there is none."""
        if not isinstance(self.actor, Member):
            raise Unauthenticated("Sign in to do that.")
        return self.actor

    @property
    def has_recently_proved(self) -> bool:
        """Whether the member has shown a password or passkey in this session a moment ago."""
        proved_at = self.member.proved_at
        return proved_at is not None and self._tools.clock() - proved_at < RECENT

    @lazy
    def _throttle(self) -> SignInThrottle:
        return SignInThrottle(self._tools.reading, self._tools.own_transaction, self._tools.clock)

    @lazy
    def _uses(self) -> CredentialUses:
        tools = self._tools
        return CredentialUses(tools.own_transaction, seen=tools.seen, origin=self.credentials.origin, clock=tools.clock)

    @lazy
    def slips(self) -> Slips:
        tools = self._tools
        return Slips(secret=tools.secret, own_transaction=tools.own_transaction, clock=tools.clock)

    @lazy
    def second_step(self) -> SecondStep:
        tools = self._tools
        return SecondStep(
            secret=tools.secret,
            slips=self.slips,
            origin=self.credentials.origin,
            throttle=self._throttle,
            reading=tools.reading,
            own_transaction=tools.own_transaction,
            clock=tools.clock,
        )

    @lazy
    def passkeys(self) -> Passkeys:
        tools = self._tools
        return Passkeys(
            self._session,
            slips=self.slips,
            audit=self.audit,
            origin=self.credentials.origin,
            throttle=self._throttle,
            reading=tools.reading,
            own_transaction=tools.own_transaction,
            clock=tools.clock,
        )

    @lazy
    def second_factors(self) -> SecondFactors:
        tools = self._tools
        return SecondFactors(self._session, secret=tools.secret, accounts=self.accounts, audit=self.audit, clock=tools.clock)

    @lazy
    def authentication(self) -> Authentication:
        tools = self._tools
        tokens = TokenAuthentication(
            throttle=self._throttle,
            reading=tools.reading,
            uses=self._uses,
            clock=tools.clock,
            secret=tools.secret,
        )
        return Authentication(
            reading=tools.reading,
            passwords=tools.passwords,
            tokens=tokens,
            uses=self._uses,
            throttle=self._throttle,
            failures=FailedSignIns(tools.own_transaction, origin=self.credentials.origin, clock=tools.clock),
            external=self.external_sign_in,
            own_transaction=tools.own_transaction,
            clock=tools.clock,
        )

    @lazy
    def external_sign_in(self) -> ExternalSignIn:
        tools = self._tools
        return ExternalSignIn(
            gate=tools.gate,
            origin=self.credentials.origin,
            reading=tools.reading,
            own_transaction=tools.own_transaction,
            clock=tools.clock,
        )

    @lazy
    def external_accounts(self) -> ExternalAccounts:
        return ExternalAccounts(self._session, audit=self.audit, clock=self._tools.clock)

    @lazy
    def synchronised_groups(self) -> SynchronisedGroups:
        return SynchronisedGroups(self._session, audit=self.audit)

    @lazy
    def sign_in_sources(self) -> SignInSources:
        return SignInSources(self._session, audit=lambda: self.audit)

    @lazy
    def access(self) -> AccessControl:
        return AccessControl(self._session, self.actor, looking=self._looking)

    @lazy
    def grant_sources(self) -> GrantSources:
        return GrantSources(self._session)

    @lazy
    def search_index(self) -> SearchIndex:
        return SearchIndex(self._session)

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

    @contextmanager
    def accounts_apart(self) -> Iterator[Accounts]:
        """Accounts in a transaction of their own: for a page that signs somebody in, as the scope of a page only reads."""
        tools = self._tools
        with tools.own_transaction.begin() as session:
            audit = Audit(session, actor=self.actor, origin=self.credentials.origin, clock=tools.clock)
            yield Accounts(session, audit=audit, passwords=tools.passwords, clock=tools.clock, remember_for=tools.remember_for)

    @lazy
    def tokens(self) -> Tokens:
        tools = self._tools
        return Tokens(self._session, access=self.access, audit=self.audit, clock=tools.clock, secret=tools.secret)

    @lazy
    def deploy_tokens(self) -> DeployTokens:
        return DeployTokens(self._session, audit=self.audit, clock=self._tools.clock, secret=self._tools.secret)

    @lazy
    def audit(self) -> Audit:
        return Audit(self._session, actor=self.actor, origin=self.credentials.origin, clock=self._tools.clock)

    @lazy
    def audit_reader(self) -> AuditReader:
        return AuditReader(self._tools.reading)

    @lazy
    def audit_pruning(self) -> AuditPruning:
        return AuditPruning(self._session, audit=self.audit)

    @lazy
    def people(self) -> People:
        return People(
            self._session,
            actor=self.actor,
            audit=self.audit,
            accounts=self.accounts,
            passwords=self._tools.passwords,
            pictures=self.pictures,
            belongings=self.belongings,
        )

    @lazy
    def belongings(self) -> Belongings:
        return Belongings(self._session, audit=self.audit)

    @lazy
    def user_groups(self) -> UserGroups:
        return UserGroups(self._session, access=self.access, audit=self.audit, clock=self._tools.clock)

    @lazy
    def namespaces(self) -> Namespaces:
        return Namespaces(
            self._session, access=self.access, audit=self.audit, settings=self.site_settings, clock=self._tools.clock
        )

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
    def repository_return(self) -> RepositoryReturn:
        return RepositoryReturn(self._session, namespaces=self.namespaces, audit=self.audit, pushes=self.pushes, jobs=self.jobs)

    @lazy
    def deleted_repositories(self) -> DeletedRepositories:
        return DeletedRepositories(
            self._session,
            vault=self._tools.vault,
            returns=self.repository_return,
            namespaces=self.namespaces,
            pushes=self.pushes,
            audit=self.audit,
            clock=self._tools.clock,
            purge_after=self._tools.purge_deleted_after,
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
        return Pushes(self._session, audit=self.audit, vault=self._tools.vault, jobs=self.jobs, clock=self._tools.clock)

    @lazy
    def forks(self) -> Forks:
        return Forks(
            self._session,
            access=self.access,
            audit=self.audit,
            accounts=self.accounts,
            repositories=self.repositories,
            pushes=self.pushes,
            jobs=self.jobs,
            vault=self._tools.vault,
        )

    @lazy
    def followings(self) -> Followings:
        return Followings(self._session, access=self.access, clock=self._tools.clock)

    @lazy
    def statistics(self) -> StatisticsBook:
        return StatisticsBook(self._session, jobs=self.jobs, clock=self._tools.clock)

    @lazy
    def jobs(self) -> Jobs:
        return Jobs(self._session, audit=self.audit, clock=self._tools.clock)

    @lazy
    def mails(self) -> Mails:
        return Mails(self._session, audit=self.audit, jobs=self.jobs, clock=self._tools.clock, mailing=self._tools.mailing)

    @lazy
    def recovery(self) -> Recovery:
        tools = self._tools
        return Recovery(
            self._session,
            audit=self.audit,
            passwords=tools.passwords,
            throttle=self._asking,
            mails=self.mails,
            jobs=self.jobs,
            clock=tools.clock,
        )

    @lazy
    def addresses(self) -> Addresses:
        return Addresses(
            self._session,
            audit=self.audit,
            throttle=self._asking,
            mails=self.mails,
            pictures=self.pictures,
            clock=self._tools.clock,
        )

    @lazy
    def registrations(self) -> Registrations:
        return Registrations(
            self._session,
            audit=self.audit,
            accounts=self.accounts,
            settings=self.site_settings,
            passwords=self._tools.passwords,
            throttle=self._asking,
            mails=self.mails,
            clock=self._tools.clock,
        )

    @lazy
    def invitations(self) -> Invitations:
        by_system = AccessControl(self._session, System())
        return Invitations(
            self._session,
            audit=self.audit,
            access=by_system,
            granting=Granting(self._session, access=by_system, audit=self.audit),
            accounts=self.accounts,
            passwords=self._tools.passwords,
            throttle=self._asking,
            mails=self.mails,
            clock=self._tools.clock,
        )

    @lazy
    def _asking(self) -> AskingThrottle:
        tools = self._tools
        return AskingThrottle(tools.reading, tools.own_transaction, tools.clock)

    @lazy
    def commits(self) -> Commits:
        return Commits(self._tools.vault)

    @lazy
    def signers(self) -> Signers:
        return Signers(self._session, clock=self._tools.clock)

    @lazy
    def signing_keys(self) -> SigningKeys:
        return SigningKeys(self._session, audit=self.audit, clock=self._tools.clock)

    @lazy
    def files(self) -> Files:
        return Files(self.commits)

    @lazy
    def pictures(self) -> Pictures:
        return Pictures(self._session)

    @lazy
    def ssh_keys(self) -> SshKeys:
        return SshKeys(
            self._session,
            audit=self.audit,
            clock=self._tools.clock,
            reading=self._tools.reading,
            key_file=self._tools.key_file,
            on_commit=self._on_commit.append,
        )

    @lazy
    def site_settings(self) -> SiteSettings:
        return SiteSettings(self._session, audit=self.audit)

    @lazy
    def address_lists(self) -> AddressLists:
        return AddressLists(self._session, audit=self.audit)

    @lazy
    def overview(self) -> Overview:
        return Overview(self._session)

    def system_report(self) -> SystemReport:
        """The server now; for administrators, as it names places on the machine."""
        return self._tools.system_report()

    def warnings(self) -> tuple[str, ...]:
        """What speaks against this machine now; for administrators."""
        return self._tools.warnings()

    def committed(self) -> None:
        """Do on disk what waited for the commit."""
        for act in self._on_commit:
            act()

    def rolled_back(self) -> None:
        """Undo on disk what was done for rows that are not."""
        for undo in reversed(self._on_rollback):
            undo()
