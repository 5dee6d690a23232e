"""Folders and what is in them."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import CommitNotFound, PathNotFound
from kallithea.lib.vcs.objects import CommitId, EntryKind
from kallithea.lib.vcs.paths import ROOT, FilePath
from tests.contracts.histories import History


def names(backend: Backend, commit: str, folder: str = "") -> list[str]:
    return [entry.path.text for entry in backend.reader.tree(CommitId(commit), FilePath.from_text(folder))]


def test_folders_come_first_each_group_by_name(backend: Backend, history: History) -> None:
    commit = history.commit({"b": b"", "z/x": b"", "a": b"", "c/y": b"", "c-1": b"", "c.1/x": b""})
    history.publish()

    assert names(backend, commit) == ["c", "c.1", "z", "a", "b", "c-1"]


def test_folder_lists_only_what_is_directly_in_it(backend: Backend, history: History) -> None:
    commit = history.commit({"a/b": b"", "a/c/d": b"", "a/c/e": b"", "ab/f": b"", "a.b": b""})
    history.publish()

    assert names(backend, commit, "a") == ["a/c", "a/b"]


def test_file_has_its_size_and_an_id(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b"12345"})
    history.publish()

    [entry] = backend.reader.tree(CommitId(commit))

    assert (entry.kind, entry.size, bool(entry.id)) == (EntryKind.FILE, 5, True)


def test_renamed_file_has_the_size_of_its_content(backend: Backend, history: History) -> None:
    history.commit({"a": b"12345"})
    commit = history.commit(rename=("a", "b"))
    history.publish()

    [entry] = backend.reader.tree(CommitId(commit))

    assert (entry.path.raw, entry.size) == (b"b", 5)


def test_executable_and_symlink_are_told_from_files(backend: Backend, history: History) -> None:
    commit = history.commit({"run": b"#!", "plain": b""}, executable="run", symlink=("link", "plain"))
    history.publish()

    kinds = {entry.path.raw: entry.kind for entry in backend.reader.tree(CommitId(commit))}

    assert kinds == {b"run": EntryKind.EXECUTABLE, b"plain": EntryKind.FILE, b"link": EntryKind.SYMLINK}


@pytest.mark.parametrize("path", ["missing", "file", "folder/missing", "fold", "file/x"])
def test_what_is_no_folder_is_not_found(backend: Backend, history: History, path: str) -> None:
    commit = history.commit({"file": b"", "folder/x": b""})
    history.publish()

    with pytest.raises(PathNotFound):
        backend.reader.tree(CommitId(commit), FilePath.from_text(path))


def test_tree_of_an_unknown_commit_is_not_found(backend: Backend, history: History) -> None:
    history.commit({"a": b""})
    history.publish()

    with pytest.raises(CommitNotFound):
        backend.reader.tree(CommitId("12" * 20))


@pytest.mark.parametrize("name", ["with space", "grüße", "-h", "tab\there", 'quo"te', "back\\slash"])
def test_odd_names_are_kept(backend: Backend, history: History, name: str) -> None:
    commit = history.commit({name: b"x", f"folder {name}/{name}": b"y"})
    history.publish()

    assert names(backend, commit) == [f"folder {name}", name]
    assert names(backend, commit, f"folder {name}") == [f"folder {name}/{name}"]


def test_names_that_are_not_utf8_are_kept_as_bytes(backend: Backend, history: History) -> None:
    name = b"caf\xe9"
    (history.work / "sub").mkdir()
    commit = history.commit({name.decode("utf-8", "surrogateescape"): b"x"})
    history.publish()

    [entry] = backend.reader.tree(CommitId(commit))

    assert entry.path == FilePath(name)


def test_entry_of_the_root_is_a_folder(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b""})
    history.publish()

    assert backend.reader.entry(CommitId(commit), ROOT).kind is EntryKind.FOLDER


@pytest.mark.parametrize(("path", "expected"), [("folder", EntryKind.FOLDER), ("folder/x", EntryKind.FILE)])
def test_entry_tells_what_is_there(backend: Backend, history: History, path: str, expected: EntryKind) -> None:
    commit = history.commit({"folder/x": b""})
    history.publish()

    entry = backend.reader.entry(CommitId(commit), FilePath.from_text(path))

    assert (entry.path.text, entry.kind) == (path, expected)


def test_entry_of_a_missing_path_is_not_found(backend: Backend, history: History) -> None:
    commit = history.commit({"folder/x": b""})
    history.publish()

    with pytest.raises(PathNotFound):
        backend.reader.entry(CommitId(commit), FilePath.from_text("folder/y"))


def test_tree_shows_its_own_commit_not_the_newest(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1"})
    history.commit({"a": None, "b": b"2"})
    history.publish()

    assert names(backend, old) == ["a"]


def test_all_paths_are_listed_in_order(backend: Backend, history: History) -> None:
    commit = history.commit({"b/über": b"", "a": b"", "b/a/c": b"", "b.c": b""}, symlink=("link", "a"))
    history.publish()

    paths = [path.text for path in backend.reader.paths(CommitId(commit))]

    assert paths == ["a", "b.c", "b/a/c", "b/über", "link"]
