"""Walking from commits to their ancestors."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import CommitNotFound
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.walks import MOST_CHILDREN, Children
from tests.contracts.histories import History

DEFAULT = {"hg": "default", "git": "main"}


def ids(*commits: str) -> list[CommitId]:
    return [CommitId(commit) for commit in commits]


@pytest.fixture
def diamond(history: History) -> list[str]:
    """One commit, two branches, a merge, and one more."""
    start = history.commit({"a": b"1"}, "Start")
    left = history.commit({"left": b"1"}, "Left", branch="left")
    history.switch(DEFAULT[history.kind])
    right = history.commit({"right": b"1"}, "Right")
    merge = history.merge("left")
    end = history.commit({"a": b"2"}, "End")
    history.publish()
    return [start, left, right, merge, end]


def test_ancestors_come_newest_first(backend: Backend, diamond: list[str]) -> None:
    found = [commit.id.hex for commit in backend.reader.history(ids(diamond[-1]))]

    assert found == diamond[::-1]


def test_walk_can_start_at_an_old_commit(backend: Backend, diamond: list[str]) -> None:
    found = [commit.id.hex for commit in backend.reader.history(ids(diamond[1]))]

    assert found == [diamond[1], diamond[0]]


def test_several_heads_share_their_ancestors(backend: Backend, diamond: list[str]) -> None:
    found = [commit.id.hex for commit in backend.reader.history(ids(diamond[1], diamond[2]))]

    assert found == [diamond[2], diamond[1], diamond[0]]


def test_excluded_ancestors_are_left_out(backend: Backend, diamond: list[str]) -> None:
    found = [commit.id.hex for commit in backend.reader.history(ids(diamond[-1]), excluding=ids(diamond[1]))]

    assert found == [diamond[4], diamond[3], diamond[2]]


def test_skipped_commits_are_left_out(backend: Backend, diamond: list[str]) -> None:
    found = [commit.id.hex for commit in backend.reader.history(ids(diamond[-1]), skip=3)]

    assert found == [diamond[1], diamond[0]]


def test_skipping_everything_leaves_nothing(backend: Backend, diamond: list[str]) -> None:
    assert list(backend.reader.history(ids(diamond[-1]), skip=1_000)) == []


def test_no_heads_have_no_history(backend: Backend, diamond: list[str]) -> None:
    assert list(backend.reader.history([])) == []


def test_path_finds_the_commits_that_changed_it(backend: Backend, diamond: list[str]) -> None:
    found = [commit.id.hex for commit in backend.reader.history(ids(diamond[-1]), path=FilePath(b"a"))]

    assert found == [diamond[4], diamond[0]]


def test_folder_finds_the_commits_that_changed_something_below(backend: Backend, history: History) -> None:
    first = history.commit({"folder/x": b"1", "other": b"1"})
    history.commit({"other": b"2"})
    third = history.commit({"folder/y": b"1"})
    history.publish()

    found = [commit.id.hex for commit in backend.reader.history(ids(third), path=FilePath(b"folder"))]

    assert found == [third, first]


def test_path_is_taken_literally(backend: Backend, history: History) -> None:
    first = history.commit({"[ab]*": b"1"})
    second = history.commit({"a": b"1"})
    history.publish()

    found = [commit.id.hex for commit in backend.reader.history(ids(second), path=FilePath(b"[ab]*"))]

    assert found == [first]


@pytest.mark.parametrize("name", ["-h", "--all", ":(exclude)x", "set:x", "re:a"])
def test_path_that_looks_like_an_option_is_a_path(backend: Backend, history: History, name: str) -> None:
    first = history.commit({name: b"1"})
    second = history.commit({"other": b"1"})
    history.publish()

    found = [commit.id.hex for commit in backend.reader.history(ids(second), path=FilePath(name.encode()))]

    assert found == [first]


def test_missing_path_has_no_history(backend: Backend, diamond: list[str]) -> None:
    assert list(backend.reader.history(ids(diamond[-1]), path=FilePath(b"nowhere"))) == []


def test_unknown_head_is_refused_at_once(backend: Backend, diamond: list[str]) -> None:
    with pytest.raises(CommitNotFound):
        backend.reader.history(ids("1" * 40))


def test_walk_can_be_left_early(backend: Backend, diamond: list[str]) -> None:
    walk = backend.reader.history(ids(diamond[-1]))

    assert next(walk).id.hex == diamond[-1]


@pytest.mark.parametrize(("limit", "expected"), [(1_000, 5), (5, 5), (3, 3)])
def test_counting_stops_at_the_limit(backend: Backend, diamond: list[str], limit: int, expected: int) -> None:
    assert backend.reader.count(ids(diamond[-1]), limit=limit) == expected


def test_children_are_those_that_name_it_as_a_parent(backend: Backend, diamond: list[str]) -> None:
    assert set(backend.reader.children(CommitId(diamond[0]), seconds=60).ids) == set(ids(diamond[1], diamond[2]))


def test_head_has_no_children(backend: Backend, diamond: list[str]) -> None:
    assert backend.reader.children(CommitId(diamond[-1]), seconds=60) == Children(())


def test_looking_for_children_stops_early_and_says_so(history: History, backend: Backend) -> None:
    first = history.commit({"a": b"0\n"})
    history.commit({"a": b"1\n"})
    history.publish()

    found = backend.reader.children(CommitId(first), seconds=0)

    assert not found.is_complete


def test_of_very_many_children_some_are_found(history: History, backend: Backend) -> None:
    first = history.commit({"a": b"0\n"})
    made = set()
    for number in range(MOST_CHILDREN + 1):
        history.switch(DEFAULT[history.kind])
        made.add(CommitId(history.commit({"a": b"1\n"}, branch=f"topic{number}")))
    history.publish()

    found = backend.reader.children(CommitId(first), seconds=60)

    assert (len(set(found.ids)), found.is_complete) == (MOST_CHILDREN, False)
    assert made.issuperset(found.ids)


def test_parents_of_a_merge_come_in_order(backend: Backend, diamond: list[str]) -> None:
    assert backend.reader.commit(CommitId(diamond[3])).parents == tuple(ids(diamond[2], diamond[1]))


def test_commit_has_its_author_time_and_message(backend: Backend, history: History) -> None:
    history.commit({"a": b"0"})
    found = history.commit({"a": b"1"}, "Über uns\n\nMehr dazu.", author="Zoë Ünal <zoe@example.com>")
    history.publish()

    commit = backend.reader.commit(CommitId(found))

    assert (commit.author.name, commit.author.email, commit.message.strip(), commit.summary) == (
        "Zoë Ünal",
        "zoe@example.com",
        "Über uns\n\nMehr dazu.",
        "Über uns",
    )


def test_time_keeps_the_zone_of_the_author(backend: Backend, history: History) -> None:
    found = history.commit({"a": b"0"})
    history.publish()

    when = backend.reader.commit(CommitId(found)).author.when

    assert (when.utcoffset(), when.strftime("%Y-%m-%d %H:%M")) == (timedelta(hours=1), "2020-01-01 10:01")
