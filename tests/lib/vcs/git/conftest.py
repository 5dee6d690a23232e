"""An empty git repository in a store, and a working copy of a client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.git.store import GitStore
from tests.contracts.git_history import GitHistory


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GitStore]:
    store = GitStore(tmp_path / "cache")
    yield store
    store.close()


@pytest.fixture
def client(tmp_path: Path) -> GitHistory:
    """A client's working copy; its `publish` writes into the store without our server."""
    folder = tmp_path / "client"
    folder.mkdir()
    return GitHistory(folder)


@pytest.fixture
def backend(store: GitStore, tmp_path: Path) -> Backend:
    """A repository made by our keeper."""
    backend = store.open(tmp_path / "made.git")
    backend.keeper.create()
    return backend
