"""Walks the ancestors of commits in process, newest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from kallithea.lib.vcs.objects import Commit, CommitId

LOOK_AHEAD = 32
"""Commits read ahead of the one shown. Children come before parents although several commits have one time or a clock went
wrong, as long as the disorder is no longer than this."""


def walk(heads: Sequence[CommitId], read: Callable[[CommitId], Commit | None]) -> Iterator[Commit]:
    """Iterate over the ancestors of `heads`, children before parents, of those that are ready the newest first.

    Commits that are not there (behind the border of a shallow repository) are passed over.
    """
    order = count()
    waiting: list[tuple[float, int, Commit]] = []  # found, to be explored: their parents are unknown to the order yet
    ready: list[tuple[float, int, Commit]] = []  # explored, and all explored children are shown
    explored: dict[CommitId, Commit] = {}  # explored and not shown
    children: dict[CommitId, int] = {}  # explored children that are not shown
    seen: set[CommitId] = set()

    def find(commit_id: CommitId) -> None:
        if commit_id not in seen:
            seen.add(commit_id)
            if commit := read(commit_id):
                heapq.heappush(waiting, (*_key(commit, order), commit))

    def explore() -> None:
        _, _, commit = heapq.heappop(waiting)
        explored[commit.id] = commit
        for parent in commit.parents:
            children[parent] = children.get(parent, 0) + 1
            find(parent)
        if not children.get(commit.id):
            heapq.heappush(ready, (*_key(commit, order), commit))

    for head in heads:
        find(head)
    while waiting or ready:
        while waiting and (not ready or len(explored) <= LOOK_AHEAD):
            explore()
        # A commit may have got a child after it was found ready.
        _, _, commit = heapq.heappop(ready)
        if commit.id not in explored or children.get(commit.id):
            continue
        del explored[commit.id]
        children.pop(commit.id, None)
        for parent in commit.parents:
            children[parent] -= 1
            if not children[parent] and parent in explored:
                heapq.heappush(ready, (*_key(explored[parent], order), explored[parent]))
        yield commit


def _key(commit: Commit, order: count[int]) -> tuple[float, int]:
    return -commit.committer.when.timestamp(), next(order)
