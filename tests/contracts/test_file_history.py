"""The history of one file or folder, also under its former names."""

from __future__ import annotations

from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.walks import CommitFilter
from kallithea.services.histories import CommitList, of_path
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History

LINES = b"".join(b"line %d\n" % number for number in range(30))


def file_history(backend: Backend, commit: str, path: str, *, size: int = 50, after: str = "") -> CommitList:
    start = backend.reader.commit(CommitId(commit))
    return of_path(backend.reader, start, FilePath(path.encode()), page=1, size=size, after=after)


def in_pages(backend: Backend, commit: str, path: str, size: int) -> list[str]:
    found, after = [], ""
    while True:
        part = file_history(backend, commit, path, size=size, after=after)
        found += [one.id.hex for one in part.commits]
        if not part.has_more:
            return found
        assert part.start is not None
        assert part.path is not None
        after, commit, path = part.after, part.start.hex, part.path.text


def followed(history: History, commit: str, path: str) -> list[str]:
    """What the real programs print."""
    if isinstance(history, GitHistory):
        return history.git("log", "--follow", "--format=%H", commit, "--", path).split()
    assert isinstance(history, HgHistory)
    return history.hg("log", "--follow", "-r", commit, "-T", "{node}\\n", path).split()


@pytest.fixture
def renamed(history: History) -> str:
    """A file renamed twice, changed in between and beside others; its last name is `c/three.txt`."""
    history.commit({"one.txt": LINES, "beside": b"0"})
    history.commit({"one.txt": LINES + b"more\n"})
    history.commit({"beside": b"1"})
    history.commit(rename=("one.txt", "two.txt"))
    history.commit({"two.txt": LINES + b"and more\n"})
    history.commit(rename=("two.txt", "c/three.txt"))
    last = history.commit({"c/three.txt": LINES + b"the end\n"})
    history.publish()
    return last


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_renamed_file_is_followed_as_the_programs_do(backend: Backend, history: History, renamed: str, size: int) -> None:
    assert in_pages(backend, renamed, "c/three.txt", size) == followed(history, renamed, "c/three.txt")


def test_commit_that_renamed_says_from_what(backend: Backend, renamed: str) -> None:
    found = file_history(backend, renamed, "c/three.txt")

    assert [origin.path.text for origin in found.renames.values()] == ["two.txt", "one.txt"]


def test_former_name_has_its_own_history(backend: Backend, history: History, renamed: str) -> None:
    origin = next(iter(file_history(backend, renamed, "c/three.txt").renames.values()))

    found = file_history(backend, origin.commit.hex, origin.path.text)

    assert [commit.id.hex for commit in found.commits] == followed(history, origin.commit.hex, "two.txt")


def test_renamed_folder_is_followed(backend: Backend, history: History) -> None:
    first = history.commit({"old/x/one": LINES, "old/two": LINES + b"2\n", "other": b"1"})
    history.commit({"other": b"2"})
    moved = history.commit(rename=("old", "new"))
    last = history.commit({"new/two": LINES + b"3\n"})
    history.publish()

    found = file_history(backend, last, "new")

    assert [commit.id.hex for commit in found.commits] == [last, moved, first]
    assert [origin.path.text for origin in found.renames.values()] == ["old"]


def test_new_file_has_no_former_name(backend: Backend, history: History) -> None:
    history.commit({"a": LINES})
    last = history.commit({"b": LINES * 3})
    history.publish()

    found = file_history(backend, last, "b")

    assert (len(found.commits), found.renames) == (1, {})


def test_removal_is_part_of_the_history(backend: Backend, history: History) -> None:
    made = history.commit({"a": LINES, "b": b"1"})
    removed = history.commit({"a": None})
    last = history.commit({"b": b"2"})
    history.publish()

    found = file_history(backend, last, "a")

    assert [commit.id.hex for commit in found.commits] == [removed, made]


def test_file_that_came_again_has_both_lives(backend: Backend, history: History) -> None:
    commits = [history.commit({"a": b"1\n", "b": b"1"})]
    commits.append(history.commit({"a": None}))
    history.commit({"b": b"2"})
    commits.append(history.commit({"a": b"something else\n"}))
    commits.append(history.commit({"a": b"something more\n"}))
    history.publish()

    found = file_history(backend, commits[-1], "a")

    assert [commit.id.hex for commit in found.commits] == commits[::-1]


def test_branches_that_changed_a_file_both_count(backend: Backend, history: History) -> None:
    history.commit({"a": LINES, "b": b"1"})
    history.commit({"a": LINES + b"left\n"}, branch="left")
    history.switch({"hg": "default", "git": "main"}[history.kind])
    history.commit({"a": b"right\n" + LINES})
    history.merge("left")
    last = history.commit({"b": b"2"})
    history.publish()
    if isinstance(history, GitHistory):
        expected = history.git("log", "--format=%H", last, "--", "a").split()
    else:
        assert isinstance(history, HgHistory)
        expected = history.hg("log", "-r", f"sort(::{last} and file('path:a'), -rev)", "-T", "{node}\\n").split()

    assert in_pages(backend, last, "a", 1) == expected


def test_other_branches_do_not_count(backend: Backend, history: History) -> None:
    first = history.commit({"a": LINES})
    history.commit({"a": LINES + b"left\n"}, branch="left")
    history.switch({"hg": "default", "git": "main"}[history.kind])
    last = history.commit({"b": b"2"})
    history.publish()

    assert in_pages(backend, last, "a", 50) == [first]


def test_same_change_on_two_branches_is_found_on_both(backend: Backend, history: History) -> None:
    """hg keeps one text for both, and names the first commit only."""
    first = history.commit({"a": LINES, "b": b"0"})
    history.commit({"a": LINES + b"same\n"}, branch="left")
    history.switch({"hg": "default", "git": "main"}[history.kind])
    history.commit({"b": b"1"})
    again = history.commit({"a": LINES + b"same\n"})
    last = history.commit({"b": b"2"})
    history.publish()

    assert in_pages(backend, last, "a", 50) == [again, first]


@pytest.mark.parametrize("name", [b"caf\xe9", "ünï".encode(), b"with\nnewline", b"-x", b":(top)a", b"a*"])
def test_odd_names_have_a_history(backend: Backend, history: History, name: bytes) -> None:
    if history.kind == "hg":
        name = name.replace(b"\n", b"\t")  # hg refuses names with a line feed
    path = Path(history.work.as_posix().encode().decode()) / name.decode("utf-8", "surrogateescape")
    path.write_bytes(b"1")
    commit = history.commit({"other": b"1"})
    history.publish()

    found = backend.reader.stretch([CommitId(commit)], CommitFilter(path=FilePath(name)), size=5, seconds=60)

    assert [one.id.hex for one in found.commits] == [commit]
