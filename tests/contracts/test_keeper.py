"""Making, checking and measuring repositories."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.errors import LocationTaken, RepositoryMissing
from tests.contracts.histories import History


def test_created_repository_is_empty_and_sound(store: Store, tmp_path: Path) -> None:
    backend = store.open(tmp_path / "new")

    backend.keeper.create()

    assert backend.reader.refs().branches == ()
    assert backend.keeper.verify() == ()


def test_created_repository_is_recognised(store: Store, tmp_path: Path) -> None:
    store.open(tmp_path / "new").keeper.create()

    assert store.recognises(tmp_path / "new")


def test_other_folders_are_not_recognised(store: Store, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")

    assert [store.recognises(tmp_path / name) for name in ("folder", "file", "missing")] == [False, False, False]


def test_nothing_is_made_where_something_is(store: Store, tmp_path: Path) -> None:
    backend = store.open(tmp_path / "new")
    backend.keeper.create()

    with pytest.raises(LocationTaken):
        backend.keeper.create()


def test_repository_made_by_the_real_command_can_be_adopted(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b"1"})
    history.publish()

    backend.keeper.adopt()

    assert backend.reader.resolve("").id.hex == commit


def test_sound_repository_verifies_clean(backend: Backend, history: History) -> None:
    history.commit({"a": b"1", "folder/b": b"2"})
    history.commit({"a": b"3"})
    history.publish()

    assert backend.keeper.verify() == ()


def test_size_grows_with_content(backend: Backend, history: History) -> None:
    before = backend.keeper.size()
    history.commit({"a": bytes(range(256)) * 64})
    history.publish()

    assert backend.keeper.size() > before


def test_repository_publishes_unless_it_says_otherwise(backend: Backend) -> None:
    assert backend.keeper.publishing()


def test_missing_folder_shows_at_first_use(store: Store, tmp_path: Path) -> None:
    backend = store.open(tmp_path / "nowhere")

    for use in (backend.reader.refs, backend.reader.fingerprint, backend.keeper.size, backend.keeper.verify):
        with pytest.raises(RepositoryMissing):
            use()


def test_repository_that_was_made_anew_is_read_anew(backend: Backend, history: History) -> None:
    history.commit({"a": b"1"})
    history.publish()
    assert backend.reader.refs().branches
    shutil.rmtree(history.store)

    backend.keeper.create()

    assert backend.reader.refs().branches == ()
