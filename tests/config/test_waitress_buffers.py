"""What waitress keeps of a long answer: what the client has not taken yet, most of it in a file, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import waitress
from waitress import wasyncore

from kallithea.config.waitress_buffers import Connection

PIECE = b"x" * (1 << 17)
PIECES = 160
AT_ONCE = 1 << 20
"""Bytes of an answer that waitress keeps in memory (outbuf_overflow)."""


@pytest.fixture(name="ends")
def _ends() -> Iterator[tuple[Connection, socket.socket]]:
    """A connection of the server, and the client's end of it."""
    dispatchers: dict[int, object] = {}
    server = waitress.create_server(lambda _environ, _start: [], listen="127.0.0.1:0", map=dispatchers)
    near, far = socket.socketpair()
    connection = Connection(server, near, "client", server.adj, map=dispatchers)
    yield connection, far
    far.close()
    connection.handle_close()
    server.close()
    wasyncore.close_all(dispatchers)


def in_memory(connection: Connection) -> int:
    """Bytes that the buffers of a connection hold in memory."""
    kept = [each.buf.getfile() for each in connection.outbufs if each.buf is not None and not each.overflowed]
    return sum(file.getbuffer().nbytes for file in kept)


def test_what_a_client_has_is_kept_no_longer(ends: tuple[Connection, socket.socket]) -> None:
    connection, far = ends
    received = most = 0

    for number in range(1, PIECES + 1):
        connection.write_soon(PIECE)
        while received < number * len(PIECE):
            received += len(far.recv(len(PIECE)))
            connection.handle_write()
        most = max(most, in_memory(connection))

    assert most <= 2 * AT_ONCE


def test_what_a_client_does_not_take_fills_a_file(ends: tuple[Connection, socket.socket]) -> None:
    connection, _ = ends

    for _ in range(PIECES // 2):
        connection.write_soon(PIECE)

    assert connection.total_outbufs_len > 8 * AT_ONCE
    assert in_memory(connection) <= 2 * AT_ONCE
