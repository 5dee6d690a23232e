"""Parts of histories: pages that go on where the one before ended, and searches."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.walks import EVERYTHING, CommitFilter
from tests.contracts.git_history import GitHistory
from tests.contracts.histories import History
from tests.contracts.kinds import about_git
from tests.contracts.wild import give_wild_history, listed

PATIENT = 60.0


@pytest.fixture
def wild(history: History, templates: Path) -> History:
    give_wild_history(history, templates)
    return history


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wild")


def heads(backend: Backend) -> list[CommitId]:
    return list(dict.fromkeys(ref.target for ref in backend.reader.refs().branches))


def in_pages(backend: Backend, wanted: CommitFilter, size: int, starts: list[CommitId] | None = None) -> list[str]:
    """All wanted commits, a few at a time."""
    found, at = [], ""
    while True:
        part = backend.reader.stretch(starts or heads(backend), wanted, at=at, size=size, seconds=PATIENT)
        found += [commit.id.hex for commit in part.commits]
        if part.at is None:
            return found
        assert len(part.commits) == size
        assert len(found) == len(set(found)), "pages repeat each other"
        at = part.at


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_pages_together_are_the_whole_history(backend: Backend, wild: History, size: int) -> None:
    expected = listed(wild, git=["--date-order", "--branches"], hg="all()")

    assert in_pages(backend, EVERYTHING, size) == expected


def test_page_can_be_asked_for_by_its_number(backend: Backend, wild: History) -> None:
    expected = listed(wild, git=["--date-order", "--branches"], hg="all()")

    found = backend.reader.stretch(heads(backend), skip=10, size=5, seconds=PATIENT)

    assert [commit.id.hex for commit in found.commits] == expected[10:15]


def test_page_behind_one_that_was_asked_for_by_number_goes_on(backend: Backend, wild: History) -> None:
    expected = listed(wild, git=["--date-order", "--branches"], hg="all()")
    found = backend.reader.stretch(heads(backend), skip=10, size=5, seconds=PATIENT)

    behind = backend.reader.stretch(heads(backend), at=found.at or "", size=5, seconds=PATIENT)

    assert [commit.id.hex for commit in behind.commits] == expected[15:20]


def test_history_of_one_branch_comes_in_pages(backend: Backend, wild: History) -> None:
    name = "left"
    starts = [ref.target for ref in backend.reader.refs().branches if ref.name == name]
    expected = listed(wild, git=["--date-order", name], hg=f"::(branch({name}) and head())")

    assert in_pages(backend, EVERYTHING, 4, starts) == expected


def test_new_commits_do_not_disturb_who_reads_on(backend: Backend, wild: History) -> None:
    expected = listed(wild, git=["--date-order", "--branches"], hg="all()")
    first = backend.reader.stretch(heads(backend), size=5, seconds=PATIENT)
    wild.commit({"new": b"1"}, "Pushed meanwhile", branch="pushed")
    wild.publish()

    second = backend.reader.stretch(heads(backend), at=first.at or "", size=5, seconds=PATIENT)

    assert [commit.id.hex for commit in second.commits] == expected[5:10]


@pytest.mark.parametrize("size", [2, 1000])
def test_author_is_a_part_of_name_or_address(backend: Backend, wild: History, size: int) -> None:
    expected = listed(wild, git=["--branches", "-F", "-i", "--author=bob"], hg="user('bob')")

    assert expected
    assert in_pages(backend, CommitFilter(author="bOB"), size) == expected


@pytest.mark.parametrize("size", [2, 1000])
def test_text_is_a_part_of_the_message(backend: Backend, wild: History, size: int) -> None:
    expected = listed(wild, git=["--branches", "-F", "-i", "--grep=basket"], hg="desc('basket')")

    assert expected
    assert in_pages(backend, CommitFilter(text="BASKET"), size) == expected


def test_letters_of_all_languages_are_found(backend: Backend, wild: History) -> None:
    expected = listed(wild, git=["--branches", "-F", "--grep=Änderung"], hg="desc('Änderung')")

    assert expected
    assert in_pages(backend, CommitFilter(text="änderung"), 50) == expected


def test_days_bound_the_time(backend: Backend, wild: History) -> None:
    since, until = datetime(2020, 1, 1, 9, 10, tzinfo=timezone.utc), datetime(2020, 1, 1, 9, 20, tzinfo=timezone.utc)
    expected = listed(
        wild,
        git=["--branches", "--since=2020-01-01T09:10:00Z", "--until=2020-01-01T09:19:59Z"],
        hg="date('2020-01-01 09:10:00 +0000 to 2020-01-01 09:19:59 +0000')",
    )

    assert expected
    assert in_pages(backend, CommitFilter(since=since, until=until), 3) == expected


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("path", ["a", "b/left1", "nowhere"])
def test_path_is_searched_on_all_branches(backend: Backend, wild: History, path: str, size: int) -> None:
    expected = listed(wild, git=["--branches", "--", path], hg=f"_matchfiles('r:', 'd:relpath', 'p:path:{path}')")

    assert in_pages(backend, CommitFilter(path=FilePath(path.encode())), size) == expected


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("path", ["a", "b", "b/left1"])
def test_path_is_searched_from_one_head(backend: Backend, wild: History, path: str, size: int) -> None:
    name = "right"
    starts = [ref.target for ref in backend.reader.refs().branches if ref.name == name]
    query = f"::(branch({name}) and head()) and _matchfiles('r:', 'd:relpath', 'p:path:{path}')"
    expected = listed(wild, git=[name, "--", path], hg=query)

    assert in_pages(backend, CommitFilter(path=FilePath(path.encode())), size, starts) == expected


def test_all_that_is_wanted_must_hold(backend: Backend, wild: History) -> None:
    expected = listed(
        wild,
        git=["--branches", "-F", "-i", "--all-match", "--author=ann", "--grep=till", "--", "a"],
        hg="user('ann') and desc('till') and file('path:a')",
    )

    assert in_pages(backend, CommitFilter(author="ann", text="till", path=FilePath(b"a")), 2) == expected


def test_search_without_time_says_where_it_stopped(backend: Backend, wild: History) -> None:
    wanted = CommitFilter(text="no message has this")

    found = backend.reader.stretch(heads(backend), wanted, size=5, seconds=0)

    assert (found.commits, found.is_complete, found.at is None) == ((), False, False)


def test_search_goes_on_where_it_stopped(backend: Backend, wild: History) -> None:
    wanted = CommitFilter(text="basket")
    stopped = backend.reader.stretch(heads(backend), wanted, size=1, seconds=0)

    found = backend.reader.stretch(heads(backend), wanted, at=stopped.at or "", size=1000, seconds=PATIENT)

    assert [commit.id.hex for commit in found.commits] == in_pages(backend, wanted, 1000)


@pytest.mark.parametrize(
    "at",
    ["x", "-1", "1.", "1!", "1.x", "1." + "A" * 27, "1.." + "A" * 27, "9" * 30, "1." + "A" * 5000, "1.äöü", "1\0", "1 ", "٣"],
)
def test_position_that_cannot_be_is_refused(backend: Backend, wild: History, at: str) -> None:
    with pytest.raises(Invalid):
        backend.reader.stretch(heads(backend), at=at, size=5, seconds=PATIENT)


def test_position_behind_the_end_has_nothing(backend: Backend, wild: History) -> None:
    found = backend.reader.stretch(heads(backend), skip=100_000, size=5, seconds=PATIENT)

    assert (found.commits, found.at) == ((), None)


def test_no_heads_have_nothing(backend: Backend, wild: History) -> None:
    found = backend.reader.stretch([], CommitFilter(text="basket"), size=5, seconds=PATIENT)

    assert (found.commits, found.at) == ((), None)


@about_git
def test_commits_of_one_second_come_once_each(backend: Backend, history: History) -> None:
    assert isinstance(history, GitHistory)  # hg goes by numbers
    history.commit({"a": b"0"})
    history._commits = 5
    for branch in "xyz":
        history.switch("main")
        for number in range(4):
            history.commit({branch: b"%d" % number}, branch=branch)
            history._commits = 5
    history.publish()

    found = in_pages(backend, EVERYTHING, 3)

    assert (len(found), len(set(found))) == (13, 13)


@about_git
def test_head_from_the_future_comes_once(backend: Backend, history: History) -> None:
    """A clock that went wrong puts parents before children; pages must neither repeat nor lose any."""
    assert isinstance(history, GitHistory)  # hg goes by numbers
    for branch, time in (("old", 1), ("new", 900), ("odd", 30), ("odd2", 5)):
        history._commits = time
        history.commit({branch: b"1"}, branch=branch)
        history.commit({branch: b"2"})
    history.publish()
    expected = set(listed(history, git=["--branches"], hg=""))

    found = in_pages(backend, EVERYTHING, 1)

    assert (len(found), set(found)) == (len(expected), expected)
