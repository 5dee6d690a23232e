"""Commits that change nothing, whose texts are in no Unicode, and files that were renamed over each other."""

from __future__ import annotations

import subprocess

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.diffs import Change, Diff
from kallithea.lib.vcs.objects import Commit, CommitId
from kallithea.lib.vcs.walks import EVERYTHING
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HG, HgHistory, hg_environment
from tests.contracts.histories import History
from tests.contracts.kinds import about_git, about_hg
from tests.contracts.wild import listed

ONE, TWO = (b"".join(b"%s %d\n" % (word, number) for number in range(30)) for word in (b"one", b"two"))

# Releases of hg before 1.0 took texts as they came.
AS_TYPED = """\
from mercurial import encoding
encoding.fromlocal = lambda text: text
"""


def commits_of(backend: Backend) -> tuple[Commit, ...]:
    heads = [ref.target for ref in backend.reader.refs().branches]
    return backend.reader.stretch(heads, EVERYTHING, size=100, seconds=60).commits


def renamed(history: History, old: str, new: str) -> set[tuple[str, str]]:
    """Former and new names between two commits, as the program prints them."""
    if isinstance(history, GitHistory):
        lines = history.git("diff", "--name-status", "-M", old, new).splitlines()
        return {(former, name) for status, former, name in (line.split("\t") for line in lines if line.startswith("R"))}
    assert isinstance(history, HgHistory)
    lines = history.hg("diff", "--git", "--rev", old, "--rev", new).splitlines()
    former = [line.removeprefix("rename from ") for line in lines if line.startswith("rename from ")]
    return set(zip(former, (line.removeprefix("rename to ") for line in lines if line.startswith("rename to ")), strict=True))


def test_commits_that_change_nothing_are_in_the_history(backend: Backend, history: History) -> None:
    start = history.commit({"a": b"0"})
    if isinstance(history, GitHistory):
        empty = history.commit(message="Nothing")
    else:
        # What changes nothing can be a commit of hg by beginning a branch.
        empty = history.commit(message="Nothing", branch="side")
    last = history.commit({"a": b"1"})
    history.publish()

    assert [one.id.hex for one in commits_of(backend)] == listed(history, git=["--branches"], hg="all()")
    assert backend.reader.diff(CommitId(start), CommitId(empty)) == Diff(())
    assert [one.id.hex for one in backend.reader.stretch([CommitId(last)], size=9, seconds=60).commits] == [last, empty, start]
    assert b"".join(backend.reader.patch(CommitId(empty))).count(b"diff ") == 0


@about_git
@pytest.mark.parametrize("says_so", [True, False], ids=["said", "not said"])
def test_texts_of_git_in_latin_1_are_read(backend: Backend, history: History, says_so: bool) -> None:
    assert isinstance(history, GitHistory)
    history.commit({"a": b"0"})
    tree = history.git("rev-parse", "HEAD^{tree}")
    person = "Jörg Über <joerg@example.com> 1577869200 +0100"
    head = f"tree {tree}\nauthor {person}\ncommitter {person}\n" + ("encoding ISO-8859-1\n" if says_so else "")
    raw = f"{head}\nGrüße aus Zürich\n".encode("latin-1")
    commit = history.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
    history.git("update-ref", "refs/heads/main", commit)
    history.publish()

    found = backend.reader.commit(CommitId(commit))

    assert (found.author.name, found.message.strip()) == ("Jörg Über", "Grüße aus Zürich")
    if says_so:
        assert (
            history.git("log", "-1", "--encoding=UTF-8", "--format=%an: %s", commit) == f"{found.author.name}: {found.summary}"
        )


@about_hg
def test_texts_of_hg_that_were_stored_as_they_were_typed_are_read(backend: Backend, history: History) -> None:
    assert isinstance(history, HgHistory)
    history.commit({"a": b"0"})
    (history.work / "a").write_bytes(b"1")
    as_typed = history.work.parent / "as_typed.py"
    as_typed.write_text(AS_TYPED)
    words = [HG, "--config", f"extensions.as_typed={as_typed}", "commit"]
    texts = ["-u", "Jörg Über <joerg@example.com>".encode("latin-1"), "-m", "Grüße aus Zürich".encode("latin-1")]
    subprocess.run([*words, *texts], cwd=history.work, env={**hg_environment(), "HGENCODING": "latin-1"}, check=True)
    history.publish()

    found = commits_of(backend)[0]

    assert (found.author.name, found.message) == ("Jörg Über", "Grüße aus Zürich")
    assert history.hg("log", "-r", "tip", "-T", "{person(author)}: {desc}") == f"{found.author.name}: {found.message}"


def test_a_file_that_was_renamed_twice_comes_from_its_first_name(backend: Backend, history: History) -> None:
    start = history.commit({"one.txt": ONE, "two.txt": TWO})
    history.commit(rename=("one.txt", "passing.txt"))
    history.commit({"passing.txt": ONE + b"more\n"})
    end = history.commit(rename=("passing.txt", "last.txt"))
    history.publish()

    diff = backend.reader.diff(CommitId(start), CommitId(end))

    found = {(file.old_path.text, file.new_path.text) for file in diff.files if file.change is Change.RENAMED}
    assert found == renamed(history, start, end) == {("one.txt", "last.txt")}


def test_two_files_that_exchanged_their_names_are_told_as_the_program_tells_them(backend: Backend, history: History) -> None:
    start = history.commit({"one.txt": ONE, "two.txt": TWO})
    history.commit(rename=("one.txt", "passing.txt"))
    history.commit(rename=("two.txt", "one.txt"))
    end = history.commit(rename=("passing.txt", "two.txt"))
    history.publish()

    diff = backend.reader.diff(CommitId(start), CommitId(end))

    assert {file.new_path.text for file in diff.files} == {"one.txt", "two.txt"}
    found = {(file.old_path.text, file.new_path.text) for file in diff.files if file.change is Change.RENAMED}
    assert found == renamed(history, start, end)
