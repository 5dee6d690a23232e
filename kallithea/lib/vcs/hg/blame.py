"""Asks Mercurial who wrote the lines of a file."""

from __future__ import annotations

import time
from itertools import groupby
from typing import Any

from kallithea.lib.vcs.blame import Blame, BlameRange, Version
from kallithea.lib.vcs.hg.commits import id_of
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath


class _OutOfTime(Exception):
    """Annotating may not take longer."""


def read_blame(repo: Any, number: int, path: FilePath, ignored: frozenset[CommitId], *, seconds: float) -> Blame:
    """Who wrote the lines of a file as it is at a commit; nothing where that takes longer than so many seconds."""
    skipped = _Skipped(repo, ignored, time.monotonic() + seconds)
    try:
        lines = repo[number].filectx(path.raw).annotate(follow=True, skiprevs=skipped)
    except _OutOfTime:
        return Blame((), is_complete=False)
    ranges = []
    # Lines of one commit that stood together in it, too: their number there less that here is the same.
    numbered = enumerate(lines, start=1)
    for _, run in groupby(numbered, key=lambda item: (item[1].fctx.rev(), item[1].fctx.path(), item[1].lineno - item[0])):
        together = list(run)
        start, line = together[0]
        ranges.append(BlameRange(start, len(together), _version(repo, line.fctx, line.lineno), _before(repo, line)))
    return Blame(tuple(ranges), is_complete=True)


def _version(repo: Any, context: Any, line: int) -> Version:
    return Version(id_of(repo, context.rev()), FilePath(context.path()), line)


def _before(repo: Any, line: Any) -> Version | None:
    """The file in front of the commit, under the name that it had."""
    parents = line.fctx.parents()
    return _version(repo, parents[0], line.lineno) if parents else None


class _Skipped:
    """The commits that are never blamed. Mercurial asks once for each version of the file: the time to look at the clock."""

    def __init__(self, repo: Any, ignored: frozenset[CommitId], until: float) -> None:
        index = repo.unfiltered().changelog.index
        nodes = (bytes.fromhex(commit_id.hex) for commit_id in ignored)
        self._numbers = {index.get_rev(node) for node in nodes if index.has_node(node)}
        self._until = until

    def __contains__(self, number: object) -> bool:
        if time.monotonic() > self._until:
            raise _OutOfTime
        return number in self._numbers
