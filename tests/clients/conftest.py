"""One server for all tests of a run with real clients; people and repositories are new in each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.server import Person, Server, serving


@pytest.fixture(name="server", scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("instance")) as server:
        yield server


@pytest.fixture(name="alice")
def _alice(server: Server) -> Person:
    """Somebody with an account."""
    return server.user()


@pytest.fixture(name="bob")
def _bob(server: Server) -> Person:
    """Somebody else with an account."""
    return server.user()


@pytest.fixture(name="kind", params=["git", "hg"])
def _kind(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs for both."""
    kind: str = request.param
    return kind
