"""Two repositories compared, without writing to either."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.diffs import Change
from kallithea.lib.vcs.errors import CommitNotFound
from kallithea.lib.vcs.objects import CommitId, Kind
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History


def another(kind: Kind, folder: Path) -> History:
    folder.mkdir()
    return HgHistory(folder) if kind is Kind.HG else GitHistory(folder)


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """All files below a folder, with what tells whether they were written."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and "cache" not in path.parts
    }


def forked(history: History, backend: Backend, store: Store, folder: Path) -> tuple[Backend, str, str, str]:
    """The store of a fork, the commit at which both parted, and one commit more on each side."""
    base = history.commit({"a": b"1\n", "data": b"\0\1"})
    history.publish()
    fork = another(backend.kind, folder)
    if isinstance(fork, GitHistory):
        fork.git("pull", "-q", str(history.store), "main")
    else:
        assert isinstance(fork, HgHistory)
        fork.hg("pull", "--update", str(history.store))
    mine = history.commit({"mine": b"1\n"})
    history.publish()
    theirs = fork.commit({"theirs": b"new\n", "data": b"\0\1\2\3"}, "Their change")
    fork.publish()
    return store.open(fork.store), base, mine, theirs


def test_forks_are_compared_from_where_they_parted(backend: Backend, history: History, store: Store, tmp_path: Path) -> None:
    other, base, mine, theirs = forked(history, backend, store, tmp_path / "fork")
    before = everything(history.store), everything(other.path)

    pair = backend.reader.beside(other.reader)
    diff = pair.diff(CommitId(base), CommitId(theirs))

    assert pair.merge_base(CommitId(mine), CommitId(theirs)) == CommitId(base)
    assert [commit.summary for commit in pair.history([CommitId(theirs)], excluding=[CommitId(mine)])] == ["Their change"]
    assert [(file.new_path.raw, file.change, file.added, file.new_size) for file in diff.files] == [
        (b"data", Change.MODIFIED, 0, 4),
        (b"theirs", Change.ADDED, 1, None),
    ]
    assert (everything(history.store), everything(other.path)) == before


def test_unrelated_repositories_can_be_compared(backend: Backend, history: History, store: Store, tmp_path: Path) -> None:
    mine = history.commit({"a": b"mine\n", "same": b"1\n"})
    history.publish()
    unrelated = another(backend.kind, tmp_path / "unrelated")
    theirs = unrelated.commit({"b": b"1\n", "same": b"1\n"}, "Something else")
    unrelated.publish()

    pair = backend.reader.beside(store.open(unrelated.store).reader)

    assert pair.merge_base(CommitId(mine), CommitId(theirs)) is None
    assert [file.new_path.raw for file in pair.diff(CommitId(mine), CommitId(theirs)).files] == [b"a", b"b"]
    assert [commit.id.hex for commit in pair.history([CommitId(theirs)], excluding=[CommitId(mine)])] == [theirs]


def test_one_repository_does_not_get_the_commits_of_the_other(
    backend: Backend, history: History, store: Store, tmp_path: Path
) -> None:
    other, _, mine, theirs = forked(history, backend, store, tmp_path / "fork")
    backend.reader.beside(other.reader).merge_base(CommitId(mine), CommitId(theirs))

    with pytest.raises(CommitNotFound):
        backend.reader.commit(CommitId(theirs))


def test_what_neither_shows_is_not_found(backend: Backend, history: History, store: Store, tmp_path: Path) -> None:
    other, base, _, theirs = forked(history, backend, store, tmp_path / "fork")
    pair = backend.reader.beside(other.reader)

    with pytest.raises(CommitNotFound):
        pair.diff(CommitId("1" * 40), CommitId(theirs))
    with pytest.raises(CommitNotFound):
        list(pair.history([CommitId("1" * 40)], excluding=[CommitId(base)]))


def test_secret_commits_of_the_other_stay_secret(tmp_path: Path) -> None:
    from kallithea.lib.vcs.hg.store import HgStore

    mine, theirs = another(Kind.HG, tmp_path / "one"), another(Kind.HG, tmp_path / "two")
    assert isinstance(theirs, HgHistory)
    old = mine.commit({"a": b"1\n"})
    mine.publish()
    theirs.commit({"a": b"1\n"})
    theirs.publish()
    secret = theirs.commit({"a": b"secret\n"})
    theirs.hg("phase", "--force", "--secret", ".")
    store = HgStore(cache=tmp_path / "cache", helpers=1)
    pair = store.open(mine.store).reader.beside(store.open(theirs.work).reader)

    with pytest.raises(CommitNotFound):
        pair.diff(CommitId(old), CommitId(secret))
    store.close()


def test_git_repositories_of_two_formats_are_refused(tmp_path: Path) -> None:
    from kallithea.lib.vcs.git.store import GitStore

    store = GitStore(cache=tmp_path / "cache")
    for name, form in (("one", "sha1"), ("two", "sha256")):
        subprocess.run(["git", "init", "-q", "--bare", f"--object-format={form}", str(tmp_path / name)], check=True)

    with pytest.raises(Invalid):
        store.open(tmp_path / "one").reader.beside(store.open(tmp_path / "two").reader)


@pytest.mark.parametrize("name", ["a:b", 'quo"te', "back\\slash", "ü b"])
def test_git_finds_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    from kallithea.lib.vcs.git.store import GitStore

    mine, theirs = another(Kind.GIT, tmp_path / "one"), another(Kind.GIT, tmp_path / name)
    old, new = mine.commit({"a": b"1\n"}), theirs.commit({"a": b"2\n"})
    mine.publish()
    theirs.publish()
    store = GitStore(cache=tmp_path / "cache")

    pair = store.open(mine.store).reader.beside(store.open(theirs.store).reader)

    assert [file.new_path.raw for file in pair.diff(CommitId(old), CommitId(new)).files] == [b"a"]
