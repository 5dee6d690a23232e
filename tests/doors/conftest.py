"""The world whose doors are tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worlds import World, world_of_this_process


@pytest.fixture(scope="session", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = world_of_this_process(lambda: tmp_path_factory.mktemp("world"))
    yield world
    world.close()
