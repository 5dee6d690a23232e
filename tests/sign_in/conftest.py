"""An instance below the doors, a world with doors, and the sources that they ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.services.conftest import FakeClock, Ledger, _admin, _clock, _ledger  # noqa: F401 - fixtures
from tests.sign_in.plugin import Book, installed
from tests.worlds import World, world_of_this_process


@pytest.fixture(scope="session", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = world_of_this_process(lambda: tmp_path_factory.mktemp("world"))
    yield world
    world.close()


@pytest.fixture(name="book")
def _book(tmp_path: Path) -> Iterator[Book]:
    """The plug-in of somebody else is installed."""
    with pytest.MonkeyPatch.context() as patch, installed(tmp_path, patch) as book:
        yield book


def turn_on(of: Ledger | World, name: str, settings: Mapping[str, str]) -> None:
    """Have a source asked, with these settings."""
    with of.app.system_scope() as scope:
        scope.sign_in_sources.save(name, settings)
        scope.sign_in_sources.turn_on(name)


def turn_off(of: Ledger | World, name: str) -> None:
    with of.app.system_scope() as scope:
        scope.sign_in_sources.turn_off(name)
