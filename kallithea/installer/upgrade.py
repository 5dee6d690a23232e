"""upgrade: from a release in use to another one, or back to how everything was.

The new release lies beside the old one, whose environment is never touched. Everything that may fail is tried before anything
is changed: the settings on a copy of the ini file, the migrations on a copy of the database, the server at a free port. What is
changed is the database, while changes are paused, then the ini file, then the link to the release in use.

Migrations only add, so the old release runs on the new tables too: whoever is killed between two steps leaves a house in which
either release works, and running the command again finishes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from kallithea.installer import services, start_check
from kallithea.installer.environment import run
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
from kallithea.installer.layout import Home, Release
from kallithea.installer.locking import locked
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Journal, Observer, Runner, Step, ignore, tell_steps

PAUSE = 1800
"""Seconds for which changes wait at most; a pause whose owner died ends by itself."""
MARGIN = 60
"""Seconds that a pause has to last still where a database is put back."""
Unpack = Callable[[TextIO], Sequence[Step]]


class Upgrade:
    """One run of `upgrade`. `unpack` gives the steps that make the new release, for the log that they write."""

    def __init__(
        self,
        home: Home,
        new: Release,
        unpack: Unpack,
        wishes: Wishes,
        progress: Progress,
        *,
        observer: Observer = ignore,
    ) -> None:
        self._home = home
        self._new = new
        self._unpack = unpack
        self._wishes = wishes
        self._progress = progress
        self._observer = observer
        self._kept = kept_of(home)
        self._draft = home.data / ".kallithea.ini.upgrade"

    def run(self) -> None:
        """Upgrade, or go on with an upgrade that was killed; what fails leaves everything as it was."""
        check_home(self._home)
        with locked(self._home.lock), log_of(self._home) as self._log:
            self._journal = Journal(self._home.journal)
            if not self._journal.is_open and self._is_done():
                return
            self._journal.open(f"upgrade {self._new.version}", self._facts())
            self._pause_again()
            try:
                Runner(self._journal, self._progress, observer=self._observer).run(self.steps())
            except BaseException as error:
                self._log.write(f"The upgrade to {self._new.version} failed, everything is as it was: {error}\n")
                raise
        self._tell()

    def steps(self) -> Sequence[Step]:
        """What is done, in this order."""
        return (
            Step("server", "Looking for the server", self._look_for_server, self._restart_old),
            *self._new_release(),
            Step("settings", "Comparing the ini file with the new settings", self._draft_ini, self._forget_draft),
            Step("rehearsal", "Trying the migrations on a copy of the database", self._rehearse),
            Step("pause", "Letting pushes and other changes wait", self._pause, self._resume),
            Step("snapshot", "Keeping the ini file and the database as they are", self._keep, self._forget_kept),
            Step("migrate", "Migrating the database", self._migrate, self._restore_database),
            Step("check", "Checking that the new release works with it", self._check),
            Step("ini", "Putting the ini file in its place", self._put_ini, self._restore_ini),
            Step("switch", "Switching to the new release", self._switch, self._switch_back),
            Step("restart", "Restarting the server", self._restart),
            Step("resume", "Letting changes go on", self._resume_by_new),
            Step("self-check", "Checking the new release in use", self._check_in_use),
            Step("clean", "Tidying up", self._clean),
        )

    def tell_steps(self) -> None:
        """Say what would be done, and do nothing."""
        check_home(self._home)
        self._journal = Journal(self._home.journal)
        if not self._journal.is_open and self._is_done():
            tell_steps((), self._progress)
            return
        current = self._home.current()
        self._progress.say(f"From Kallithea {current.version if current else '?'} to {self._new.version}:")
        with open(os.devnull, "w", encoding="utf-8") as self._log:  # noqa: PTH123 - the name is no path of ours
            self._journal.facts.setdefault("release_was_there", self._new.is_whole)
            tell_steps(self.steps(), self._progress)

    def _new_release(self) -> Sequence[Step]:
        if self._journal.facts["release_was_there"]:
            return ()
        return self._unpack(self._log)

    @property
    def _old(self) -> Release:
        return self._home.release(self._journal.facts["from"])

    def _facts(self) -> dict[str, object]:
        current = self._home.current()
        assert current is not None
        return {
            "from": current.version,
            "release_was_there": self._new.is_whole,
            "can_pause": "writes-pause" in run([str(current.program("kallithea-cli")), "--help"], self._log),
            "restart": services.restart_command(self._home, self._wishes.restart),
            "merge": self._wishes.merge,
            "has_kept": self._kept.folder.exists(),
        }

    def _is_done(self) -> bool:
        current = self._home.current()
        if current is None:
            raise Refused(f"Nothing is installed in {self._home.path}.", hint="Use install.")
        if current.version == self._new.version:
            self._progress.say(f"Kallithea {current.version} is in use in {self._home.path} already.")
            return True
        return False

    # --- steps

    def _look_for_server(self) -> None:
        command = self._journal.facts["restart"]
        self._log.write(f"restarted with: {command}\n" if command else "the server is no service\n")
        if not self._journal.facts["can_pause"]:
            self._progress.say(
                f"Kallithea {self._old.version} cannot let changes wait, so the database is not put back if this fails: "
                "the old release runs on the new tables too."
            )

    def _draft_ini(self) -> None:
        self._forget_draft()
        copy_file(self._home.ini, self._draft)
        merge = ["--merge"] if self._journal.facts["merge"] else []
        said = self._cli("config-check", *merge, str(self._draft), config=False)
        self._progress.say(said.replace(str(self._draft), str(self._home.ini)).rstrip())
        for older in self._home.data.glob(f"{self._draft.name}.*"):
            older.unlink()

    def _forget_draft(self) -> None:
        for path in self._home.data.glob(f"{self._draft.name}*"):
            path.unlink()

    def _rehearse(self) -> None:
        self._progress.say(self._cli("db-rehearse").rstrip())

    def _pause(self) -> None:
        if self._journal.facts["can_pause"]:
            self._cli("writes-pause", "--for", str(PAUSE), "--why", "an upgrade is under way")
            self._journal.facts["paused_until"] = time.time() + PAUSE

    def _pause_again(self) -> None:
        """Where an upgrade was killed and its pause has ended since, what was kept of the database is too old to go back to."""
        facts, done = self._journal.facts, self._journal.done
        if "pause" not in done or "resume" in done or not facts["can_pause"] or self._journal.is_undoing:
            return
        if facts["paused_until"] < time.time():
            self._kept.database.unlink(missing_ok=True)
        self._pause()
        self._journal.write()

    def _resume(self) -> None:
        """By the old release, as all else is the old one again."""
        if self._journal.facts["can_pause"]:
            run([str(self._old.program("kallithea-cli")), "writes-resume", "-c", str(self._home.ini)], self._log)

    def _resume_by_new(self) -> None:
        if self._journal.facts["can_pause"]:
            self._cli("writes-resume")

    def _check_in_use(self) -> None:
        """With pushes and all, so changes have to go on. What fails now leaves the database with the new tables."""
        start_check.check(self._new, self._home.ini, self._log)

    def _keep(self) -> None:
        if self._journal.facts.get("has_kept"):  # of the upgrade before, to which the way back leads if this one fails
            set_aside(self._kept.folder)
        remove_tree(self._kept.folder)
        self._kept.folder.mkdir(mode=0o700)
        copy_file(self._home.ini, self._kept.ini)
        if self._journal.facts["can_pause"]:
            self._cli("db-snapshot", str(self._kept.database))

    def _forget_kept(self) -> None:
        take_back(self._kept.folder)
        if not self._journal.facts.get("has_kept"):
            remove_tree(self._kept.folder)

    def _clean(self) -> None:
        self._forget_draft()
        remove_tree(aside_of(self._kept.folder))

    def _migrate(self) -> None:
        self._progress.say(self._cli("db-upgrade").rstrip())

    def _restore_database(self) -> None:
        """While changes wait, nothing is lost by it; when they went on, the database stays, and the old release runs on it."""
        was_committed = "migrate" in self._journal.done  # a migration that fails changes nothing
        if not was_committed or "resume" in self._journal.begun or not self._kept.database.is_file():
            return
        try:
            if self._journal.facts["paused_until"] < time.time() + MARGIN:
                raise Refused("Changes went on meanwhile.")
            self._cli("db-snapshot", "--back", str(self._kept.database))
        except Refused as error:
            # From now on it may get rows that a second attempt would lose.
            self._kept.database.unlink()
            self._progress.say("The database keeps its new tables, which the old release works with too.")
            self._log.write(f"The database was not put back: {error.message}\n")

    def _check(self) -> None:
        start_check.start_once(self._new, self._draft, self._log)

    def _put_ini(self) -> None:
        write_previous(self._kept, self._old, self._draft)
        if self._draft.read_bytes() != self._home.ini.read_bytes():
            put_file(self._draft, self._home.ini)

    def _restore_ini(self) -> None:
        if self._kept.ini.is_file() and self._kept.ini.read_bytes() != self._home.ini.read_bytes():
            move_back(self._kept.ini, self._home.ini)

    def _switch(self) -> None:
        self._home.switch(self._new)

    def _switch_back(self) -> None:
        self._home.switch(self._old)

    def _restart(self) -> None:
        if command := self._journal.facts["restart"]:
            services.restart(command, self._home, self._log)

    def _restart_old(self) -> None:
        """Undone last, when link, ini file and database are the old ones."""
        if "restart" in self._journal.begun:
            self._restart()

    def _tell(self) -> None:
        self._progress.say(f"Kallithea {self._new.version} is in use. rollback goes back to the release before.")
        tell_restart(self._home, self._wishes, self._progress)

    def _cli(self, command: str, *arguments: str, config: bool = True) -> str:
        """What a command of the new release says of this instance; it may not understand the old ini file."""
        where = ["-c", str(self._draft)] if config else []
        return run([str(self._new.program("kallithea-cli")), command, *where, *arguments], self._log)
