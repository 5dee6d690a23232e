"""The world whose doors are tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doors.addresses import addresses
from tests.worlds import World, world_of_this_process

# Walks all rooms, many of which are imported by that only: DOORS has every door from now on.
addresses()


@pytest.fixture(scope="session", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = world_of_this_process(lambda: tmp_path_factory.mktemp("world"))
    yield world
    world.close()
