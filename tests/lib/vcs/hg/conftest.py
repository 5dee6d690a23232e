"""Repositories made by the real `hg`, opened by our store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.hg.store import HgStore
from tests.contracts.hg_history import HgHistory
from tests.lib.vcs.hg.loopback import Loopback, serving


@pytest.fixture(name="history")
def _history(tmp_path: Path) -> HgHistory:
    return HgHistory(tmp_path)


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[HgStore]:
    store = HgStore(cache=tmp_path / "cache", helpers=2)
    yield store
    store.close()


@pytest.fixture(name="backend")
def _backend(store: HgStore, history: HgHistory) -> Backend:
    return store.open(history.store)


@pytest.fixture(name="door")
def _door(backend: Backend) -> Iterator[Loopback]:
    with serving(backend) as door:
        yield door
