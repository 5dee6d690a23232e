"""rollback: to the release before the last upgrade. The database stays as it is, with all that came since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from kallithea.installer import services, start_check
from kallithea.installer.errors import Refused
from kallithea.installer.files import remove_tree
from kallithea.installer.kept import (
    Wishes,
    aside_of,
    check_home,
    copy_file,
    kept_of,
    log_of,
    move_back,
    put_file,
    set_aside,
    take_back,
    tell_restart,
    write_previous,
)
from kallithea.installer.layout import Home
from kallithea.installer.locking import locked
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Journal, Observer, Runner, Step, ignore, tell_steps


class Rollback:
    """One run of `rollback`: to the release before. The database stays as it is, with all that came since."""

    def __init__(self, home: Home, wishes: Wishes, progress: Progress, *, observer: Observer = ignore) -> None:
        self._home = home
        self._wishes = wishes
        self._progress = progress
        self._observer = observer
        self._kept = kept_of(home)
        self._draft = home.data / ".kallithea.ini.rollback"
        self._now = home.data / ".kallithea.ini.rollback.now"

    def run(self) -> None:
        """Go back, or finish going back; what fails leaves everything as it was."""
        check_home(self._home)
        with locked(self._home.lock), log_of(self._home) as self._log:
            self._journal = Journal(self._home.journal)
            facts = self._journal.facts if self._journal.is_open else self._facts()
            self._journal.open("rollback", facts)
            Runner(self._journal, self._progress, observer=self._observer).run(self.steps())
            version = facts["to"]
        self._progress.say(f"Kallithea {version} is in use; the database is as it was, with all that was pushed since.")
        tell_restart(self._home, self._wishes, self._progress)

    def steps(self) -> Sequence[Step]:
        """What is done, in this order."""
        return (
            Step("server", "Looking for the server", lambda: None, self._restart_again),
            Step("draft", "Finding the ini file of before", self._make_draft, self._forget_draft),
            Step("check", "Checking that the release before works", self._check),
            Step("ini", "Putting the ini file in its place", self._put_ini, self._restore_ini),
            Step("switch", "Switching to the release before", self._switch, self._switch_back),
            Step("restart", "Restarting the server", self._restart),
            Step("note", "Noting what was in use", self._note, self._forget_note),
            Step("clean", "Tidying up", self._clean),
        )

    def tell_steps(self) -> None:
        """Say what would be done, and do nothing."""
        check_home(self._home)
        facts = self._facts()
        self._progress.say(f"From Kallithea {facts['from']} to {facts['to']}:")
        tell_steps(self.steps(), self._progress)

    def _facts(self) -> dict[str, object]:
        current = self._home.current()
        try:
            previous = json.loads(self._kept.facts.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            previous = {}
        older = self._home.release(previous["version"]) if "version" in previous else None
        if current is None or older is None or not older.is_whole:
            raise Refused(f"There is no release before in {self._home.path}.", hint="Only an upgrade can be taken back.")
        # Who changed the ini file since has good reasons: then it stays, if the old release can read it.
        is_as_left = hashlib.sha256(self._home.ini.read_bytes()).hexdigest() == previous["ini"]
        restart = services.restart_command(self._home, self._wishes.restart)
        return {"from": current.version, "to": older.version, "old_ini": is_as_left, "restart": restart}

    def _make_draft(self) -> None:
        copy_file(self._kept.ini if self._journal.facts["old_ini"] else self._home.ini, self._draft)
        copy_file(self._home.ini, self._now)

    def _forget_draft(self) -> None:
        for path in self._home.data.glob(f"{self._draft.name}*"):
            path.unlink()

    def _check(self) -> None:
        start_check.start_once(self._home.release(self._journal.facts["to"]), self._draft, self._log)

    def _put_ini(self) -> None:
        put_file(self._draft, self._home.ini)

    def _restore_ini(self) -> None:
        if self._now.is_file() and self._now.read_bytes() != self._home.ini.read_bytes():
            move_back(self._now, self._home.ini)

    def _switch(self) -> None:
        self._home.switch(self._home.release(self._journal.facts["to"]))

    def _switch_back(self) -> None:
        self._home.switch(self._home.release(self._journal.facts["from"]))

    def _restart(self) -> None:
        if command := self._journal.facts["restart"]:
            services.restart(command, self._home, self._log)

    def _restart_again(self) -> None:
        if "restart" in self._journal.begun:
            self._restart()

    def _note(self) -> None:
        """What was in use is now the release before: going back twice goes forward again."""
        for path in (self._kept.ini, self._kept.facts):
            set_aside(path)
        copy_file(self._now, self._kept.ini)
        write_previous(self._kept, self._home.release(self._journal.facts["from"]), self._home.ini)

    def _forget_note(self) -> None:
        for path in (self._kept.ini, self._kept.facts):
            take_back(path)

    def _clean(self) -> None:
        for path in (self._kept.ini, self._kept.facts):
            remove_tree(aside_of(path))
        self._forget_draft()
