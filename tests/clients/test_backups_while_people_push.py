"""Backups taken while hg and git clients push, repositories are renamed and people's rights change: each shows one moment."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.config.backups import schema, source_of
from kallithea.config.database import make_engine, writing
from kallithea.lib.access import Access
from kallithea.lib.clock import utc_now
from kallithea.lib.vcs import CommitId, Kind, open_vault
from kallithea.model import GrantRow, Namespace, Push, RefUpdateRow, Repository
from kallithea.services.backups.creating import Creation
from kallithea.services.backups.generations import Generations
from kallithea.services.backups.restoring import Restoration, Target
from kallithea.services.backups.verifying import ledger, repository_problems
from tests import databases
from tests.clients.server import Hosted, Person, Server
from tests.clients.working_copies import Work

FULL = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
BACKUPS = 20 if FULL else 2


class Busy:
    """Somebody pushes, in turns, to one repository of each kind, and before each push somebody renames one and changes a right.

    So whatever moment is looked at, the two histories differ by one push at most, and the name and the right by one number.
    """

    def __init__(self, server: Server, alice: Person) -> None:
        self._server = server
        self.hosted = {kind: server.repository(kind=kind, path=f"busy-{kind}", writers=[alice]) for kind in ("git", "hg")}
        self._works: dict[str, Work] = {kind: alice.clone(hosted) for kind, hosted in self.hosted.items()}
        self.turns = 0
        self._over = threading.Event()
        self._renamed = server.repository(kind="git", path="name-0")
        self.failed: list[BaseException] = []

    def turn(self) -> None:
        """One push to each, one after the other."""
        for kind, work in self._works.items():
            work.commit(f"file{self.turns}.txt", os.urandom(500).hex())
            outcome = work.push()
            assert outcome.worked, (kind, outcome.text)
        with self._server.app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.locate_path(f"name-{self.turns}"))
            scope.repositories.rename(grant, f"name-{self.turns + 1}")
            given = (Access.READ, Access.WRITE)[self.turns % 2]
            scope.granting.give(grant, "anyone", given)
        self.turns += 1

    @contextmanager
    def going_on(self) -> Iterator[None]:
        def run() -> None:
            try:
                while not self._over.is_set():
                    self.turn()
            except BaseException as error:  # noqa: BLE001 - told by the test's own thread
                self.failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
        assert not self.failed, self.failed


def test_each_backup_restores_to_one_moment(server: Server, alice: Person, tmp_path: Path) -> None:
    busy = Busy(server, alice)
    app = server.app
    busy.turn()
    generations = Generations(tmp_path / "backups")
    source = source_of(app.settings, app.engine, app.vault, utc_now)
    with busy.going_on():
        for _ in range(BACKUPS):
            before = busy.turns
            Creation(source, generations).run()
            while busy.turns == before and not busy.failed:
                threading.Event().wait(0.05)

    for generation in generations.all():
        shown = _restored(generation.folder, tmp_path / f"home-{generation.name}", busy.hosted)
        # One after the other: who comes first may be one ahead, and is never behind.
        assert shown["git"] - shown["hg"] in (0, 1), shown
        assert shown["hg"] - shown["name"] in (0, 1), shown
        assert shown["name"] == 0 or shown["access"] == (Access.READ, Access.WRITE)[(shown["name"] - 1) % 2], shown
    assert busy.turns > BACKUPS


def _restored(backup: Path, home: Path, hosted: dict[str, Hosted]) -> dict[str, int]:
    """How many turns a restored instance shows; on the way, that store, ledger, git and hg have nothing against it."""
    home.mkdir()
    url = databases.new_database(home)
    engine = make_engine(url)
    summary = Restoration(backup, Target(writing(engine), home / "repos", schema(), utc_now)).run()
    vault = open_vault(home / "repos", cache=home / "cache", helpers=1)
    expected = ledger(backup / "database")
    shown: dict[str, int] = {}
    with Session(engine) as session:
        for saved in summary.repositories:
            backend = vault.open(Kind(saved.kind), saved.location, publishing=saved.publishing)
            if saved.path.startswith(("busy-", "name-")):
                assert list(repository_problems(backend, saved, expected, thorough=True)) == []
        for kind, repository in hosted.items():
            row = session.get_one(Repository, repository.id)
            backend = vault.open(Kind(kind), row.location)
            tip = backend.reader.resolve("")
            history = list(itertools.islice(backend.reader.history([tip.id]), 1000))
            pushes = session.scalars(select(Push).where(Push.repository_id == row.id).order_by(Push.id)).all()
            last = session.scalars(select(RefUpdateRow.new).where(RefUpdateRow.push_id == pushes[-1].id)).one()
            assert CommitId(last) == tip.id, "the ledger and the store do not agree"
            assert len(pushes) == len(history)
            shown[kind] = len(history)
        name = session.scalars(select(Namespace).where(Namespace.path.startswith("name-"))).one()
        shown["name"] = int(name.path.removeprefix("name-"))
        given = select(GrantRow.access).where(GrantRow.namespace_id == name.id, GrantRow.principal == "anyone")
        shown["access"] = session.scalar(given) or 0
    vault.close()
    engine.dispose()
    databases.discard(url)
    return shown
