"""Who acts, and what they showed to prove it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A visitor without an account, or one who did not sign in."""


@dataclass(frozen=True, slots=True)
class Member:
    """An active account. `groups` are the ids of its active user groups; `session_id` the browser session, if it is one."""

    id: int
    name: str
    is_administrator: bool = False
    groups: frozenset[int] = frozenset()
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class System:
    """The server itself: commands of the administrator on its own machine, background jobs."""


Actor = Anonymous | Member | System


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: the client's address, what the client says of itself, and by which transport."""

    address: str = ""
    client: str = ""
    transport: str = "local"


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
class OwnMachine:
    """A command on the server's own machine, which has the configuration and so the secrets."""


Proof = NoCredentials | SessionToken | NamePassword | OwnMachine


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a visitor shows, and where they come from."""

    proof: Proof = NoCredentials()
    origin: Origin = Origin()
