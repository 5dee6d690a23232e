"""A server that is told to stop finishes the clones that run, and one that is told to reload goes on answering meanwhile."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from tests.clients.server import Hosted, Server
from tests.deployment.servers import COMMANDS, PATIENCE, instance, running
from tests.deployment.story import MB, Visitor, light, request_head, until, wanted, workers
from tests.ports import free_port

LARGE = 40 * MB
"""Bytes of a clone: more than the server and the network take before the client reads."""


def on(*servers: str) -> pytest.MarkDecorator:
    """The same test on each of these servers."""
    return pytest.mark.parametrize("server", servers, indirect=True, scope="module")


@pytest.fixture(name="server", scope="module")
def _server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    with instance(tmp_path_factory.mktemp(request.param), f"http_server={request.param}", f"port={port}") as made:
        # It happens that a worker of uWSGI with threads does not end when its work is done (unbit/uwsgi, issues 1599 and 2653).
        # Then its mercy ends it: after less time here, so that the test sees what a reload promises.
        made.ini.write_text(made.ini.read_text().replace("worker-reload-mercy = 300", "worker-reload-mercy = 60"))
        with running(made, COMMANDS[request.param], f"127.0.0.1:{port}") as server:
            yield server


@pytest.fixture(name="want", scope="module")
def _want(server: Server) -> tuple[Hosted, bytes]:
    """A repository that takes a while to clone, and what asks for all of it."""
    alice = server.user()
    repository = server.repository(kind="git", writers=[alice], public=True)
    work = light(alice.clone(repository)).commit("large.bin", random.Random(5).randbytes(LARGE))
    assert work.push().worked
    return repository, wanted(work)


@pytest.fixture(name="running")
def _running(server: Server) -> Iterator[Server]:
    """The server, started again if a test has stopped it."""
    if server.process.poll() is not None:
        server.kill()
    yield server
    if not listens(server):
        server.process.wait(PATIENCE)


@contextmanager
def slow_clone(server: Server, want: tuple[Hosted, bytes]) -> Iterator[socket.socket]:
    """A clone that has begun, and whose client reads no further for now."""
    repository, body = want
    host, _, port = server.authority.partition(":")
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.settimeout(PATIENCE)
        connection.connect((host, int(port)))
        target = f"/{repository.path}/git-upload-pack"
        head = request_head(server, server.nobody, target, "application/x-git-upload-pack-request", len(body))
        connection.sendall(head + body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        yield connection


def received(connection: socket.socket) -> int:
    """Read to the end; how many bytes came."""
    return sum(map(len, iter(lambda: connection.recv(1 << 20), b"")))


def listens(server: Server) -> bool:
    host, _, port = server.authority.partition(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=PATIENCE):
        return True
    return False


@on("waitress", "gevent", "gunicorn", "uwsgi")
def test_a_server_that_is_stopped_finishes_the_clones_that_run(running: Server, want: tuple[Hosted, bytes]) -> None:
    with slow_clone(running, want) as clone:
        running.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(2)

        assert received(clone) > LARGE
    assert running.process.wait(PATIENCE) == 0


# The sockets of gunicorn and uWSGI stay open until the end: who connects waits, and is refused then.
@on("waitress", "gevent")
def test_a_server_that_is_stopped_takes_no_new_clients(running: Server, want: tuple[Hosted, bytes]) -> None:
    with slow_clone(running, want):
        running.process.send_signal(signal.SIGTERM)

        until(lambda: not listens(running), what="it still listens")


@on("waitress", "gevent")
def test_a_second_signal_ends_a_server_at_once(running: Server, want: tuple[Hosted, bytes]) -> None:
    with slow_clone(running, want):
        running.process.send_signal(signal.SIGTERM)
        until(lambda: not listens(running), what="it still listens")

        running.process.send_signal(signal.SIGTERM)

        assert running.process.wait(PATIENCE) is not None


@on("gunicorn", "uwsgi")
def test_a_server_that_is_reloaded_finishes_clones_and_answers_meanwhile(running: Server, want: tuple[Hosted, bytes]) -> None:
    before = set(workers(running)) - {running.pid}
    with slow_clone(running, want) as clone:
        reload(running)

        assert Visitor(running).get("/").status == 200
        assert received(clone) > LARGE
    until(lambda: not before & set(workers(running)), what=f"old workers stay: see {running.folder}")
    assert Visitor(running).get("/").status == 200


def reload(server: Server) -> None:
    """Have a server load the application anew, as docs/deployment/ says."""
    if "[uwsgi]" in (server.folder / "my.ini").read_text():
        (server.folder / "my.ini").touch()
    else:
        server.process.send_signal(signal.SIGHUP)
