"""Who acts, and what they showed to prove it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kallithea.lib.access import Access
from kallithea.lib.sign_in.vouching import Vouched


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A visitor without an account, or one who did not sign in.

    `address` is where the request comes from. A member who may not come from there is nobody, and `is_forbidden` everything.
    """

    address: str = field(default="", compare=False)
    is_forbidden: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """What a token or key leaves of the rights of its account: never more than `access`, and only at `places`.

    `places` are numbers of namespaces, for repositories and for groups with all that is below them; None: everywhere.
    """

    access: Access
    places: frozenset[int] | None = None
    may_use_api: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """An active account. `groups` are the ids of its active user groups; `session_id` the browser session, if it is one."""

    id: int
    name: str
    is_administrator: bool = False
    groups: frozenset[int] = frozenset()
    session_id: int | None = None
    limit: Limit | None = None
    owes_second_factor: bool = False
    """Whether an administrator wants one that the account does not have: nothing is done before it is set up."""
    proved_at: datetime | None = field(default=None, compare=False)
    """When the person last proved who they are in this session."""
    time_zone: str = field(default="", compare=False)
    """The name of the zone in which the person reads times; empty: none was chosen."""

    @property
    def has_all_rights(self) -> bool:
        """Whether it is an administrator of the site, as far as its places go: a token or key without ADMIN is of none."""
        return self.is_administrator and (self.limit is None or self.limit.access is Access.ADMIN)

    @property
    def administers_site(self) -> bool:
        """Whether it acts as an administrator of the site: what is limited in any way does not."""
        return self.has_all_rights and (self.limit is None or self.limit.places is None)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deploy token or key: some program that may do `access` with one repository, and nothing else anywhere.

    `namespace_id` is the place of the repository, `address` where the request comes from.
    """

    id: int
    name: str
    namespace_id: int
    access: Access
    address: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """The server itself: commands of the administrator on its own machine, background jobs."""


Actor = Anonymous | Member | Deployment | System


def name_of_actor(actor: Actor) -> str:
    """Who acts, for ledgers and logs."""
    if isinstance(actor, (Member, Deployment)):
        return actor.name
    return "anyone" if isinstance(actor, Anonymous) else "system"


def number_of_actor(actor: Actor) -> int | None:
    """The number of the account that acts, if one does."""
    return actor.id if isinstance(actor, Member) else None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: the client's address, what the client says of itself, by which transport, and by which door
    (`web`, `git`, `hg` or `ssh`)."""

    address: str = ""
    client: str = ""
    transport: str = "local"
    door: str = ""


@dataclass(frozen=True, slots=True)
class NoCredentials:
    """Nothing was shown."""


@dataclass(frozen=True, slots=True)
class SessionToken:
    """The cookie of a browser that signed in."""

    token: str


@dataclass(frozen=True, slots=True)
class NamePassword:
    """A user name (or e-mail address) and a password, as in HTTP Basic authentication."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class ShownToken:
    """An access token: as Bearer, or as the password of HTTP Basic authentication behind a name, which may be empty."""

    token: str = field(repr=False)
    name: str | None = None

    @property
    def is_bearer(self) -> bool:
        return self.name is None


@dataclass(frozen=True, slots=True)
class SshFingerprint:
    """The fingerprint of an SSH key; OpenSSH has checked that the client has the key."""

    text: str


@dataclass(frozen=True, slots=True)
class ProxySays:
    """What a trusted proxy said of who asks, and what else was shown, which counts where nobody asks proxies."""

    vouched: Vouched
    otherwise: Proof = NoCredentials()


@dataclass(frozen=True, slots=True)
class OwnMachine:
    """A command on the server's own machine, which has the configuration and so the secrets."""


Proof = NoCredentials | SessionToken | NamePassword | ShownToken | SshFingerprint | ProxySays | OwnMachine


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a visitor shows, and where they come from."""

    proof: Proof = NoCredentials()
    origin: Origin = Origin()
