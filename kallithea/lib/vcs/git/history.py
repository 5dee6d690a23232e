"""Walks the ancestors of commits in process, newest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence

from kallithea.lib.vcs.objects import Commit, CommitId

LOOK_AHEAD = 32
"""Commits read ahead of the one shown. Children come before parents although several commits have one time or a clock went
wrong, as long as the disorder is no longer than this."""

Key = tuple[float, str]
"""What orders commits: the newest first, those of one second by their ids, so that a walk can be taken up anywhere."""


def key_of(seconds: float, commit_id: CommitId) -> Key:
    return -seconds, commit_id.hex


def walk(
    heads: Sequence[CommitId], read: Callable[[CommitId], Commit | None], seconds_of: Callable[[CommitId], float | None]
) -> Iterator[Commit]:
    """Iterate over the ancestors of `heads`, children before parents, of those that are ready the newest first.

    `seconds_of` tells the time of a head, for there may be thousands of them that nobody gets to see. Commits that are not
    there (behind the border of a shallow repository) are passed over.
    """
    waiting: list[Key] = []  # found, to be explored: their parents are unknown to the order yet
    ready: list[Key] = []  # explored, and all explored children are shown
    commits: dict[str, Commit] = {}  # read and not shown
    explored: set[str] = set()  # explored and not shown
    children: dict[str, int] = {}  # explored children that are not shown
    seen: set[CommitId] = set()

    def find(commit_id: CommitId) -> None:
        if commit_id not in seen:
            seen.add(commit_id)
            if commit := read(commit_id):
                commits[commit_id.hex] = commit
                heapq.heappush(waiting, _key(commit))

    def explore() -> None:
        key = heapq.heappop(waiting)
        commit = commits.get(key[1]) or read(CommitId(key[1]))
        if commit is None:
            return
        commits[key[1]] = commit
        explored.add(key[1])
        for parent in commit.parents:
            children[parent.hex] = children.get(parent.hex, 0) + 1
            find(parent)
        if not children.get(key[1]):
            heapq.heappush(ready, key)

    for head in dict.fromkeys(heads):
        seconds = seconds_of(head)
        if seconds is not None:
            seen.add(head)
            waiting.append(key_of(seconds, head))
    heapq.heapify(waiting)
    while waiting or ready:
        while waiting and (not ready or len(explored) <= LOOK_AHEAD):
            explore()
        if not ready:
            return
        # A commit may have got a child after it was found ready.
        _, name = heapq.heappop(ready)
        if name not in explored or children.get(name):
            continue
        explored.discard(name)
        children.pop(name, None)
        commit = commits.pop(name)
        for parent in commit.parents:
            children[parent.hex] -= 1
            if not children[parent.hex] and parent.hex in explored:
                heapq.heappush(ready, _key(commits[parent.hex]))
        yield commit


def _key(commit: Commit) -> Key:
    return key_of(commit.committer.when.timestamp(), commit.id)
