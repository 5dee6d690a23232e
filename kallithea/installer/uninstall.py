"""uninstall: what was installed goes, and the data stay unless they are to go too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kallithea.installer import running, services
from kallithea.installer.errors import Refused
from kallithea.installer.files import remove_tree
from kallithea.installer.layout import Home
from kallithea.installer.locking import locked
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Journal, Observer, Runner, Step, ignore


class Removal:
    """One run of `uninstall`. Its steps remove, so none is undone: who is killed runs it again, and it finishes."""

    def __init__(self, home: Home, progress: Progress, *, with_data: bool, observer: Observer = ignore) -> None:
        self._home = home
        self._progress = progress
        self._with_data = with_data
        self._observer = observer

    def run(self) -> None:
        """Remove it. Raises Refused where there is no home, or another command was interrupted."""
        self.check()
        self._check_stopped()
        home = self._home
        with locked(home.lock):
            journal = Journal(home.journal)
            journal.open("uninstall --with-data" if self._with_data else "uninstall", {})
            Runner(journal, self._progress, observer=self._observer).run(self.steps())
            # What makes the folder a home goes last: until then this command can be run again. With data in it, it stays one.
            self._rest(home.lock, *(() if home.data.exists() else (home.mark,)))
        if not any(home.path.iterdir()):
            home.path.rmdir()
        for left in services.installed_units(home):
            self._progress.say(f"{left} is still there; who installed it can remove it.")

    def check(self) -> None:
        """Raise Refused unless the folder is a home; nothing is changed."""
        if not self._home.is_home:
            raise Refused(f"Kallithea is not installed in {self._home.path}.")

    def _check_stopped(self) -> None:
        """Raise Refused while a program of it runs: it would lose what it is made of, and what it writes."""
        found = running.look(self._home)
        if found.is_running:
            which = "; ".join(f"process {pid}: {command}" for pid, command in (found.processes or {}).items())
            raise Refused(f"Kallithea is running ({which or found.address}).", hint=f"Stop it first: {found.how_to_stop()}")

    def steps(self) -> Sequence[Step]:
        """What is removed, in this order: first nothing is in use any more."""
        home = self._home
        data = (Step("data", f"Removing the data in {home.data}", lambda: self._rest(home.data)),) if self._with_data else ()
        return (
            Step("switch", "Taking it out of use", lambda: home.switch(None)),
            Step("service", "Removing the files for services", lambda: self._rest(home.service)),
            Step("releases", "Removing the releases", lambda: self._rest(home.releases)),
            Step("log", "Removing the log", lambda: self._rest(home.log)),
            *data,
        )

    def _rest(self, *paths: Path) -> None:
        for path in paths:
            remove_tree(path)
