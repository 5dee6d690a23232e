"""Names that people type become commits."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import CommitNotFound
from kallithea.lib.vcs.objects import CommitId
from tests.contracts.hg_history import HgHistory, run_hg
from tests.contracts.histories import History
from tests.contracts.kinds import about_hg


@pytest.fixture
def two(history: History) -> tuple[str, str]:
    """A commit with a tag, and a later one on another branch."""
    first = history.commit({"a": b"1"}, "First")
    history.tag("v1")
    second = history.commit({"a": b"2"}, "Second", branch="side/way")
    history.publish()
    return first, second


def test_full_id_is_found(backend: Backend, two: tuple[str, str]) -> None:
    assert backend.reader.resolve(two[0]).id.hex == two[0]


@pytest.mark.parametrize("digits", [8, 12, 39])
def test_unique_beginning_of_an_id_is_found(backend: Backend, two: tuple[str, str], digits: int) -> None:
    assert backend.reader.resolve(two[1][:digits]).id.hex == two[1]


def test_branch_with_a_slash_is_found(backend: Backend, two: tuple[str, str]) -> None:
    assert backend.reader.resolve("side/way").id.hex == two[1]


def test_tag_is_found(backend: Backend, two: tuple[str, str]) -> None:
    assert backend.reader.resolve("v1").id.hex == two[0]


@pytest.mark.parametrize("name", ["", "tip"])
def test_empty_name_and_tip_are_the_default_ref(backend: Backend, history: History, name: str) -> None:
    commit = history.commit({"a": b"1"})
    history.publish()

    assert backend.reader.resolve(name).id.hex == commit


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "0" * 40,
        "f" * 64,
        "abc",
        "-h",
        "--all",
        "a..b",
        "a b",
        "x\0y",
        "../HEAD",
        "HEAD^",
        "v1~1",
        ":/First",
        "\udcff",
    ],
)
def test_unknown_name_is_refused_and_named(backend: Backend, two: tuple[str, str], name: str) -> None:
    with pytest.raises(CommitNotFound):
        backend.reader.resolve(name)


def test_refusal_says_what_was_asked(backend: Backend, two: tuple[str, str]) -> None:
    with pytest.raises(CommitNotFound, match="no-such-branch"):
        backend.reader.resolve("no-such-branch")


def test_nothing_is_found_in_an_empty_repository(backend: Backend) -> None:
    with pytest.raises(CommitNotFound):
        backend.reader.resolve("")


def test_commit_is_read_by_its_full_id_only(backend: Backend, two: tuple[str, str]) -> None:
    with pytest.raises(CommitNotFound):
        backend.reader.commit(CommitId(two[0][:12]))


def test_branch_wins_over_the_beginning_of_an_id(backend: Backend, history: History) -> None:
    first = history.commit({"a": b"1"})
    second = history.commit({"a": b"2"}, branch=f"b{first[:6]}")
    history.publish()

    assert backend.reader.resolve(f"b{first[:6]}").id.hex == second


@pytest.mark.parametrize("digits", [7, 12, 40])
def test_beginning_of_an_id_is_found_and_nothing_else_that_a_name_could_mean(
    backend: Backend, two: tuple[str, str], history: History, digits: int
) -> None:
    assert backend.reader.beginning_with(two[0][:digits]) == CommitId(two[0])
    for name in ("0123456789", "0" * 40, "f" * 40, "0", "1", "v1", "side/way", "tip", "", "-h", "zz", two[0] + "0"):
        assert backend.reader.beginning_with(name) is None


def test_branch_that_is_called_as_an_id_begins_is_not_taken_for_one(backend: Backend, history: History) -> None:
    history.commit({"a": b"1"}, branch="deadbeef12")
    history.publish()

    assert backend.reader.beginning_with("deadbeef12") is None


@about_hg
def test_secret_commit_is_not_found_by_its_digits(backend: Backend, two: tuple[str, str], history: History) -> None:
    assert isinstance(history, HgHistory)
    run_hg("phase", "--force", "--secret", "--rev", two[1], cwd=history.store)

    assert backend.reader.beginning_with(two[1][:12]) is None
    assert backend.reader.beginning_with(two[0][:12]) == CommitId(two[0])
