"""Two git repositories as one: git reads the first, and knows the objects of the second as alternates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs.backend import Reader
from kallithea.lib.vcs.diffs import Diff, DiffOptions
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.git.comparison import Comparison, Sizes, sizes_of
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.objects import Commit, CommitId
from kallithea.lib.vcs.pairs import in_either


def pair_of(one: Reader, folder: Folder, other: Reader, theirs: Folder | None) -> GitPair:
    """Both repositories together; `theirs` is the folder of the other if that is one of git. Raises Invalid."""
    if theirs is None or theirs.object_format() != folder.object_format():
        raise Invalid("These repositories name their commits in different ways, so they cannot be compared.")
    git = folder.git.with_objects_of(theirs.path)
    return GitPair(git, folder.path, in_either(one, other), lambda ids: sizes_of(git, folder.path, ids))


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
