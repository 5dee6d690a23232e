"""The walk in process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.vcs.git.history import LOOK_AHEAD, walk
from kallithea.lib.vcs.objects import Commit, CommitId, Signature

EPOCH = datetime(2020, 1, 1, tzinfo=timezone.utc)

# The n-th commit: which earlier ones are its parents, and when it happened.
HISTORIES = st.lists(st.tuples(st.sets(st.integers(1, 5), max_size=3), st.integers(-5, 5)), min_size=1, max_size=LOOK_AHEAD)


def commit_id(number: int) -> CommitId:
    return CommitId(f"{number:040x}")


def make(numbers: list[tuple[set[int], int]]) -> dict[CommitId, Commit]:
    made = {}
    for number, (back, shift) in enumerate(numbers):
        who = Signature("", "", EPOCH + timedelta(minutes=number + shift))
        parents = tuple(commit_id(number - step) for step in sorted(back) if number - step >= 0)
        made[commit_id(number)] = Commit(commit_id(number), parents, who, who, "")
    return made


def walked(commits: dict[CommitId, Commit], *heads: CommitId) -> list[CommitId]:
    return [commit.id for commit in walk(heads, commits.get, seconds_in(commits))]


def seconds_in(commits: dict[CommitId, Commit]) -> Callable[[CommitId], float | None]:
    return lambda head: commits[head].committer.when.timestamp() if head in commits else None


def ancestors(commits: dict[CommitId, Commit], head: CommitId) -> set[CommitId]:
    found: set[CommitId] = set()
    waiting = [head]
    while waiting:
        if (here := waiting.pop()) not in found:
            found.add(here)
            waiting += commits[here].parents
    return found


@given(HISTORIES)
def test_every_ancestor_comes_once(numbers: list[tuple[set[int], int]]) -> None:
    commits = make(numbers)
    head = commit_id(len(numbers) - 1)

    found = walked(commits, head)

    assert (len(found), set(found)) == (len(set(found)), ancestors(commits, head))


@given(HISTORIES)
def test_children_come_before_parents_although_clocks_are_wrong(numbers: list[tuple[set[int], int]]) -> None:
    commits = make(numbers)

    found = walked(commits, commit_id(len(numbers) - 1), commit_id(0))

    place = {each: number for number, each in enumerate(found)}
    assert all(place[each] < place[parent] for each in found for parent in commits[each].parents)


def test_missing_parents_are_passed_over() -> None:
    commits = make([(set(), 0), ({1}, 0), ({1}, 0)])
    del commits[commit_id(0)]

    assert walked(commits, commit_id(2)) == [commit_id(2), commit_id(1)]


def test_nothing_is_read_far_ahead() -> None:
    commits = make([({1}, 0) for _ in range(1_000)])
    read: list[CommitId] = []

    def reading(wanted: CommitId) -> Commit | None:
        read.append(wanted)
        return commits.get(wanted)

    next(walk([commit_id(999)], reading, seconds_in(commits)))

    assert len(read) <= LOOK_AHEAD + 3
