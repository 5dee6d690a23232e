"""A RabbitMQ of the tests' own: on a free port of this machine, gone with the test that started it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_ports

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's own `rabbitmq-server` changes to an account of that name first."""
PATIENCE = 120.0
"""Seconds for a start; a machine with other work on it is slow."""


class RabbitMQServer:
    """A running RabbitMQ; stopping and starting it again keeps its port and what it held on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._port, self._port_of_nodes, self._port_of_names = free_ports(3)
        self.start()

    @property
    def url(self) -> str:
        """The address, as settings write it; a new RabbitMQ has a guest for its own machine."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def start(self) -> None:
        """Begin to answer."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._port_of_names),
            "RABBITMQ_NODENAME": "tests@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._port_of_nodes),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        with self._log().open("ab") as log:
            for program in ("epmd", str(PROGRAM)):
                self._processes.append(
                    subprocess.Popen([program], env=environment, stdin=-3, stdout=log, stderr=log, start_new_session=True)
                )
        until = time.monotonic() + PATIENCE
        while not self._answers():
            is_hopeless = time.monotonic() > until or self._processes[-1].poll() is not None
            assert not is_hopeless, self._log().read_text(errors="replace")
            time.sleep(0.1)

    def stop(self) -> None:
        """Refuse all connections from now on."""
        while self._processes:
            process = self._processes.pop()
            # Its own session: the script, and Erlang that it started.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
                connection.sendall(b"AMQP\0\0\x09\1")
                return bool(connection.recv(1))
        except OSError:
            return False

    def _log(self) -> Path:
        return self._folder / "rabbitmq.log"


@contextmanager
def running_rabbitmq(folder: Path) -> Iterator[RabbitMQServer]:
    """A RabbitMQ that keeps all it has in a folder; skips the test where there is none."""
    if not (PROGRAM.exists() and shutil.which("epmd")):
        pytest.skip("rabbitmq-server is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    server = RabbitMQServer(folder)
    try:
        yield server
    finally:
        server.stop()
