"""What a deployment is made from and what it consists of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - a web server is for everybody


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Tls:
    """What https takes."""

    certificate: Path
    key: Path
    redirect_port: int
    """Where visitors who come without https are sent over; 0: nowhere."""


@dataclass(frozen=True, slots=True)
class OwnServer:
    """The server that runs Kallithea, as the ini file says it."""

    use: str
    """What [server:main] uses, such as egg:gunicorn#main; uwsgi where there is a section of that name."""
    bound: Address
    """What it binds."""
    reached: Address
    """Where it is reached from its own machine."""
    speaks_uwsgi: bool
    """Whether it speaks uWSGI's own protocol instead of HTTP."""
    largest_body: int
    """The most bytes that a request may have."""
    grace: int
    """Seconds that transfers get to finish when it is stopped."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What the ini file says. Every text in it can be written into any configuration."""

    ini: Path
    server: OwnServer
    canonical_url: str
    trusts_this_machine: bool
    """Whether the ini file lists a proxy on the same machine."""
    static_files: Path | None
    """The folder of style sheets and scripts, where the web server in front has to serve them."""
    repositories: Path
    cache: Path
    database: Path | None
    """The file of the database, where it is one."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where visitors reach an instance. Every text in it can be written into any configuration."""

    instance: Instance
    name: str
    """The host name of the site."""
    prefix: str
    """The path below which the site is, such as /scm; empty where it has the host for itself."""
    addresses: tuple[str, ...]
    """What the program in front listens on; empty: everything."""
    port: int
    tls: Tls | None
    backends: tuple[Address, ...]
    """Where Kallithea's own servers listen."""

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def public_port(self) -> int | None:
        """The port as far as it is part of the address that visitors use."""
        return None if self.port == {"http": 80, "https": 443}[self.scheme] else self.port

    @property
    def prefix_pattern(self) -> str:
        """The prefix as a regular expression."""
        return self.prefix.replace(".", r"\.")

    @property
    def label(self) -> str:
        """The name of the site as a word that every configuration takes for a name."""
        return "kallithea_" + re.sub(r"[^A-Za-z0-9]", "_", self.name)

    def listening(self, port: int) -> tuple[Address, ...]:
        """Addresses to bind, for programs that listen on both families one by one."""
        return tuple(Address(host, port) for host in self.addresses or EVERYWHERE)

    def steps_for_a_proxy(self) -> tuple[str, ...]:
        """What the ini file still has to say where there is a proxy, which is taken to be on the same machine."""
        trusts = () if self.instance.trusts_this_machine else (f"say in {self.instance.ini}: trusted_proxies = 127.0.0.1, ::1",)
        return (*trusts, *self.step_for_the_address())

    def step_for_the_address(self) -> tuple[str, ...]:
        """What the ini file still has to say about where the site is."""
        return () if self.instance.canonical_url == self.url else (f"say in {self.instance.ini}: canonical_url = {self.url}",)

    @property
    def url(self) -> str:
        port = f":{self.public_port}" if self.public_port else ""
        return f"{self.scheme}://{self.name}{port}{self.prefix}"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a configuration."""

    path: Path
    """Where the program looks for it; just a name where the administrator decides."""
    text: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """The files of one program, and what has to be done with them."""

    files: Sequence[File]
    next_steps: Sequence[str]
