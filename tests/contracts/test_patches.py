"""The real git and hg take our patches, and make of them what the commit made."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from kallithea.lib.diff.mail import mail
from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId, Kind
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HG, HgHistory, hg_environment
from tests.contracts.histories import History

TEN = b"".join(b"line %d\n" % number for number in range(10))
BEFORE: dict[str, bytes | None] = {
    "a b.txt": TEN,
    "moved.txt": TEN + b"moved\n",
    "grün/ü.txt": TEN,
    "tool": b"#!/bin/sh\n",
    "data.bin": bytes(range(256)) * 4,
    "gone.txt": b"gone\n",
    "end.txt": b"one\ntwo",
    "empty-before.txt": b"",
}
AFTER: dict[str, bytes | None] = {
    "a b.txt": TEN.replace(b"line 5\n", b"LINE FIVE\n"),
    "grün/ü.txt": TEN + "mehr ü\n".encode(),
    "data.bin": bytes(range(255, -1, -1)) * 4 + b"more",
    "gone.txt": None,
    "end.txt": b"one\ntwo\n",
    "empty-before.txt": b"filled\n",
    "empty-now.txt": b"",
    "new file.txt": b"-- \n--- x\n+++ y\ndiff --git a/x b/x\n",
    "latin-\udce9.txt": b"caf\xe9\n",
    "-dash": b"1\n",
    "per%cent$(x)": b"1\n",
    "it's": b"1\n",
}


def rich(history: History) -> str:
    """A commit with every kind of change that both kinds know; its id."""
    history.commit(BEFORE)
    commit = history.commit(AFTER, rename=("moved.txt", "folder/to here.txt"), executable="tool", symlink=("link", "tool"))
    history.publish()
    return commit


def files(folder: Path) -> dict[str, tuple[bool, bytes]]:
    """What is in a working copy: whether it is executable, and the content; a link's target."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith((".git/", ".hg/")) or (path.is_dir() and not path.is_symlink()):
            continue
        is_executable = not path.is_symlink() and bool(path.stat().st_mode & stat.S_IXUSR)
        found[name] = (is_executable, os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes())
    return found


def git_copy(folder: Path, content: dict[str, bytes | None]) -> GitHistory:
    folder.mkdir()
    history = GitHistory(folder)
    history.commit(content)
    return history


def hg_copy(folder: Path, content: dict[str, bytes | None]) -> HgHistory:
    folder.mkdir()
    history = HgHistory(folder)
    history.commit(content)
    return history


def hg_import(history: HgHistory, patch: bytes) -> None:
    done = subprocess.run(
        [HG, "import", "--config", "diff.git=1", "-"], cwd=history.work, env=hg_environment(), input=patch, capture_output=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")


def mailed(backend: Backend, commit: str) -> bytes:
    return b"".join(mail(backend.reader.commit(CommitId(commit)), backend.reader.patch(CommitId(commit))))


def raw(backend: Backend, commit: str) -> bytes:
    return b"".join(backend.reader.patch(CommitId(commit)))


def test_git_am_makes_the_same_files(backend: Backend, history: History, tmp_path: Path) -> None:
    patch = mailed(backend, rich(history))
    target = git_copy(tmp_path / "target", BEFORE)

    target.git("am", "-q", stdin=patch)

    assert files(target.work) == files(history.work)
    assert target.git("status", "--porcelain") == ""


def test_git_apply_makes_the_same_files(backend: Backend, history: History, tmp_path: Path) -> None:
    patch = raw(backend, rich(history))
    target = git_copy(tmp_path / "target", BEFORE)

    target.git("apply", "--index", stdin=patch)

    assert files(target.work) == files(history.work)


@pytest.mark.parametrize("form", [mailed, raw], ids=["patch", "raw diff"])
def test_hg_import_makes_the_same_files(backend: Backend, history: History, tmp_path: Path, form) -> None:  # type: ignore[no-untyped-def]
    patch = form(backend, rich(history))
    target = hg_copy(tmp_path / "target", BEFORE)

    hg_import(target, patch if form is mailed else b"# HG changeset patch\n# User x\nSubject\n\n" + patch)

    assert files(target.work) == files(history.work)
    assert "moved.txt" in target.hg("log", "--rev", ".", "--template", "{file_copies}")


@pytest.mark.parametrize("name", ['quo"te', "tab\tbed", "back\\slash", '"a"'])
def test_git_takes_names_that_it_quotes(tmp_path: Path, name: str) -> None:
    from kallithea.lib.vcs.git.store import GitStore

    folder = tmp_path / "history"
    folder.mkdir()
    history = GitHistory(folder)
    history.commit({name: b"1\n"})
    commit = history.commit({name: b"2\n3\n"})
    history.publish()
    target = git_copy(tmp_path / "target", {name: b"1\n"})

    target.git("am", "-q", stdin=mailed(GitStore(cache=tmp_path / "cache").open(history.store), commit))

    assert files(target.work) == files(history.work)


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", '"a"'])
def test_hg_takes_names_as_they_are(tmp_path: Path, name: str) -> None:
    from kallithea.lib.vcs.hg.store import HgStore

    folder = tmp_path / "history"
    folder.mkdir()
    history = HgHistory(folder)
    history.commit({name: b"1\n"})
    commit = history.commit({name: b"2\n3\n"})
    history.publish()
    target = hg_copy(tmp_path / "target", {name: b"1\n"})
    store = HgStore(cache=tmp_path / "cache", helpers=1)

    hg_import(target, mailed(store.open(history.store), commit))
    store.close()

    assert files(target.work) == files(history.work)


def test_line_ends_of_dos_stay(backend: Backend, history: History, tmp_path: Path) -> None:
    history.commit({"dos.txt": b"one\r\ntwo\r\n"})
    commit = history.commit({"dos.txt": b"one\r\nthree\r\n"})
    history.publish()
    git = git_copy(tmp_path / "git", {"dos.txt": b"one\r\ntwo\r\n"})
    hg = hg_copy(tmp_path / "hg", {"dos.txt": b"one\r\ntwo\r\n"})

    git.git("am", "-q", "--keep-cr", stdin=mailed(backend, commit))
    hg_import(hg, b"# HG changeset patch\n# User x\nSubject\n\n" + raw(backend, commit))

    assert files(git.work) == files(hg.work) == files(history.work)


def test_merge_is_what_it_changed_against_its_first_parent(backend: Backend, history: History, tmp_path: Path) -> None:
    history.commit({"a": b"1\n"})
    history.commit({"b": b"1\n"}, branch="topic")
    history.switch("default" if backend.kind is Kind.HG else "main")
    history.commit({"c": b"1\n"})
    commit = history.merge("topic")
    history.publish()
    target = git_copy(tmp_path / "target", {"a": b"1\n", "c": b"1\n"})

    target.git("am", "-q", stdin=mailed(backend, commit))

    assert files(target.work) == files(history.work)


HARMFUL = "\n".join(
    [
        "Über the subject",
        "",
        "From: Eve <eve@example.com>",
        "diff --git a/x b/x",
        "---",
        "--- a/x",
        "From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001",
        "Index: x",
        "# HG changeset patch",
        "",
        "the end",
    ]
)
AUTHOR = "Zoë O'Neil, Jr <zoe@example.com>"


@pytest.mark.parametrize("program", ["git", "hg"])
def test_message_cannot_pass_for_a_patch_or_a_mail(backend: Backend, history: History, tmp_path: Path, program: str) -> None:
    history.commit({"a": b"1\n"})
    commit = history.commit({"a": b"2\n3\n"}, HARMFUL, author=AUTHOR)
    history.publish()

    if program == "git":
        git = git_copy(tmp_path / "target", {"a": b"1\n"})
        git.git("am", "-q", stdin=mailed(backend, commit))
        said = git.git("log", "-1", "--format=%an <%ae>%n%B")
        count = git.git("rev-list", "--count", "HEAD")
    else:
        hg = hg_copy(tmp_path / "target", {"a": b"1\n"})
        hg_import(hg, mailed(backend, commit))
        said = hg.hg("log", "--rev", ".", "--template", "{author}\n{desc}")
        count = hg.hg("log", "--template", "x")
    author, *message = said.split("\n")

    assert (author, len(count.replace("2", "xx"))) == (AUTHOR, 2)
    # hg puts the subject of a mail directly above the rest.
    assert [line.strip() for line in message if line] == [line for line in HARMFUL.split("\n") if line]


@pytest.mark.parametrize("message", ["[fix] a thing", "x" * 400, "ü" * 200], ids=["brackets", "long", "long and not ASCII"])
def test_subject_arrives(backend: Backend, history: History, tmp_path: Path, message: str) -> None:
    history.commit({"a": b"1\n"})
    commit = history.commit({"a": b"2\n3\n"}, message)
    history.publish()
    target = git_copy(tmp_path / "target", {"a": b"1\n"})

    # As with every mail with a patch, brackets in front are taken for those of mailing lists otherwise.
    target.git("am", "-q", "--keep-non-patch", stdin=mailed(backend, commit))

    assert target.git("log", "-1", "--format=%s") == message
