"""A whole instance for tests with real clients: folders, database, a server process, people and repositories."""

from __future__ import annotations

import http.client
import itertools
import os
import socket
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from kallithea.config.app import App
from kallithea.lib.access import Access
from kallithea.lib.vcs import Backend, Kind
from kallithea.model import Push
from kallithea.services.accounts import NewAccount
from kallithea.services.repositories import NewRepository
from tests import databases
from tests.clients import process
from tests.clients.working_copies import Outcome, Work, clone

CHECKOUT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over plain HTTP; names of headers are in small letters."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> tuple[object, ...]:
        """All that a client can compare: status, body, and headers but the time and the number of the request."""
        headers = {name: value for name, value in self.headers.items() if name not in ("date", "x-request-id")}
        return self.status, self.reason, self.body, headers


@dataclass(frozen=True, slots=True)
class Hosted:
    """A repository on the server."""

    id: int
    path: str
    kind: str
    location: str


@dataclass(frozen=True)
class Person:
    """Somebody with a client: signed in by name and password, or nobody with an empty name."""

    server: Server
    name: str = ""
    password: str = PASSWORD
    more: dict[str, str] = field(default_factory=dict)
    """Environment variables of the client."""

    def url(self, repository: Hosted | str) -> str:
        path = repository if isinstance(repository, str) else repository.path
        login = f"{self.name}:{self.password.replace(' ', '%20')}@" if self.name else ""
        return f"{self.server.scheme}://{login}{self.server.authority}{self.server.prefix}/{path}"

    def clone(self, repository: Hosted, *arguments: str, path: str | None = None) -> Work:
        """A working copy of a repository that this person can read."""
        outcome, work = self._clone(repository.kind, path or repository, arguments)
        assert outcome.worked, outcome.text
        return work

    def tries_to_clone(self, repository: Hosted | str, *arguments: str, kind: str | None = None) -> Outcome:
        known = kind or (repository.kind if isinstance(repository, Hosted) else "git")
        return self._clone(known, repository, arguments)[0]

    @property
    def basic(self) -> dict[str, str]:
        """The header that signs this person in."""
        if not self.name:
            return {}
        return {"Authorization": "Basic " + b64encode(f"{self.name}:{self.password}".encode()).decode()}

    def _clone(self, kind: str, repository: Hosted | str, arguments: Sequence[str]) -> tuple[Outcome, Work]:
        folder = self.server.new_folder()
        return clone(kind, self.url(repository), folder, *arguments, more={**self._settings(folder), **self.more})

    def _settings(self, folder: Path) -> dict[str, str]:
        """What the clients have to know: whom to trust, and for hg the password, which unlike git it does not keep."""
        lines, found = [], {}
        if self.name:
            lines += ["[auth]", f"all.prefix = {self.server.scheme}://{self.server.authority}", f"all.username = {self.name}"]
            lines += [f"all.password = {self.password}"]
        if self.server.authorities:
            lines += ["[web]", f"cacerts = {self.server.authorities}"]
            found["GIT_SSL_CAINFO"] = str(self.server.authorities)
        if lines:
            settings = folder.with_suffix(".hgrc")
            settings.write_text("\n".join([*lines, ""]))
            found["HGRCPATH"] = str(settings)
        return found


class Server:
    """An instance that is being served. The test's own process uses the same database, as an administrator would.

    `authorities` is the file with the certificates that clients shall trust, for https.
    """

    def __init__(
        self,
        folder: Path,
        app: App,
        authority: str,
        start: Callable[[], subprocess.Popen[bytes]],
        prefix: str,
        *,
        scheme: str = "http",
        authorities: Path | None = None,
    ) -> None:
        self.folder = folder
        self.app = app
        self.authority = authority
        self.scheme = scheme
        self.authorities = authorities
        self._start = start
        self._process = start()
        self.prefix = prefix
        self.nobody = Person(self)
        self._numbers = itertools.count(1)
        self._owner = self.user("owner").name

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self._process

    @property
    def address(self) -> str:
        """The address of the site, without a slash at its end."""
        return f"{self.scheme}://{self.authority}{self.prefix}"

    def kill(self) -> None:
        """End the server as a power cut does (but for what the system still has to write), and start it again.

        Its socket stays open meanwhile, so clients wait instead of being refused.
        """
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def user(self, name: str | None = None) -> Person:
        """A new account."""
        name = name or f"user{next(self._numbers)}"
        with self.app.system_scope() as scope:
            scope.accounts.create(NewAccount(name, f"{name}@example.com", PASSWORD))
        return Person(self, name)

    def repository(
        self,
        *,
        kind: str,
        path: str | None = None,
        readers: Sequence[Person] = (),
        writers: Sequence[Person] = (),
        public: bool = False,
        private: bool = False,
    ) -> Hosted:
        """A new, empty repository that nobody but its owner and those who are named can use, unless it is public."""
        path = path or f"repository{next(self._numbers)}"
        given = {**{person.name: Access.READ for person in readers}, **{person.name: Access.WRITE for person in writers}}
        with self.app.system_scope() as scope:
            owner = scope.accounts.by_name(self._owner)
            row = scope.repositories.create(NewRepository(path, kind, is_private=private), owner=owner)
            grant = scope.access.administer_repository(scope.access.locate_path(path))
            if not public:
                scope.granting.take(grant, "anyone")
            for name, access in given.items():
                scope.granting.give(grant, f"user:{name}", access)
            return Hosted(row.id, path, kind, row.location)

    def rename(self, repository: Hosted, path: str) -> None:
        with self.app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
            scope.repositories.rename(grant, path)

    def pushes(self, repository: Hosted) -> list[Push]:
        """The ledger of a repository, oldest first."""
        with self.app.system_scope() as scope:
            found = list(scope.pushes.latest(repository.id))
            for push in found:
                assert push.updates
            return found[::-1]

    def backend(self, repository: Hosted) -> Backend:
        """The repository on disk."""
        return self.app.vault.open(Kind(repository.kind), repository.location)

    def new_folder(self) -> Path:
        return self.folder / "people" / f"work{next(self._numbers)}"

    def request(
        self, method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes | Iterator[bytes] | None = None
    ) -> Answer:
        """One plain HTTP request; an iterator as body is sent chunked."""
        connection = self.connection()
        try:
            is_whole = body is None or isinstance(body, bytes)
            connection.request(method, target, body=body, headers=dict(headers or {}), encode_chunked=not is_whole)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, response.reason, found, response.read())
        finally:
            connection.close()

    def connection(self) -> http.client.HTTPConnection:
        """A connection for requests of one's own; to be closed."""
        if self.scheme == "http":
            return http.client.HTTPConnection(self.authority, timeout=60)
        context = ssl.create_default_context(cafile=self.authorities)
        return http.client.HTTPSConnection(self.authority, timeout=60, context=context)

    def forget_memory_peak(self) -> None:
        """Begin to measure anew (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def memory_peak(self) -> int:
        """The most bytes that the server had in memory at once, those of its child processes not counted."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))

    def children(self) -> set[str]:
        """The names of the server's child processes."""
        found = set()
        for listed in Path(f"/proc/{self.pid}/task").glob("*/children"):
            for pid in listed.read_text().split():
                with suppress(FileNotFoundError):
                    found.add(Path(f"/proc/{pid}/comm").read_text().strip())
        return found

    def log(self) -> str:
        return (self.folder / "server.log").read_text()


@contextmanager
def serving(folder: Path, *, prefix: str = "", kind: str = "waitress", database_url: str | None = None) -> Iterator[Server]:
    """Make an instance in an empty folder and serve it from a process of its own, on a free port of this machine.

    Its database is a new one of the engine that the run has chosen, unless another is given that has its tables.
    """
    process.new_instance(folder, database_url or databases.new_ledger(folder))
    (folder / "people").mkdir()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening, (folder / "server.log").open("wb") as log:
        host, port = listening.getsockname()

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.clients.process", kind, str(folder), str(listening.fileno()), prefix],
                cwd=CHECKOUT,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
                pass_fds=[listening.fileno()],
                stdout=log,
                stderr=log,
            )

        app = process.build(folder)
        server = Server(folder, app, f"{host}:{port}", start, prefix)
        try:
            yield server
        finally:
            app.close()
            server.stop()
