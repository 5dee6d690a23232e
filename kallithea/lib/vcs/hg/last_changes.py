"""Finds the last commit of each entry of a folder in one walk over the lists of changed files that commits carry."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kallithea.lib.vcs.errors import CommitNotFound
from kallithea.lib.vcs.hg import walking
from kallithea.lib.vcs.hg.commits import id_of, number_of
from kallithea.lib.vcs.hg.files import SUBREPOSITORY_STATE
from kallithea.lib.vcs.last_changes import ChangesMemory, LastChanges, Remembered
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath

FEW_NAMES = 50
"""So many names are looked for in the text of a commit before its list of files is taken apart."""
LOOKED_AT = 64
"""Commits between two looks at the clock."""


class _OutOfTime(Exception):
    """The walk may not take longer."""


def last_changes(
    repo: Any,
    folder: Path,
    memory: ChangesMemory,
    commit_id: CommitId,
    path: FilePath,
    names: Sequence[bytes],
    *,
    modules: frozenset[bytes],
    seconds: float,
) -> LastChanges:
    """The last commits of these names of the folder at `path`, as far as they can be found in so many seconds.

    `modules` are those of the names that are subrepositories: they change with the file that keeps their state.
    """
    number = number_of(repo, commit_id)
    recalled = memory.recall(folder, path)
    same = next((known for known in recalled if known.anchor == commit_id.hex), Remembered(commit_id.hex, {}))
    found = {name: same.found[name] for name in names if name in same.found}
    is_complete = True
    if len(found) < len(names):
        allowance = same.allowance(seconds)
        search = _Search(repo, path, frozenset(names) - found.keys(), modules, time.monotonic() + allowance)
        is_complete = search.run(number, recalled)
        news = {name: id_of(repo, at).hex for name, at in search.found.items()}
        found.update(news)
        memory.keep(folder, path, Remembered(commit_id.hex, {**same.found, **news}, 0.0 if is_complete else allowance))
    return LastChanges({name: CommitId(commit) for name, commit in found.items()}, is_complete)


class _Search:
    """What is wanted and what was found, by number of commit: of several the highest, which is what `hg log` shows first."""

    def __init__(self, repo: Any, path: FilePath, wanted: frozenset[bytes], modules: frozenset[bytes], until: float) -> None:
        self.found: dict[bytes, int] = {}
        self._repo = repo
        self._inside = path.raw + b"/" if path.raw else b""
        self._wanted = set(wanted)
        self._modules = modules
        self._until = until

    def run(self, number: int, recalled: Sequence[Remembered]) -> bool:
        """Find what is wanted; whether there was time for all of it."""
        try:
            self._since_what_is_known(number, recalled)
            self._walk(walking.ancestors(self._repo, [number], []))
        except _OutOfTime:
            return False
        return True

    def _since_what_is_known(self, number: int, recalled: Sequence[Remembered]) -> None:
        """Walk the commits that are new since an answer that is remembered, and take over the rest of it."""
        for known in recalled:
            anchor = self._number(known.anchor)
            if anchor is None or anchor == number or not self._repo.changelog.isancestorrev(anchor, number):
                continue
            wanted = frozenset(self._wanted)
            self._walk(walking.ancestors(self._repo, [number], [anchor]))
            for name in wanted & known.found.keys():
                before = self._number(known.found[name])
                if before is not None:
                    # A branch that was merged since may have lower numbers than what was known.
                    self.found[name] = max(before, self.found.get(name, before))
                    self._wanted.discard(name)
            return

    def _walk(self, numbers: Iterable[int]) -> None:
        log = self._repo.changelog
        inside = self._inside
        pattern = self._pattern()
        for count, number in enumerate(numbers):
            if not self._wanted:
                return
            if count % LOOKED_AT == 0 and time.monotonic() > self._until:
                raise _OutOfTime
            if pattern.search(walking.raw_text(log, number)) is None:
                continue
            before = len(self._wanted)
            for path in log.readfiles(number):
                if path.startswith(inside):
                    self._see(path[len(inside) :].partition(b"/")[0], number)
                if path == SUBREPOSITORY_STATE:
                    for name in self._modules & self._wanted:
                        self._see(name, number)
            if len(self._wanted) < before <= FEW_NAMES * 2:
                pattern = self._pattern()

    def _see(self, name: bytes, number: int) -> None:
        if name in self._wanted:
            self._wanted.discard(name)
            self.found[name] = number

    def _pattern(self) -> re.Pattern[bytes]:
        """What the text of a commit has that may matter; it lists the files line by line."""
        if len(self._wanted) > FEW_NAMES:
            return re.compile(rb"\n" + re.escape(self._inside))
        paths = [re.escape(self._inside + name) for name in self._wanted]
        if self._modules & self._wanted:
            paths.append(re.escape(SUBREPOSITORY_STATE))
        return re.compile(rb"\n(?:" + b"|".join(paths) + rb")[\n/]")

    def _number(self, commit: str) -> int | None:
        try:
            return number_of(self._repo, CommitId(commit))
        except CommitNotFound:  # stripped, or hidden by now
            return None
