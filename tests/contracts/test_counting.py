"""What statistics read: the same as the real programs list, strictly children before parents."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from kallithea.lib.vcs import CommitId, CountedCommit, MaintenanceFailed, MaintenanceStopped
from kallithea.lib.vcs.backend import Backend
from tests.contracts.histories import History

FIRST = 1_577_869_200


def told(history: History) -> list[str]:
    """A history with a merge; its ids, the oldest first."""
    ids = [history.commit({"a.py": b"1\n"})]
    ids.append(history.commit({"b.txt": b"22\n"}, branch="side", author="Bob Brown <Bob@Example.com>"))
    history.switch("main" if history.kind == "git" else "default")
    ids.append(history.commit({"folder/c.py": b"333\n"}))
    ids.append(history.merge("side"))
    ids.append(history.commit({"a.py": b"1\n1\n"}, symlink=("link.py", "a.py")))
    history.publish()
    return ids


def listed(backend: Backend, heads: list[str], excluding: tuple[str, ...] = ()) -> list[CountedCommit]:
    ids = [CommitId(one) for one in heads]
    return list(backend.counter.commits(ids, excluding=[CommitId(one) for one in excluding]))


def test_every_commit_is_read_once_with_its_author_and_time(backend: Backend, history: History) -> None:
    ids = told(history)

    found = {commit.id: commit for commit in listed(backend, [ids[-1]])}

    assert set(found) == set(ids)
    assert (found[ids[0]].name, found[ids[0]].email, found[ids[0]].parents) == ("Ann Author", "ann@example.com", ())
    assert (found[ids[1]].name, found[ids[1]].email) == ("Bob Brown", "Bob@Example.com")
    assert set(found[ids[3]].parents) == {ids[1], ids[2]}
    assert found[ids[1]].when - found[ids[0]].when == 60
    assert found[ids[0]].when == FIRST + 60


def test_children_come_before_parents(backend: Backend, history: History) -> None:
    ids = told(history)
    seen: set[str] = set()

    for commit in listed(backend, [ids[-1], ids[1]]):
        assert not seen & set(commit.parents)
        seen.add(commit.id)

    assert len(seen) == len(ids)


def test_what_was_counted_is_left_out(backend: Backend, history: History) -> None:
    ids = told(history)

    assert {commit.id for commit in listed(backend, [ids[-1]], (ids[2],))} == {ids[1], ids[3], ids[4]}
    assert listed(backend, [ids[2]], (ids[-1],)) == []
    assert listed(backend, []) == []


def test_sizes_are_those_of_the_files(backend: Backend, history: History) -> None:
    ids = told(history)

    assert dict(backend.counter.sizes(CommitId(ids[-1]))) == {b"a.py": 4, b"b.txt": 3, b"folder/c.py": 4}


def test_a_commit_that_is_gone_is_an_error(backend: Backend, history: History) -> None:
    told(history)

    with pytest.raises(MaintenanceFailed):
        listed(backend, ["f" * 40])


def test_reading_stops_when_it_is_told_to(backend: Backend, history: History) -> None:
    ids = told(history)
    stop = threading.Event()
    stop.set()

    with pytest.raises(MaintenanceStopped):
        list(backend.counter.commits([CommitId(ids[-1])], stop=stop))


def test_leaving_early_ends_the_program(backend: Backend, history: History) -> None:
    ids = told(history)

    with closing(backend.counter.commits([CommitId(ids[-1])])) as commits:  # type: ignore[type-var]
        assert next(commits).id == ids[-1]
