"""Each contract test runs over hg and over git: `history` writes with the real commands, `backend` reads what was published."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend, Store
from tests.contracts.histories import History

# The modules and classes of the history writer and of the store: named, not imported, so that one kind runs alone.
KINDS = {
    "hg": ("tests.contracts.hg_history", "HgHistory", "kallithea.lib.vcs.hg.store", "HgStore"),
    "git": ("tests.contracts.git_history", "GitHistory", "kallithea.lib.vcs.git.store", "GitStore"),
}


def _load(module: str, name: str) -> object:
    return getattr(importlib.import_module(module), name)


@pytest.fixture(params=["hg", "git"])
def repository_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    for module in (KINDS[kind][0], KINDS[kind][2]):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not there")
    return kind


@pytest.fixture
def store(repository_kind: str, tmp_path: Path) -> Iterator[Store]:
    """The store under test."""
    _, _, module, name = KINDS[repository_kind]
    make = _load(module, name)
    store: Store = make(cache=tmp_path / "cache", helpers=1) if repository_kind == "hg" else make(cache=tmp_path / "cache")  # type: ignore[operator]  # loaded by name
    yield store
    store.close()


@pytest.fixture
def history(repository_kind: str, tmp_path: Path) -> History:
    """A working copy without commits, and an empty repository in the store."""
    module, name, _, _ = KINDS[repository_kind]
    folder = tmp_path / "history"
    folder.mkdir()
    history: History = _load(module, name)(folder)  # type: ignore[operator]  # loaded by name
    return history


@pytest.fixture
def backend(store: Store, history: History) -> Backend:
    """The backend over the folder that `history.publish()` fills."""
    return store.open(history.store)
