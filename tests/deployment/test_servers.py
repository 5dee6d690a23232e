"""Each server that config-create knows starts from the file that is written, and serves people, at the top or below a path."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from kallithea.lib.vcs.locks import writer_lock
from tests.clients.server import Person, Server
from tests.deployment.servers import (
    COMMANDS,
    GEARBOX,
    PATIENCE,
    deployed,
    program,
    run_cli,
)
from tests.deployment.story import MB, Story, Visitor, kinds, light, raw_connection, request_head, wanted
from tests.ports import free_port


class TestWaitress(Story):
    """Takes every request in before it calls the application."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("waitress"), "waitress") as server:
            yield server


class TestGunicorn(Story):
    """Lets the application read from the client, in processes forked from the one that loaded it."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("gunicorn"), "gunicorn", prefix="/code") as server:
            yield server


class TestGevent(Story):
    """Holds connections without threads, and answers in threads."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("gevent"), "gevent", prefix="/code") as server:
            yield server

    def test_a_page_is_answered_while_a_clone_runs(self, server: Server, alice: Person) -> None:
        repository = server.repository(kind="git", writers=[alice], public=True)
        work = light(alice.clone(repository)).commit("large.bin", random.Random(5).randbytes(24 * MB))
        assert work.push().worked
        want = wanted(work)

        with raw_connection(server) as connection:
            target, content_type = f"/{repository.path}/git-upload-pack", "application/x-git-upload-pack-request"
            connection.sendall(request_head(server, alice, target, content_type, len(want)) + want)
            assert connection.recv(1000)

            assert Visitor(server).get("/").status == 200

    @kinds
    def test_a_page_is_answered_while_a_push_waits_for_its_turn(self, server: Server, alice: Person, kind: str) -> None:
        repository = server.repository(kind=kind, writers=[alice], public=True)
        work = alice.clone(repository).commit("hello.txt")

        with ThreadPoolExecutor(1) as pool:
            with writer_lock(server.backend(repository).path):
                push = pool.submit(work.push)
                answer = Visitor(server).get(f"/{repository.path}")
                has_waited = not push.done()

            assert push.result().worked

        assert answer.status == 200
        assert has_waited

    def test_three_hundred_half_requests_hinder_nobody(self, server: Server) -> None:
        with ExitStack() as connections:
            for _ in range(300):
                connections.enter_context(raw_connection(server)).sendall(b"GET / HTTP/1.1\r\nHost: half\r\nX-Slow: ")

            assert Visitor(server).get("/").status == 200


class TestUwsgi(Story):
    """Speaks no chunks to applications that do not ask for them."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("uwsgi"), "uwsgi", prefix="/code") as server:
            yield server


class TestGearbox(Story):
    """The server of the Python library, which knows nothing of chunks."""

    @pytest.fixture(name="server", scope="class")
    @classmethod
    def _server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with deployed(tmp_path_factory.mktemp("gearbox"), "gearbox", prefix="/code") as server:
            yield server


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(COMMANDS["waitress"], id="waitress"),
        pytest.param(COMMANDS["gunicorn"], id="gunicorn"),
        pytest.param(("gunicorn", "--paste", "my.ini", "--no-control-socket"), id="gunicorn by itself"),
        pytest.param(COMMANDS["gevent"], id="gevent"),
        pytest.param(COMMANDS["uwsgi"], id="uwsgi"),
    ],
)
def test_a_server_that_cannot_work_says_why_and_ends(
    tmp_path: Path, command: Sequence[str], request: pytest.FixtureRequest
) -> None:
    http_server = request.node.callspec.id.split()[0]
    run_cli("config-create", str(tmp_path / "my.ini"), f"http_server={http_server}", f"port={free_port()}")

    ended = outcome(tmp_path, command)  # the database is not there

    assert ended.returncode != 0
    assert "error: The database" in ended.stdout
    assert "hint: " in ended.stdout


def test_threads_that_gevent_replaced_are_refused(tmp_path: Path) -> None:
    ini = tmp_path / "my.ini"
    run_cli("config-create", str(ini), "http_server=gevent", f"port={free_port()}")
    ini.write_text(ini.read_text().replace("egg:kallithea#gevent", "egg:gearbox#gevent"))

    ended = outcome(tmp_path, GEARBOX)

    assert ended.returncode != 0
    assert "use = egg:kallithea#gevent" in ended.stdout


def outcome(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a server that ends by itself; what it printed is in `stdout`."""
    return subprocess.run(
        [program(command[0]), *command[1:]],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
