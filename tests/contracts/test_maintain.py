"""Looking after repositories: they stay as they are for everybody who reads and writes them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.errors import MaintenanceStopped, RepositoryBusy, RepositoryMissing
from kallithea.lib.vcs.locks import maintenance_lock
from tests.contracts.histories import History


def filled(history: History) -> None:
    history.commit({"a": b"1", "folder/b": b"2"})
    history.tag("v1")
    history.commit({"a": b"3"}, branch="side")
    history.publish()


def test_an_empty_repository_is_looked_after(store: Store, tmp_path: Path) -> None:
    backend = store.open(tmp_path / "new")
    backend.keeper.create()

    assert backend.keeper.maintain(thorough=True).done == ()


def test_everything_stays_as_it_was(backend: Backend, history: History) -> None:
    filled(history)
    refs = backend.reader.refs()
    commits = list(backend.reader.history([ref.target for ref in refs.branches]))

    done = backend.keeper.maintain(thorough=True).done

    assert done
    assert backend.reader.refs() == refs
    assert list(backend.reader.history([ref.target for ref in refs.branches])) == commits
    assert backend.keeper.verify() == ()


def test_what_comes_later_is_read(backend: Backend, history: History) -> None:
    filled(history)
    backend.keeper.maintain(thorough=True)

    commit = history.commit({"c": b"4"})
    history.publish()

    assert backend.reader.resolve("side").id.hex == commit


def test_new_repositories_need_no_upgrade(store: Store, tmp_path: Path) -> None:
    backend = store.open(tmp_path / "new")
    backend.keeper.create()

    assert backend.keeper.maintain(thorough=True).offered == ()


def test_it_is_done_by_one_at_a_time(backend: Backend, history: History) -> None:
    filled(history)

    with maintenance_lock(history.store), pytest.raises(RepositoryBusy):
        backend.keeper.maintain()


def test_it_ends_when_it_shall(backend: Backend, history: History) -> None:
    filled(history)
    stop = threading.Event()
    stop.set()

    with pytest.raises(MaintenanceStopped):
        backend.keeper.maintain(thorough=True, stop=stop)


def test_a_missing_repository_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RepositoryMissing):
        store.open(tmp_path / "missing").keeper.maintain()
