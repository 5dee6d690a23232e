"""A thousand visitors who begin a request and never finish it keep nobody else from being served."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clients.server import Person, Server, serving

HALF_OPEN = 1000


@pytest.fixture(name="crowded", scope="module")
def _crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, with a thousand connections that have sent half of their headers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    with serving(tmp_path_factory.mktemp("crowded")) as server, ExitStack() as connections:
        host, _, port = server.authority.partition(":")
        for _ in range(HALF_OPEN):
            connection = connections.enter_context(socket.create_connection((host, int(port)), timeout=60))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: half\r\nX-Slow: ")
        yield server


def test_pages_are_answered_beside_a_thousand_half_requests(crowded: Server) -> None:
    assert crowded.request("GET", "/").status == 200


def test_pushes_go_through_beside_a_thousand_half_requests(crowded: Server, kind: str) -> None:
    alice: Person = crowded.user()
    repository = crowded.repository(kind=kind, writers=[alice])

    assert alice.clone(repository).commit("hello.txt").push().worked
