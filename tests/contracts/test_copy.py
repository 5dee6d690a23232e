"""Copies of repositories: what comes along and what does not, and that neither notices what becomes of the other."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.errors import MaintenanceStopped, RepositoryMissing
from kallithea.lib.vcs.locks import LOCK_FILE
from tests.contracts.copies import client_verifies, everything, filled, git_in, names, shared
from tests.contracts.histories import History


@pytest.fixture(name="copy")
def _copy(store: Store, tmp_path: Path) -> Backend:
    return store.open(tmp_path / "copy")


def test_copy_shows_what_the_parent_shows(backend: Backend, copy: Backend, history: History) -> None:
    filled(history)

    backend.keeper.copy_to(copy.path, publishing=True)

    assert names(copy) == names(backend)
    heads = [ref.target for ref in backend.reader.refs().branches]
    assert [c.id for c in copy.reader.history(heads)] == [c.id for c in backend.reader.history(heads)]
    assert copy.keeper.verify() == ()


def test_an_empty_repository_can_be_copied(backend: Backend, copy: Backend) -> None:
    backend.keeper.copy_to(copy.path, publishing=True)

    assert copy.reader.refs() == backend.reader.refs()
    assert copy.keeper.verify() == ()


def test_what_never_changes_is_on_the_disk_once(backend: Backend, copy: Backend, history: History) -> None:
    filled(history)

    backend.keeper.copy_to(copy.path, publishing=True)

    content = {name for name in everything(copy.path) if "/data/" in name or "objects/" in name}
    assert content
    assert shared(backend.path, copy.path) >= content


def test_settings_hooks_and_local_state_stay_behind(backend: Backend, copy: Backend, history: History) -> None:
    filled(history)
    inside = backend.path / ".hg" if (backend.path / ".hg").is_dir() else backend.path
    (inside / "hooks").mkdir(exist_ok=True)
    for name in ("hgrc", "hooks/post-receive", "description", "notes.txt", LOCK_FILE):
        (inside / name).write_text("secret = of the parent\n")
    if inside == backend.path:
        git_in(backend.path, "config", "core.compression", "1")

    backend.keeper.copy_to(copy.path, publishing=True)

    text = b"".join(path.read_bytes() for path in copy.path.rglob("*") if path.is_file() and path.stat().st_size < 10_000)
    assert b"of the parent" not in text
    assert b"\tcompression = " not in text
    assert str(backend.path).encode() not in text
    assert not [*copy.path.rglob("hgrc"), *copy.path.rglob("hooks"), *copy.path.rglob("undo*")]


def test_a_missing_parent_is_said_to_be_missing(store: Store, copy: Backend, tmp_path: Path) -> None:
    with pytest.raises(RepositoryMissing):
        store.open(tmp_path / "nowhere").keeper.copy_to(copy.path, publishing=True)


def test_copying_stops_when_it_is_told_to(backend: Backend, copy: Backend, history: History) -> None:
    filled(history)
    stop = threading.Event()
    stop.set()

    with pytest.raises(MaintenanceStopped):
        backend.keeper.copy_to(copy.path, publishing=True, stop=stop)


def test_deleting_the_parent_leaves_the_copy_whole(backend: Backend, copy: Backend, history: History) -> None:
    ids = filled(history)
    backend.keeper.copy_to(copy.path, publishing=True)

    shutil.rmtree(backend.path)

    assert copy.reader.resolve(ids[2]).id.hex == ids[2]
    assert copy.keeper.verify() == ()
    client_verifies(copy.path)


def test_what_either_gets_the_other_does_not(backend: Backend, copy: Backend, history: History, store: Store) -> None:
    filled(history)
    backend.keeper.copy_to(copy.path, publishing=True)
    before = names(copy)
    parent_path = history.store

    new = history.commit({"folder/1.txt": b"of the parent\n", "new.txt": b"new\n"}, branch="side")
    history.publish()
    assert names(copy) == before
    history.store = copy.path
    other = history.commit({"folder/1.txt": b"of the fork\n"}, branch="side")
    history.publish()
    history.store = parent_path

    assert copy.reader.resolve(other).id.hex == other
    assert backend.reader.resolve(new).id.hex == new
    with pytest.raises(Exception, match="There is no commit"):
        backend.reader.resolve(other)
    for one in (backend, copy):
        assert one.keeper.verify() == ()
        client_verifies(one.path)


def test_looking_after_either_harms_neither(backend: Backend, copy: Backend, history: History) -> None:
    ids = filled(history)
    backend.keeper.copy_to(copy.path, publishing=True)

    for one in (backend, copy, backend):
        one.keeper.maintain(thorough=True, upgrade=True)

    for one in (backend, copy):
        assert one.reader.resolve(ids[-1]).id.hex == ids[-1]
        assert one.keeper.verify() == ()
        client_verifies(one.path)
