"""The server may live below a path of its host."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.server import Server, serving


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("prefixed"), prefix="/code/here") as server:
        yield server


def test_clone_and_push_below_a_prefix(server: Server, kind: str) -> None:
    alice = server.user()
    repository = server.repository(kind=kind, writers=[alice])

    outcome = alice.clone(repository).commit("hello.txt").push()

    assert outcome.worked
    assert (alice.clone(repository).folder / "hello.txt").exists()
