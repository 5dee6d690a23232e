"""Two hg repositories as one, by Mercurial's own union in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mercurial import unionrepo

from kallithea.lib.lazy import lazy
from kallithea.lib.vcs.diffs import Diff, DiffOptions
from kallithea.lib.vcs.hg import comparing, walking
from kallithea.lib.vcs.hg.commits import NULL_REVISION, id_of, number_of
from kallithea.lib.vcs.hg.settings import base_ui
from kallithea.lib.vcs.objects import Commit, CommitId


class HgPair:
    """Fulfils `Pair`. `find` knows what clients may see of both, and is asked for each commit; the union has all."""

    def __init__(self, one: Path, other: Path, find: Callable[[CommitId], Commit]) -> None:
        self._folders = one, other
        self._find = find

    @lazy
    def _union(self) -> Any:
        # Phases are asked of the repositories themselves.
        one, other = map(os.fsencode, self._folders)
        union = unionrepo.makeunionrepository(base_ui(publishing=True), one, other)
        # The union takes the numbers of manifests that others are stored against for numbers of commits (unionrepo.py,
        # unionrevlog.__init__), which may be behind the last one. Without them whole manifests are read.
        union.manifestlog.getstorage(b"").deltaparent = lambda _number: NULL_REVISION
        return union

    def commit(self, commit_id: CommitId) -> Commit:
        return self._find(commit_id)

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None:
        nodes = [bytes.fromhex(self.commit(commit_id).id.hex) for commit_id in (one, other)]
        found = self._union.changelog.ancestor(*nodes)
        return None if found == self._union.nullid else CommitId(found.hex())

    def history(self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = ()) -> Iterator[Commit]:
        found = walking.ancestors(self._union, self._numbers(heads), self._numbers(excluding))
        return (self.commit(id_of(self._union, number)) for number in found)

    def diff(self, old: CommitId | None, new: CommitId, options: DiffOptions = DiffOptions()) -> Diff:
        before = NULL_REVISION if old is None else self._numbers([old])[0]
        return comparing.read_diff(self._union, before, self._numbers([new])[0], options)

    def _numbers(self, commit_ids: Sequence[CommitId]) -> list[int]:
        return [number_of(self._union, self.commit(commit_id).id) for commit_id in commit_ids]
