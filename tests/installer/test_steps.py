"""The runner of steps: killed or failing anywhere, afterwards everything is new or everything is old."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from kallithea.installer.errors import Refused
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Journal, Moment, Runner, Step

NAMES = ("first", "second", "third")


class Killed(BaseException):
    """The process ends here, and nothing after this is run."""


class World:
    """Three files that three steps make, and a journal beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fails_at = ""

    def steps(self) -> Sequence[Step]:
        return [Step(name, name, lambda name=name: self._make(name), lambda name=name: self._remove(name)) for name in NAMES]

    def run(self, *, kill: tuple[Moment, str] | None = None) -> None:
        """One run, which may be killed: what would be undone is not, as nobody is there to do it."""
        journal = Journal(self.folder / "journal")
        journal.open("make", {"at": 1})
        self.facts = journal.facts
        runner = Runner(journal, Progress(io.StringIO()), observer=lambda *at: self._kill(at, kill))
        runner._undo = self._undo_of(runner)  # type: ignore[method-assign]
        runner.run(self.steps())

    @property
    def made(self) -> list[str]:
        return [name for name in NAMES if (self.folder / name).exists()]

    @property
    def is_between(self) -> bool:
        return (self.folder / "journal").exists() or (self.folder / "journal.undoing").exists()

    def _undo_of(self, runner: Runner):  # type: ignore[no-untyped-def]
        undo, self._is_dead = runner._undo, False

        def undo_unless_dead(steps: Sequence[Step]) -> None:
            if not self._is_dead:
                undo(steps)

        return undo_unless_dead

    def _kill(self, at: tuple[Moment, str], wanted: tuple[Moment, str] | None) -> None:
        if at == wanted:
            self._is_dead = True
            raise Killed

    def _make(self, name: str) -> None:
        if name == self.fails_at:
            raise Refused("no")
        (self.folder / name).write_text(name)

    def _remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_all_steps_are_done_and_the_journal_is_gone(world: World) -> None:
    world.run()
    assert (world.made, world.is_between) == (list(NAMES), False)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.DONE, Moment.NOTED])
def test_who_is_killed_goes_on(world: World, moment: Moment, name: str) -> None:
    with pytest.raises(Killed):
        world.run(kill=(moment, name))
    world.run()
    assert (world.made, world.is_between) == (list(NAMES), False)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_that_fails_has_everything_undone(world: World, name: str) -> None:
    world.fails_at = name
    with pytest.raises(Refused):
        world.run()
    assert (world.made, world.is_between) == ([], False)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("moment", [Moment.BEFORE_UNDO, Moment.UNDONE])
def test_who_is_killed_while_undoing_undoes_and_begins_anew(world: World, moment: Moment, name: str) -> None:
    world.fails_at = NAMES[-1]
    with pytest.raises(Killed):
        world.run(kill=(moment, name))
    world.fails_at = ""
    world.run()
    assert (world.made, world.is_between) == (list(NAMES), False)


def test_steps_that_are_done_are_not_done_again(world: World) -> None:
    with pytest.raises(Killed):
        world.run(kill=(Moment.NOTED, "first"))
    (world.folder / "first").unlink()
    world.run()
    assert world.made == ["second", "third"]


def test_facts_are_those_of_the_first_run(world: World) -> None:
    with pytest.raises(Killed):
        world.run(kill=(Moment.BEFORE, "second"))
    journal = Journal(world.folder / "journal")
    journal.open("make", {"at": 2})
    assert journal.facts == {"at": 1}


def test_another_command_waits_for_the_one_that_was_interrupted(world: World) -> None:
    with pytest.raises(Killed):
        world.run(kill=(Moment.BEFORE, "second"))
    with pytest.raises(Refused, match="interrupted here and comes first: make"):
        Journal(world.folder / "journal").open("other", {})


def test_a_journal_that_cannot_be_read_is_told(world: World) -> None:
    (world.folder / "journal").write_text("{")
    with pytest.raises(Refused, match="cannot be read"):
        Journal(world.folder / "journal")
