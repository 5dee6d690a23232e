"""A command as a list of steps that survives being killed at any moment.

The journal on disk says which steps are done. Whoever runs the same command again goes on where it ended; a step that fails has
the steps before it undone, last one first, so that afterwards everything is as it was before the command.

What a step owes to this: `do` may find its own work half done or done (it was killed before it was written down); `undo` may
find nothing to undo, and needs no room on the disk; the last step leaves nothing to undo. What steps need to know of each other
is in `journal.facts`, which are as lasting as the journal.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kallithea.installer.errors import Refused
from kallithea.installer.files import replace_text, sync_folder
from kallithea.installer.progress import Progress


def nothing() -> None:
    """For steps that leave nothing behind."""


@dataclass(frozen=True)
class Step:
    """One step of a command."""

    name: str
    text: str
    """What a person is told that it does."""
    do: Callable[[], None]
    undo: Callable[[], None] = nothing


def tell_steps(steps: Sequence[Step], progress: Progress) -> None:
    """A line for each step."""
    for number, step in enumerate(steps, 1):
        progress.say(f"{number}. {step.text}")
    progress.say("Nothing was changed.")


class Moment(enum.Enum):
    """When an observer is called, for each step."""

    BEFORE = "before"
    DONE = "done, and not written down"
    NOTED = "written down"
    BEFORE_UNDO = "before undoing"
    UNDONE = "undone"


Observer = Callable[[Moment, str], None]


def ignore(moment: Moment, step: str) -> None:
    """The observer of everybody but the tests."""


class Journal:
    """The file that says how far a command is. There is one only while a command runs or after it was killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._undoing_path = path.with_name(f"{path.name}.undoing")
        self.command = ""
        self.facts: dict[str, Any] = {}
        self.begun: list[str] = []
        """Steps that were begun, in this order: all but the last are done."""
        self.done: list[str] = []
        self._read()

    @property
    def is_open(self) -> bool:
        """Whether a command was begun and has not ended."""
        return bool(self.command)

    @property
    def is_undoing(self) -> bool:
        return self._undoing_path.exists()

    def open(self, command: str, facts: Mapping[str, Any]) -> None:
        """Begin a command, or go on with the same one, whose facts are then those that it began with."""
        if not self.is_open:
            self.command, self.facts = command, dict(facts)
            self.write()
        elif self.command != command:
            raise Refused(
                f"A command was interrupted here and comes first: {self.command}.",
                hint=f"Run {self.command} again; it finishes, or leaves everything as it was.",
            )

    def write(self) -> None:
        """Write down how far the command is."""
        state = {"command": self.command, "facts": self.facts, "begun": self.begun, "done": self.done}
        replace_text(self._path, json.dumps(state, indent=1, sort_keys=True) + "\n", mode=0o600)

    def turn_back(self) -> None:
        """From now on the command is undone. A rename, which works on a full disk too."""
        if not self.is_undoing:
            self._path.replace(self._undoing_path)
            sync_folder(self._path.parent)

    def close(self) -> None:
        """The command has ended."""
        for path in (self._path, self._undoing_path):
            path.unlink(missing_ok=True)
        if self._path.parent.is_dir():
            sync_folder(self._path.parent)
        self.command, self.facts, self.begun, self.done = "", {}, [], []

    def _read(self) -> None:
        path = self._undoing_path if self.is_undoing else self._path
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            self.command, self.facts = state["command"], state["facts"]
            self.begun, self.done = state["begun"], state["done"]
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"{path} cannot be read.", hint="Remove it if no command of the installer runs.") from error


class Runner:
    """Runs the steps of a command, each noted in the journal before and after."""

    def __init__(self, journal: Journal, progress: Progress, *, observer: Observer = ignore) -> None:
        self._journal = journal
        self._progress = progress
        self._observer = observer

    def run(self, steps: Sequence[Step]) -> None:
        """Do the steps that are not done yet; the journal is open, and closed at the end.

        A step that raises has everything undone, the journal closed, and its exception raised again. What was killed while it
        undid is undone first, and then begun again from the start.
        """
        if self._journal.is_undoing:
            command, facts = self._journal.command, self._journal.facts
            self._undo(steps)
            self._journal.open(command, facts)
        try:
            for number, step in enumerate(steps, 1):
                self._do(number, len(steps), step)
        except BaseException:
            self._progress.broken()
            self._undo(steps)
            raise
        self._journal.close()

    def _do(self, number: int, of: int, step: Step) -> None:
        self._progress.begin(number, of, step.text)
        if step.name in self._journal.done:
            self._progress.end("done before")
            return
        if step.name not in self._journal.begun:
            self._journal.begun.append(step.name)
            self._journal.write()
        self._observer(Moment.BEFORE, step.name)
        step.do()
        self._observer(Moment.DONE, step.name)
        self._journal.done.append(step.name)
        if number < of:  # the last one ends the command, and a disk that is full by then shall not take it back
            self._journal.write()
        self._observer(Moment.NOTED, step.name)
        self._progress.end()

    def _undo(self, steps: Sequence[Step]) -> None:
        """Undo what was begun. Nothing of it is written down: it is killed, and everything is undone once more.

        One that cannot be undone does not keep the others from it; then the journal stays, for the next run.
        """
        by_name = {step.name: step for step in steps}
        problems: list[Exception] = []
        self._journal.turn_back()
        for name in reversed(self._journal.begun):
            self._observer(Moment.BEFORE_UNDO, name)
            try:
                by_name[name].undo()
            except Exception as error:  # noqa: BLE001 - told when the others are undone
                problems.append(error)
            self._observer(Moment.UNDONE, name)
        if problems:
            raise problems[0]
        self._journal.close()
