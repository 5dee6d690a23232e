"""A server that listens and does not answer is not called alive."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from kallithea.config import systemd


@pytest.fixture(name="listening")
def _listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def answer(listening: socket.socket, status: bytes) -> None:
    """Answer one request."""
    with listening.accept()[0] as connection:
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def test_silence_is_no_answer(listening: socket.socket) -> None:
    assert not systemd.answers(listening.family, listening.getsockname(), patience=0.2)


def test_nobody_there_is_no_answer(listening: socket.socket) -> None:
    address = listening.getsockname()
    listening.close()
    assert not systemd.answers(socket.AF_INET, address, patience=5)


@pytest.mark.parametrize(("status", "expected"), [(b"200 OK", True), (b"503 Service Unavailable", False)])
def test_only_a_good_answer_counts(listening: socket.socket, status: bytes, expected: bool) -> None:
    thread = threading.Thread(target=answer, args=(listening, status))
    thread.start()
    assert systemd.answers(listening.family, listening.getsockname(), patience=60) is expected
    thread.join()


def test_nothing_is_said_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    systemd.notify("READY=1")


def test_sockets_meant_for_another_process_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + 1))
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert systemd.inherited_sockets() == []


def test_a_socket_for_datagrams_is_refused() -> None:
    code = (
        "import os, socket\nfrom kallithea.config import systemd\nfrom kallithea.lib.errors import ConfigError\n"
        "mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nos.dup2(mine.fileno(), 3)\n"
        "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
        "try:\n    systemd.inherited_sockets()\nexcept ConfigError as error:\n    print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "none for HTTP" in done.stdout
