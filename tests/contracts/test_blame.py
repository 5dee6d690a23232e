"""Who wrote which line, against what `git blame` and `hg annotate` print."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.blame import IGNORED_COMMITS, ignored_commits
from kallithea.lib.vcs.errors import PathNotFound
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.paths import FilePath
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History

AT_LEISURE = 60.0


def told(backend: Backend, commit: str, path: str) -> list[tuple[str, str, int]]:
    """Commit, name of the file there and line there, for each line."""
    blame = backend.reader.blame(CommitId(commit), FilePath.from_text(path), seconds=AT_LEISURE)
    assert blame.is_complete
    lines: list[tuple[str, str, int]] = []
    for found in blame.ranges:
        assert found.start == len(lines) + 1
        lines += [(found.origin.commit.hex, found.origin.path.text, found.origin.line + at) for at in range(found.length)]
    return lines


def printed(history: History, commit: str, path: str) -> list[tuple[str, str, int]]:
    """The same as the real program prints it."""
    if isinstance(history, GitHistory):
        lines = history.git("blame", "--root", "-s", "-n", "-f", "-l", commit, "--", path).splitlines()
        return [(parts[0], parts[1], int(parts[2])) for parts in (line.split(")")[0].split() for line in lines)]
    template = "{lines % '{node}\t{path}\t{lineno}\n'}"
    assert isinstance(history, HgHistory)
    text = history.hg("annotate", "--rev", commit, "--template", template, "--changeset", "--file", "--line-number", path)
    return [(node, name, int(line)) for node, name, line in (row.split("\t") for row in text.splitlines())]


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def test_lines_are_told_as_the_program_tells_them_across_renames(backend: Backend, history: History) -> None:
    history.commit({"old-name": lines("one", "two", "three", "four")})
    history.commit({"old-name": lines("one", "2", "three", "four", "five")})
    history.commit(rename=("old-name", "über"))
    last = history.commit({"über": lines("zero", "one", "2", "three", "IV", "five")})
    history.publish()

    assert told(backend, last, "über") == printed(history, last, "über")


def test_line_leads_to_the_file_before_its_commit(backend: Backend, history: History) -> None:
    first = history.commit({"a": lines("one", "two")})
    second = history.commit({"a": lines("one", "2")})
    history.publish()

    ranges = backend.reader.blame(CommitId(second), FilePath(b"a"), seconds=AT_LEISURE).ranges

    assert [(found.before.commit.hex, found.before.path.raw) if found.before else None for found in ranges] == [
        None,
        (first, b"a"),
    ]


def test_listed_commits_are_seen_through(backend: Backend, history: History) -> None:
    first = history.commit({"a": lines("if x:", "  y")})
    looks = history.commit({"a": lines("if  x:", "    y")})
    listed = f"# only the looks\n{looks}\n{'12' * 20}\nnonsense\n".encode()
    last = history.commit({IGNORED_COMMITS.text: listed})
    history.publish()

    assert {commit for commit, _, _ in told(backend, last, "a")} == {first}


def test_list_counts_as_it_is_at_the_commit_shown(backend: Backend, history: History) -> None:
    history.commit({"a": lines("x")})
    looks = history.commit({"a": lines(" x")})
    history.commit({IGNORED_COMMITS.text: f"{looks}\n".encode()})
    history.publish()

    assert {commit for commit, _, _ in told(backend, looks, "a")} == {looks}


def test_without_time_it_says_so(backend: Backend, history: History) -> None:
    commit = history.commit({"a": lines("x")})
    history.publish()

    assert not backend.reader.blame(CommitId(commit), FilePath(b"a"), seconds=0.0).is_complete


@pytest.mark.parametrize("path", ["missing", "folder"])
def test_what_is_no_file_is_not_found(backend: Backend, history: History, path: str) -> None:
    commit = history.commit({"folder/a": lines("x")})
    history.publish()

    with pytest.raises(PathNotFound):
        backend.reader.blame(CommitId(commit), FilePath.from_text(path), seconds=AT_LEISURE)


def test_list_of_ignored_commits_takes_full_ids_only() -> None:
    text = b"# a comment\n" + b"AB" * 20 + b" # why\nabcdef\n--upload-pack=x\n\n"

    assert ignored_commits(text) == {CommitId("ab" * 20)}
