"""What pairs of hg and of git repositories share."""

from __future__ import annotations

from collections.abc import Callable

from kallithea.lib.vcs.backend import Reader
from kallithea.lib.vcs.errors import CommitNotFound
from kallithea.lib.vcs.objects import Commit, CommitId


def in_either(one: Reader, other: Reader) -> Callable[[CommitId], Commit]:
    """Finds commits that clients may see in one of two repositories. Raises CommitNotFound."""

    def find(commit_id: CommitId) -> Commit:
        try:
            return one.commit(commit_id)
        except CommitNotFound:
            return other.commit(commit_id)

    return find
