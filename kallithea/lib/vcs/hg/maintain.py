"""Keeps hg repositories fast: Mercurial's own commands warm caches and modernise the format, in processes that can be ended."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from kallithea.lib.vcs.backend import Maintained, StopSignal
from kallithea.lib.vcs.hg import opened, recovery
from kallithea.lib.vcs.hg.aside import run_hg
from kallithea.lib.vcs.locks import maintenance_lock, writer_lock

MANY_COLD = 100
"""From so many commits that the caches do not know they are warmed; fewer are worked out in passing."""
# The slowest one to fill, and its bytes for each commit (mercurial/branching/rev_cache.py).
BRANCH_CACHE, BRANCH_CACHE_ENTRY = ".hg/cache/rbc-revs-v2", 8

PATIENCE = 30.0
"""Seconds to wait for a push to end."""


def maintain(folder: Path, *, thorough: bool, upgrade: bool, stop: StopSignal | None) -> Maintained:
    """Do what the repository needs; pushes wait while its caches are warmed or its format changes, clones do not."""
    opened.stamp_of(folder)
    with maintenance_lock(folder) as lock:
        maintenance = _Maintenance(folder, lock.descriptor, stop)
        return Maintained(tuple(maintenance.run(thorough=thorough, upgrade=upgrade)), tuple(maintenance.offered))


class _Maintenance:
    """Looks after one repository, under its maintenance lock."""

    def __init__(self, folder: Path, lock: int, stop: StopSignal | None) -> None:
        self._folder = folder
        self._lock = lock
        self._stop = stop
        self.offered: list[str] = []

    def run(self, *, thorough: bool, upgrade: bool) -> Iterator[str]:
        repo = opened.unfiltered(self._folder, publishing=True)
        commits = len(repo.changelog)
        missing = tuple(self._outdated()) if thorough or upgrade else ()
        if missing and upgrade:
            with writer_lock(self._folder, patience=PATIENCE) as writer:
                recovery.mend(self._folder, repo)
                self._hg("debugupgraderepo", "--run", "--no-backup", "--quiet", inherited=(writer,))
            yield f"upgraded to {', '.join(missing)}"
        elif missing:
            self.offered.append(f"can be upgraded to {', '.join(missing)} (--upgrade)")
        if commits and (thorough or upgrade or commits - self._known() >= MANY_COLD):
            with writer_lock(self._folder, patience=PATIENCE) as writer:
                recovery.mend(self._folder, repo)
                self._hg("debugupdatecaches", "--quiet", inherited=(writer,))
            yield "warmed the caches"

    def _known(self) -> int:
        """How many commits the slowest cache knows."""
        with suppress(FileNotFoundError):
            return (self._folder / BRANCH_CACHE).stat().st_size // BRANCH_CACHE_ENTRY
        return 0

    def _outdated(self) -> Sequence[str]:
        """The parts of the format that a new repository would have and this one has not."""
        said = json.loads(self._hg("debugformat", "--template", "json"))
        return [part["name"] for part in said if part["config"] is True and part["repo"] is False]

    def _hg(self, *arguments: str, inherited: Sequence[int] = ()) -> bytes:
        return run_hg(*arguments, "--repository", os.fspath(self._folder), stop=self._stop, inherited=(self._lock, *inherited))
