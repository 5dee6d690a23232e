"""A furnished instance that is saved and restored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kallithea.config.backups import schema, source_of
from kallithea.config.database import make_engine, writing
from kallithea.lib.access import Access
from kallithea.lib.clock import utc_now
from kallithea.lib.vcs import CommitId, Kind, RefKind, RefUpdate, Vault, open_vault
from kallithea.services.actors import Member, Origin
from kallithea.services.backups import dump
from kallithea.services.backups.creating import Created, CreateStep, Creation, Source
from kallithea.services.backups.format import Summary
from kallithea.services.backups.generations import Generations
from kallithea.services.backups.restoring import Restoration, RestoreStep, Target
from kallithea.services.repositories import Place
from kallithea.services.tokens import NewToken
from kallithea.services.user_groups import AboutUserGroup
from tests import databases
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.services.conftest import Ledger
from tests.services.test_ssh_keys import new_key

PATIENCE = 10.0
"""Seconds to wait for somebody else who writes."""


class House:
    """An instance with people, grants, tokens, keys and a repository of each kind, and the folder of its backups."""

    def __init__(self, ledger: Ledger, admin: Member, folder: Path) -> None:
        self.ledger = ledger
        self.admin = admin
        self.folder = folder
        self.generations = Generations(folder / "backups")
        self.ini = folder / "my.ini"
        self.histories: dict[str, GitHistory | HgHistory] = {}

    @property
    def vault(self) -> Vault:
        return self.ledger.app.vault

    @property
    def source(self) -> Source:
        app = self.ledger.app
        found = source_of(app.settings, app.engine, app.vault, utc_now)
        return Source(found.engine, found.vault, self.ini, found.revision, found.clock)

    def furnish(self) -> None:
        self.ini.write_text("[app:main]\nsession.secret = very secret indeed\n")
        ann, app = self.ledger.user("ann"), self.ledger.app
        for kind in ("git", "hg"):
            self.ledger.repository(f"web/{kind}", self.admin, kind=kind)
            place = self.place(f"web/{kind}")
            (self.folder / kind).mkdir()
            history = GitHistory(self.folder / kind) if kind == "git" else HgHistory(self.folder / kind)
            history.store = self.vault.open(Kind(kind), place.location).path
            self.histories[kind] = history
            self.push(kind)
            self.ledger.give(f"web/{kind}", "user:ann", Access.WRITE)
        with app.system_scope() as scope:
            scope.user_groups.create(AboutUserGroup("editors", ""), owner=scope.accounts.get(self.admin.id))
            scope.tokens.create(ann, NewToken("laptop", Access.WRITE, False, timedelta(days=90), ()))
            scope.ssh_keys.add(scope.accounts.get(ann.id), new_key())
        self.ledger.give("web", "group:editors", Access.READ)

    def place(self, path: str) -> Place:
        with self.ledger.app.system_scope() as scope:
            located = scope.access.at(path)
            assert located is not None
            assert located.repository is not None
            place = scope.repositories.place_of(located.repository.id)
        assert place is not None
        return place

    def push(self, kind: str) -> None:
        """Push one more commit with some files, and enter it in the ledger as a client's push."""
        place, history = self.place(f"web/{kind}"), self.histories[kind]
        with self.vault.held(place.location, patience=PATIENCE):
            commit = history.commit({f"file{number}.bin": os.urandom(3000) for number in range(4)})
            history.publish()
            update = RefUpdate(RefKind.BRANCH, "main" if kind == "git" else "default", None, CommitId(commit))
            with self.ledger.app.system_scope() as scope:
                grant = scope.access.write_repository(scope.access.at(f"web/{kind}"))
                scope.pushes.record(grant, (update,), Origin())

    def create(self, *, at: Callable[[CreateStep], None] = lambda _step: None, keep: int | None = None) -> Created:
        return Creation(self.source, self.generations, at=at).run(keep=keep)

    def restore(
        self, backup: Path, target: Target, *, at: Callable[[RestoreStep], None] = lambda _step: None, overwrite: bool = False
    ) -> Summary:
        return Restoration(backup, target, at=at, overwrite=overwrite).run()

    def heads(self) -> dict[str, object]:
        return {
            path: self.vault.open(Kind(path[4:]), self.place(path).location).reader.refs() for path in ("web/git", "web/hg")
        }


@contextmanager
def new_target(folder: Path, engine_name: str = databases.CHOSEN) -> Iterator[Target]:
    """An instance with nothing in it."""
    folder.mkdir()
    url = databases.new_database(folder, engine_name)
    engine = make_engine(url)
    try:
        yield Target(writing(engine), folder / "repos", schema(), utc_now)
    finally:
        engine.dispose()
        databases.discard(url)


def rows(engine: Engine, folder: Path) -> dict[str, str]:
    """Every row of a database, by table."""
    with engine.connect() as connection:
        dump.dump(connection, folder, tell=lambda _size: None)
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def vault_of(root: Path) -> Vault:
    """The repositories below a folder."""
    return open_vault(root, cache=root.parent / f"{root.name}-cache", helpers=1)


@contextmanager
def opened_vault(root: Path) -> Iterator[Vault]:
    vault = vault_of(root)
    try:
        yield vault
    finally:
        vault.close()


@pytest.fixture(name="house")
def _house(ledger: Ledger, admin: Member, tmp_path: Path) -> House:
    house = House(ledger, admin, tmp_path)
    house.furnish()
    return house


@pytest.fixture(name="target")
def _target(tmp_path: Path) -> Iterator[Target]:
    with new_target(tmp_path / "elsewhere") as target:
        yield target
