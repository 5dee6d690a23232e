"""Killed, or out of space, at each step of a backup and of a restoration: the old is whole, and running it again finishes."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

import pytest

from kallithea.config.backups import schema
from kallithea.config.database import check_schema, make_engine, writing
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import ConfigError, Conflict, Unavailable
from kallithea.lib.vcs import Kind
from kallithea.services.backups.creating import CreateStep
from kallithea.services.backups.generations import HALF
from kallithea.services.backups.restoring import JOURNAL, TRANSACTIONAL, Restoration, RestoreStep, Target
from kallithea.services.backups.verifying import Verification
from tests import databases
from tests.services.backups.conftest import House, opened_vault, rows

SIGKILLED = -signal.SIGKILL


class Reached:
    """Does something when a step is reached; remembers which were."""

    def __init__(self, step: Enum | None, act: Callable[[], None] = lambda: None) -> None:
        self._step = step
        self._act = act
        self.steps: list[Enum] = []

    def __call__(self, step: Enum) -> None:
        self.steps.append(step)
        if step is self._step:
            self._act()


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def in_a_process(house: House, act: Callable[[], object]) -> int:
    """Do something in a process of its own, which gets no connection of this one; how it ended."""
    house.ledger.app.engine.dispose()
    child = multiprocessing.get_context("fork").Process(target=act)
    child.start()
    child.join(120)
    assert child.exitcode is not None
    return child.exitcode


def sound(house: House) -> Sequence[str]:
    """The names of the backups that are there; each is whole."""
    found = house.generations.all()
    assert [problem for one in found for problem in Verification().problems(one.folder)] == []
    return [one.name for one in found]


def halves(house: House) -> list[str]:
    return [path.name for path in house.generations.folder.iterdir() if path.name.startswith(HALF)]


def test_a_backup_that_is_cut_off_at_any_step_leaves_those_before_it_whole(house: House) -> None:
    with house.ledger.app.system_scope() as scope:  # so that every step is there
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("web/hg")))
    reached = Reached(None)
    names = [house.create(at=reached).generation.name]
    assert set(reached.steps) == set(CreateStep)
    for step in CreateStep:
        with pytest.raises((Unavailable, OSError)):
            house.create(at=Reached(step, full_disk))
        assert halves(house) == [], f"a full disk at {step}"
        # From its name on, a backup counts.
        assert len(sound(house)) == len(names) + (step is CreateStep.PRUNE)
        names = list(sound(house))

        ended = in_a_process(house, lambda at=step: house.create(at=Reached(at, kill)))  # type: ignore[misc]

        assert ended == SIGKILLED
        assert len(sound(house)) == len(names) + (step is CreateStep.PRUNE)
        names = list(sound(house))
    names.append(house.create().generation.name)
    assert sound(house) == sorted(names)
    assert halves(house) == []
    assert not (house.vault.root / ".snapshots").exists()


def test_removing_an_old_backup_that_is_cut_off_is_finished_by_the_next_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.create()

    remove = shutil.rmtree

    def half_way(folder: Path, **options: bool) -> None:
        if (folder / "backup.json").exists():
            (folder / "backup.json").unlink()
            kill()
        remove(folder, **options)

    def prune() -> None:
        monkeypatch.setattr(shutil, "rmtree", half_way)
        house.create(keep=1)

    assert in_a_process(house, prune) == SIGKILLED
    assert len(sound(house)) == 1
    assert halves(house)
    house.create(keep=1)
    assert len(sound(house)) == 1
    assert halves(house) == []


def test_a_restoration_that_is_cut_off_at_each_step_goes_on_when_it_is_run_again(house: House, tmp_path: Path) -> None:
    with house.ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("web/hg")))
    before = rows(house.ledger.app.engine, tmp_path / "before")
    backup = house.create().generation.folder
    home = tmp_path / "home"
    home.mkdir()
    url = databases.new_database(home)

    def restore(at: Reached) -> None:
        engine = make_engine(url)
        try:
            Restoration(backup, Target(writing(engine), home / "repos", schema(), utc_now), at=at).run()
        finally:
            engine.dispose()

    # In this order the next one always gets past the step at which the one before was cut off.
    for step in RestoreStep:
        assert in_a_process(house, lambda at=step: restore(Reached(at, kill))) == SIGKILLED  # type: ignore[misc]
        with pytest.raises(Unavailable):
            restore(Reached(step, full_disk))
        engine = make_engine(url)
        # Where the numbers of the next rows are set outside of transactions, all rows are there before.
        is_early = step is RestoreStep.LOADED and engine.dialect.name not in TRANSACTIONAL
        if is_early or step in (RestoreStep.UPGRADE, RestoreStep.SETTINGS, RestoreStep.FINISH):
            assert rows(engine, home / step.name) == before
        else:
            with pytest.raises(ConfigError):  # no server runs on what is not there
                check_schema(engine)
        engine.dispose()
    restore(Reached(None))

    engine = make_engine(url)
    assert rows(engine, home / "rows") == before
    engine.dispose()
    databases.discard(url)
    with opened_vault(home / "repos") as vault:
        assert vault.open(Kind.GIT, house.place("web/git").location).keeper.verify() == ()
        assert [found.path for found in vault.discarded()] == ["web/hg"]
    assert sorted(path.name for path in (home / "repos").iterdir()) == [".discarded", ".store"]


def test_nothing_is_overwritten_unless_told(house: House, tmp_path: Path) -> None:
    backup = house.create().generation.folder
    app = house.ledger.app
    target = Target(writing(app.engine), app.settings.repos_path, schema(), utc_now)
    before = rows(app.engine, tmp_path / "before")

    with pytest.raises(Conflict):
        house.restore(backup, target)
    assert rows(app.engine, tmp_path / "after") == before
    house.push("git")
    house.restore(backup, target, overwrite=True)

    assert rows(app.engine, tmp_path / "restored") == before
    assert [path.name for path in app.settings.repos_path.iterdir() if path.name.startswith(".before-restore-")]


def test_another_backup_is_not_restored_into_a_half_restored_place(house: House, target: Target) -> None:
    first, second = house.create().generation.folder, house.create().generation.folder
    with pytest.raises(Unavailable):
        house.restore(first, target, at=Reached(RestoreStep.DATABASE, full_disk))

    with pytest.raises(Conflict):
        house.restore(second, target)
    with pytest.raises(Conflict):
        house.restore(second, target, overwrite=True)
    house.restore(first, target)
    assert not (target.repos_path / JOURNAL).exists()


def test_a_backup_of_a_newer_release_is_refused_in_one_sentence(house: House, target: Target) -> None:
    backup = house.create().generation.folder
    older = Target(target.engine, target.repos_path, type(schema())(frozenset({"0001"}), schema().make), utc_now)

    with pytest.raises(Conflict, match="newer release"):
        house.restore(backup, older)
    assert not target.repos_path.exists()
