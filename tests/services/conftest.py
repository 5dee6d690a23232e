"""A database with the real tables, a vault in a temporary folder, and factories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.lib.access import Access
from kallithea.lib.passwords import Passwords
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Anonymous, Credentials, Member, NamePassword
from kallithea.services.repositories import NewRepository
from kallithea.services.scope import Scope
from tests import databases

PASSWORD = "correct-horse"


@dataclass
class FakeClock:
    """A clock that stands until it is told."""

    now: datetime = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class Ledger:
    """An instance below the doors: services called as the doors call them."""

    def __init__(self, app: App, clock: FakeClock) -> None:
        self.app = app
        self.clock = clock

    def user(self, name: str, *, administrator: bool = False) -> Member:
        with self.app.system_scope() as scope:
            row = scope.accounts.create(NewAccount(name, f"{name}@example.com", PASSWORD, administrator))
            return Member(row.id, row.name, administrator)

    def repository(self, path: str, owner: Member, *, kind: str = "git", private: bool = False) -> int:
        with self.app.system_scope() as scope:
            new = NewRepository(path, kind, is_private=private)
            return scope.repositories.create(new, owner=scope.accounts.get(owner.id)).id

    def give(self, path: str, principal: str, access: Access, *, may_create: bool = False) -> None:
        with self.app.system_scope() as scope:
            located = scope.access.root() if path == "" else scope.access.at(path)
            assert located is not None
            control = scope.access
            grant = control.administer_repository(located) if located.repository else control.administer_group(located)
            scope.granting.give(grant, principal, access, may_create=may_create)

    def scope_of(self, member: Member | None, *, writes: bool = False) -> _ScopeOf:
        return _ScopeOf(self.app, member, writes)


class _ScopeOf:
    """A scope in which a given actor acts, without the sign-in."""

    def __init__(self, app: App, member: Member | None, writes: bool) -> None:
        proof = NamePassword(member.name, PASSWORD) if member else None
        self._context = app.scope(Credentials(proof) if proof else Credentials(), writes=writes)
        self._member = member

    def __enter__(self) -> Scope:
        scope = self._context.__enter__()
        assert isinstance(scope.actor, Member if self._member else Anonymous)
        return scope

    def __exit__(self, *details: object) -> bool | None:
        return self._context.__exit__(*details)  # type: ignore[arg-type] # the three of a context manager


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(name="ledger")
def _ledger(tmp_path: Path, clock: FakeClock) -> Iterator[Ledger]:
    (tmp_path / "repos").mkdir()
    settings = Settings(
        repos_path=tmp_path / "repos",
        cache_dir=tmp_path / "cache",
        sqlalchemy_url=databases.new_ledger(tmp_path),
        session_secret="a-secret-of-the-tests",
    )
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    app = App.build(settings, clock=clock, passwords=cheap)
    yield Ledger(app, clock)
    app.close()
    databases.take_back(settings.sqlalchemy_url)


@pytest.fixture(name="admin")
def _admin(ledger: Ledger) -> Member:
    return ledger.user("root_user", administrator=True)
