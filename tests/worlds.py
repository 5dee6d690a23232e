"""Worlds for tests of the doors: one instance in a folder, people, repositories that real hg and git fill, browsers.

TurboGears keeps one configuration for the process, so a process has one world, and every test makes its own people and
repositories in it, under names that nothing else has.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, event, select
from webtest import TestApp, TestResponse

from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.config.web import wsgi_chain
from kallithea.lib.access import Access
from kallithea.lib.passwords import Passwords
from kallithea.lib.vcs import Backend, Kind
from kallithea.model import Base
from kallithea.pages.site import CSRF_FIELD
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Member, Origin
from kallithea.services.deploy_tokens import NewDeployToken
from kallithea.services.prepared import Prepared
from kallithea.services.repositories import NewRepository
from kallithea.services.tokens import NewToken
from kallithea.services.user_groups import AboutUserGroup
from tests import databases
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory

PASSWORD = "correct horse"
PAGE_SIZE = 5
"""How many entries a page of a list has here, so that few make two pages."""
KINDS = ("hg", "git")
OF_EACH_ANSWER = frozenset({"X-Request-Id", "Server-Timing"})
"""Headers that are never the same twice and say nothing of what was asked for."""
TRUNK = {"hg": "default", "git": "main"}

RealHistory = HgHistory | GitHistory


@dataclass
class FakeClock:
    """A clock that stands until it is told."""

    now: datetime = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True, slots=True)
class Person:
    """An account; everybody has the same password."""

    id: int
    name: str
    is_administrator: bool = False


@dataclass(frozen=True, slots=True)
class Hosted:
    """A repository of the instance."""

    id: int
    path: str
    kind: str
    location: str

    @property
    def url(self) -> str:
        return f"/{self.path}"


class Browser:
    """A browser with its cookies, and an address of its own in the network."""

    def __init__(self, world: World, address: str, *, prefix: str = "", https: bool = False) -> None:
        self.prefix = prefix
        environ = {"REMOTE_ADDR": address, "SCRIPT_NAME": prefix, "wsgi.url_scheme": "https" if https else "http"}
        self._world = world
        self.app = TestApp(world.wsgi, extra_environ=environ)

    def get(self, url: str, *, status: int | None = None, **options: Any) -> TestResponse:
        """The answer, whatever its status, unless one is said."""
        return self.app.get(url, status=status or "*", **options)

    def post(
        self,
        url: str,
        fields: Mapping[str, str] | None = None,
        *,
        status: int | None = None,
        token: bool = True,
        **options: Any,
    ) -> TestResponse:
        """Post a form with the token of this browser, or without one."""
        sent = {**({CSRF_FIELD: self.token()} if token else {}), **(fields or {})}
        return self.app.post(url, sent, status=status or "*", **options)

    def request(self, method: str, url: str, *, body: bytes = b"", **options: Any) -> TestResponse:
        return self.app.request(url, method=method, body=body, status="*", expect_errors=True, **options)

    def token(self) -> str:
        """The token that forms of this browser carry."""
        return str(self.get("/_admin/session_csrf_secret_token", status=200).text)

    def sign_in(self, person: Person, *, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Fill the sign-in form as a person does."""
        return self.post("/_admin/login", {"username": person.name, "password": password, **fields})

    def cookie(self, name: str | None = None) -> str | None:
        """The value of a cookie, by default of the one that keeps the browser signed in."""
        value: str | None = self.app.cookies.get(name or self._world.app.settings.session_key)
        return value.strip('"') if value else None

    def has(self, person: Person | None) -> Browser:
        """The browser, signed in without the form (None: not signed in)."""
        if person is not None:
            self.app.set_cookie(self._world.app.settings.session_key, self._world.session_token(person))
        return self

    @property
    def is_signed_in(self) -> bool:
        return bool(self.get("/_admin/my_account").status_int == 200)


class World:
    """An instance in a folder, and the factories of what is in it."""

    def __init__(self, folder: Path) -> None:
        for name in ("repos", "cache", "work"):
            (folder / name).mkdir()
        self.folder = folder
        self.clock = FakeClock()
        settings = _settings(folder, databases.new_ledger(folder))
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.app = App.build(settings, clock=self.clock, passwords=cheap)
        self.wsgi = wsgi_chain(self.app)
        self._numbers = itertools.count(1)
        self.administrator = self.person("site-administrator", administrator=True)
        self.user_group(self.administrator)

    def close(self) -> None:
        self.app.close()
        databases.discard(self.app.settings.sqlalchemy_url)

    @property
    def number(self) -> int:
        """A number that nothing else in this world has."""
        return next(self._numbers)

    # --- people and their browsers

    def person(self, name: str | None = None, *, administrator: bool = False) -> Person:
        """A new account."""
        name = name or f"person{self.number}"
        with self.app.system_scope() as scope:
            row = scope.accounts.create(NewAccount(name, f"{name}@example.com", PASSWORD, administrator))
            return Person(row.id, row.name, administrator)

    def browser(self, person: Person | None = None, *, prefix: str = "", https: bool = False) -> Browser:
        """A new browser at an address of its own, signed in or not."""
        address = ipaddress.IPv4Address("10.0.0.0") + self.number
        return Browser(self, str(address), prefix=prefix, https=https).has(person)

    def session_token(self, person: Person) -> str:
        with self.app.system_scope() as scope:
            member = Member(person.id, person.name, person.is_administrator)
            return scope.accounts.start_session(member, Origin("127.0.0.1", "a browser", "http"), remember=True)[0]

    def token(
        self,
        person: Person,
        access: Access = Access.READ,
        *,
        api: bool = False,
        places: Sequence[str] = (),
        lifetime: timedelta | None = timedelta(days=90),
    ) -> str:
        """A new access token of somebody."""
        new = NewToken(f"token{self.number}", access, api, lifetime, tuple(places))
        with self.app.system_scope() as scope:
            return scope.tokens.create(Member(person.id, person.name, person.is_administrator), new)[1]

    def deploy_token(
        self, path: str, access: Access = Access.READ, *, lifetime: timedelta | None = timedelta(days=90), name: str = ""
    ) -> str:
        """A new deploy token of a repository."""
        with self.app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.at(path))
            return scope.deploy_tokens.create(grant, NewDeployToken(name or f"token{self.number}", access, lifetime))[1]

    def disable(self, person: Person) -> None:
        with self.app.system_scope() as scope:
            scope.accounts.get(person.id).is_active = False

    # --- repositories and groups

    def repository(
        self,
        kind: str = "git",
        path: str | None = None,
        *,
        owner: Person | None = None,
        readers: Sequence[Person] = (),
        writers: Sequence[Person] = (),
        administrators: Sequence[Person] = (),
        private: bool = False,
    ) -> Hosted:
        """A new, empty repository; anyone may read it unless it is private."""
        path = path or f"repository{self.number}"
        with self.app.system_scope() as scope:
            row = scope.repositories.create(
                NewRepository(path, kind, is_private=private), owner=scope.accounts.get((owner or self.administrator).id)
            )
            grant = scope.access.administer_repository(scope.access.locate_path(path))
            for access, people in ((Access.READ, readers), (Access.WRITE, writers), (Access.ADMIN, administrators)):
                for person in people:
                    scope.granting.give(grant, f"user:{person.name}", access)
            return Hosted(row.id, path, kind, row.location)

    def group(
        self,
        path: str | None = None,
        *,
        readers: Sequence[Person] = (),
        creators: Sequence[Person] = (),
        administrators: Sequence[Person] = (),
        anyone: bool = True,
    ) -> str:
        """A new group at the top: made as people make it, around a repository `first` that belongs to the administrator."""
        path = path or f"group{self.number}"
        self.repository(path=f"{path}/first")
        with self.app.system_scope() as scope:
            grant = scope.access.administer_group(scope.access.at(path))
            if not anyone:
                scope.granting.take(grant, "anyone")
            for person in readers:
                scope.granting.give(grant, f"user:{person.name}", Access.READ)
            for person in creators:
                scope.granting.give(grant, f"user:{person.name}", Access.READ, may_create=True)
            for person in administrators:
                scope.granting.give(grant, f"user:{person.name}", Access.ADMIN)
        return path

    def let_create_at_top(self, person: Person) -> None:
        with self.app.system_scope() as scope:
            grant = scope.access.administer_group(scope.access.root())
            scope.granting.give(grant, f"user:{person.name}", Access.NONE, may_create=True)

    def user_group(self, owner: Person, *members: Person, name: str = "") -> int:
        """A new group of users; its number."""
        with self.app.system_scope() as scope:
            about = AboutUserGroup(name or f"people{self.number}")
            row = scope.user_groups.create(about, owner=scope.accounts.get(owner.id))
            if members:
                scope.user_groups.add(scope.access.look_after(row.id), [member.name for member in members])
            return row.id

    def exists(self, path: str) -> bool:
        """Whether the ledger has a repository or group of exactly this path."""
        with self.app.system_scope() as scope:
            return scope.access.at(path) is not None

    @contextmanager
    def without_public_access(self) -> Iterator[None]:
        """Public access is off for a while."""
        with self.app.system_scope() as scope:
            scope.site_settings.set_public_access(False)
        try:
            yield
        finally:
            with self.app.system_scope() as scope:
                scope.site_settings.set_public_access(True)

    # --- what is in them

    def history(self, repository: Hosted) -> RealHistory:
        """A working copy of the real hg or git, whose `publish()` pushes to the repository on disk."""
        folder = self.folder / "work" / str(self.number)
        folder.mkdir()
        history: RealHistory = HgHistory(folder) if repository.kind == "hg" else GitHistory(folder)
        history.store = self.backend(repository).path
        return history

    def filled(self, repository: Hosted, *commits: Mapping[str, bytes]) -> list[str]:
        """Commit and push some files, one commit after the other; their ids, the oldest first."""
        history = self.history(repository)
        ids = [history.commit(files, f"Change {number}") for number, files in enumerate(commits, start=1)]
        history.publish()
        return ids

    def backend(self, repository: Hosted) -> Backend:
        """The repository on disk."""
        return self.app.vault.open(Kind(repository.kind), repository.location)

    # --- what can be compared

    def rows(self, *, but: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database but some tables; sessions without when they were last used."""
        with self.app.engine.connect() as connection:
            found = {
                table.name: [*connection.execute(select(table).order_by(*table.primary_key)).mappings()]
                for table in Base.metadata.sorted_tables
                if table.name not in but
            }
        return {name: [_compared(row) for row in rows] for name, rows in found.items()}

    def folders(self) -> set[str]:
        """Every folder in the vault that is a repository or could become one, those put aside included."""
        root = self.folder / "repos"
        return {str(path.relative_to(root)) for pattern in ("*", ".store/*", ".discarded/*") for path in root.glob(pattern)}


_worlds: dict[int, World] = {}


def world_of_this_process(new_folder: Callable[[], Path]) -> World:
    """The one world of this process, made at its first use in an empty folder."""
    if os.getpid() not in _worlds:
        _worlds[os.getpid()] = World(new_folder())
    return _worlds[os.getpid()]


@contextmanager
def counted_statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that run meanwhile, without the beginnings and ends of transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    ask = Prepared.ask

    def asked(prepared: Prepared, source: Connection | Engine, values: Any) -> Any:
        """These are asked without SQLAlchemy's events."""
        if source.engine.pool is engine.pool:
            seen.append(str(prepared.statement))
        return ask(prepared, source, values)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(Prepared, "ask", asked):
            yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def failing_commits(engine: Engine) -> Iterator[None]:
    """Every commit fails meanwhile, as it does on a full disk."""

    def fail(_connection: Any) -> None:
        raise OSError("no space left on device")

    event.listen(engine, "commit", fail)
    try:
        yield
    finally:
        event.remove(engine, "commit", fail)


both_kinds = pytest.mark.parametrize("kind", KINDS)
"""The same test for hg and for git."""


def _settings(folder: Path, database_url: str) -> Settings:
    return Settings.from_conf(
        {},
        {
            "title": "Test House",
            "repos_path": str(folder / "repos"),
            "cache_dir": str(folder / "cache"),
            "sqlalchemy.url": database_url,
            "session.secret": "fedcba9876543210fedcba9876543210",
            "dashboard_items": str(PAGE_SIZE),
            "hg_helpers": "1",
            # Many tests are many visitors of one network; those about budgets set one.
            "visitor_budget": "0",
        },
    )


def _compared(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(value for name, value in row.items() if name != "used_at")


def without_token(html: str) -> str:
    """A page without what is another in each answer: the disguise of the token in its forms."""
    return re.sub(r'value="[0-9a-f]{128}"', 'value="TOKEN"', html)
