"""The contents of files."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import CommitNotFound, PathNotFound
from kallithea.lib.vcs.objects import CommitId, EntryKind
from kallithea.lib.vcs.paths import ROOT, FilePath
from tests.contracts.histories import History

ENOUGH = 1 << 24


@pytest.mark.parametrize("content", [b"", b"text\n", b"no end of line", b"\0\1\xff" * 9, b"\1\ncopy: x\n\1\n", b"a\r\nb\r"])
def test_content_is_what_was_committed(backend: Backend, history: History, content: bytes) -> None:
    commit = history.commit({"file": content, "other": b"x"})
    history.publish()

    blob = backend.reader.blob(CommitId(commit), FilePath(b"file"))

    assert (blob.size, blob.read(ENOUGH)) == (len(content), content)


def test_large_file_comes_whole(backend: Backend, history: History) -> None:
    content = bytes(range(256)) * 4096
    commit = history.commit({"file": content})
    history.publish()

    assert b"".join(backend.reader.blob(CommitId(commit), FilePath(b"file")).chunks()) == content


def test_content_can_be_read_again(backend: Backend, history: History) -> None:
    commit = history.commit({"file": b"text"})
    history.publish()
    blob = backend.reader.blob(CommitId(commit), FilePath(b"file"))
    blob.read(2)

    assert blob.read(ENOUGH) == b"text"


def test_reading_stops_at_the_limit(backend: Backend, history: History) -> None:
    commit = history.commit({"file": b"text"})
    history.publish()

    assert backend.reader.blob(CommitId(commit), FilePath(b"file")).read(2) == b"te"


def test_content_of_a_symlink_is_its_target(backend: Backend, history: History) -> None:
    commit = history.commit({"file": b"text"}, symlink=("link", "some/where"))
    history.publish()

    blob = backend.reader.blob(CommitId(commit), FilePath(b"link"))

    assert (blob.kind, blob.read(ENOUGH)) == (EntryKind.SYMLINK, b"some/where")


def test_renamed_file_has_the_same_content(backend: Backend, history: History) -> None:
    history.commit({"a": b"text"})
    commit = history.commit(rename=("a", "b"))
    history.publish()

    assert backend.reader.blob(CommitId(commit), FilePath(b"b")).read(ENOUGH) == b"text"


def test_same_path_has_its_content_at_each_commit(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"old"})
    new = history.commit({"a": b"new!"})
    history.publish()

    contents = [backend.reader.blob(CommitId(commit), FilePath(b"a")).read(ENOUGH) for commit in (old, new)]

    assert contents == [b"old", b"new!"]


@pytest.mark.parametrize("path", [ROOT, FilePath(b"folder"), FilePath(b"missing"), FilePath(b"folder/missing")])
def test_what_is_no_file_is_not_found(backend: Backend, history: History, path: FilePath) -> None:
    commit = history.commit({"folder/x": b""})
    history.publish()

    with pytest.raises(PathNotFound):
        backend.reader.blob(CommitId(commit), path)


def test_files_are_asked_for_at_once(backend: Backend, history: History) -> None:
    commit = history.commit({"folder/x": b"1", "y": b"22"}, symlink=("link", "y"))
    history.publish()
    paths = [FilePath(raw) for raw in (b"y", b"folder/x", b"link", b"folder", b"missing", b"folder/x/z", b"", b"y")]

    found = backend.reader.blobs(CommitId(commit), paths)

    assert {path.raw: (blob.path, blob.kind, blob.read(9)) for path, blob in found.items()} == {
        b"y": (FilePath(b"y"), EntryKind.FILE, b"22"),
        b"folder/x": (FilePath(b"folder/x"), EntryKind.FILE, b"1"),
        b"link": (FilePath(b"link"), EntryKind.SYMLINK, b"y"),
    }
    with pytest.raises(CommitNotFound):
        backend.reader.blobs(CommitId("1" * 40), paths)
