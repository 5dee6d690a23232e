"""Several server processes of one instance, each with an ini file, an address and a cache folder of its own."""

from __future__ import annotations

import copy
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from kallithea.config import inifile
from kallithea.pages.site import CSRF_FIELD
from kallithea.services.actors import Member, Origin
from tests.clients.server import CHECKOUT, Answer, Hosted, Person, Server
from tests.deployment.servers import PATIENCE, Instance, end, program, wait_until_open
from tests.ports import free_port

HOST = "127.0.0.1"
COOKIE = "kallithea"


class Worker:
    """One server process; it can be killed and started again at its address."""

    def __init__(self, made: Instance, name: str, *, port: int, command: Sequence[str], settings: Mapping[str, str]) -> None:
        self.port = port
        self.log = made.folder / f"{name}.log"
        self._folder = made.folder
        self._ini = made.folder / f"{name}.ini"
        self._command = [program(command[0]), *(str(self._ini) if part == "INI" else part for part in command[1:])]
        text = made.ini.read_text(encoding="utf-8")
        text = inifile.edited(text, "port", str(port), section="server:main")
        for key, value in {"cache_dir": str(made.folder / f"cache-{name}"), **settings}.items():
            text = inifile.edited(text, key, value)
        self._ini.write_text(text, encoding="utf-8")
        (made.folder / f"cache-{name}").mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def authority(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start, and return when it accepts connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until_open(self.authority, self._process, self.log)

    def kill(self) -> None:
        """End it as the end of its machine would, without a word."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            end(self._process)


GEARBOX = ("gearbox", "serve", "-c", "INI")


@contextmanager
def workers(
    made: Instance, names: Sequence[str], *, command: Sequence[str] = GEARBOX, settings: Mapping[str, str] | None = None
) -> Iterator[list[Worker]]:
    """Server processes over the same database and the same store."""
    found = [Worker(made, name, port=free_port(), command=command, settings=settings or {}) for name in names]
    try:
        for worker in found:
            worker.start()
        yield found
    finally:
        for worker in found:
            worker.stop()


@dataclass(frozen=True)
class Pair:
    """Two servers of one instance; what people and repositories there are is the same on both."""

    here: Server
    there: Server

    def on_the_other(self, person: Person) -> Person:
        """The same person, who uses the other server."""
        return replace(person, server=self.there)

    def browser(self, person: Person | None = None) -> Browser:
        return Browser(self, person)


class Browser:
    """A browser that is signed in, or not, and asks either server."""

    def __init__(self, pair: Pair, person: Person | None) -> None:
        self._pair = pair
        self.cookie = _session(pair.here, person) if person else ""

    def sees(self, target: str) -> Answer:
        """The page as the first server gives it."""
        return self._pair.here.request("GET", target, headers=self._headers)

    def sees_there(self, target: str) -> Answer:
        """The page as the second server gives it."""
        return self._pair.there.request("GET", target, headers=self._headers)

    def knows_by_heart(self, target: str) -> str:
        """Look at a page on both servers until both remember it; what it shows."""
        until = time.monotonic() + PATIENCE
        while True:
            # A page of git is remembered when its refs have rested for a tenth of a second.
            time.sleep(0.15)
            answers = [self.sees(target), self.sees_there(target), self.sees(target), self.sees_there(target)]
            tags = [answer.headers.get("etag") for answer in answers]
            if tags[0] == tags[2] and tags[1] == tags[3]:
                assert answers[1].status == 200, answers[1].body
                return answers[1].body.decode()
            assert time.monotonic() < until, tags

    def does(self, target: str, **fields: str) -> Answer:
        """Send a form to the first server."""
        token = self.sees("/_admin/session_csrf_secret_token").body.decode()
        body = urlencode({CSRF_FIELD: token, **fields}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self._headers}
        answer = self._pair.here.request("POST", target, headers=headers, body=body)
        assert answer.status == 303, (answer.status, answer.body)
        return answer

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}


def pair_of(first: Server, second_authority: str) -> Pair:
    """The server, and the same instance at another address; folders for working copies are numbered together."""
    second = copy.copy(first)
    second.authority = second_authority
    second.nobody = Person(second)
    return Pair(first, second)


def server_at(made: Instance, worker: Worker) -> Server:
    """The instance as tests see it, at the address of a process that runs already."""

    def running() -> subprocess.Popen[bytes]:
        assert worker._process is not None
        return worker._process

    return Server(made.folder, made.app, worker.authority, running, "")


def eventually(holds: Callable[[], bool], *, log: Path | None = None) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, log.read_text(errors="replace") if log else "it never came true"
        time.sleep(0.05)


def owner_of(pair: Pair, repository: Hosted) -> Person:
    """Somebody who administers the repository."""
    return Person(pair.here, pair.here._owner)


def _session(server: Server, person: Person) -> str:
    with server.app.system_scope() as scope:
        row = scope.accounts.by_name(person.name)
        member = Member(row.id, row.name, row.is_administrator)
        return scope.accounts.start_session(member, Origin("127.0.0.1", "a browser", "http"), remember=True)[0]
