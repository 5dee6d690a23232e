"""Two git repositories as one: git reads the first, and knows the objects of the second as alternates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kallithea.lib.vcs.diffs import Diff, DiffOptions
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.git.comparison import Comparison, Sizes
from kallithea.lib.vcs.objects import Commit, CommitId


class GitPair:
    """Fulfils `Pair`; `git` finds the objects of both when it reads the repository in `folder`."""

    def __init__(self, git: Git, folder: Path, find: Callable[[CommitId], Commit], sizes: Sizes) -> None:
        self._git = git
        self._folder = folder
        self._find = find
        self._sizes = sizes

    def commit(self, commit_id: CommitId) -> Commit:
        return self._find(commit_id)

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None:
        said = self._git.run(self._folder, "merge-base", self.commit(one).id.hex, self.commit(other).id.hex, also_fine=(1,))
        return CommitId(said.decode("ascii").strip()) if said else None

    def history(self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = ()) -> Iterator[Commit]:
        wanted = [self.commit(head).id.hex for head in heads]
        unwanted = [f"^{self.commit(commit_id).id.hex}" for commit_id in excluding]
        with self._git.reading(self._folder, "rev-list", "--date-order", *wanted, *unwanted, "--") as lines:
            for line in lines:
                yield self.commit(CommitId(line.decode("ascii").strip()))

    def diff(self, old: CommitId | None, new: CommitId, options: DiffOptions = DiffOptions()) -> Diff:
        before = self.commit(old).id.hex if old else None
        return Comparison(self._git, self._folder, before, self.commit(new).id.hex, options).read(self._sizes)
