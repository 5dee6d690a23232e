"""What systemd and Kallithea say to each other, with the program of systemd that hands sockets over."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.server import CHECKOUT
from tests.deployment.servers import PATIENCE, end, instance, program, run_cli, wait_until_open
from tests.ports import free_port

INTERVAL = 3
"""Seconds of the watchdog here."""


@dataclass(frozen=True)
class Service:
    """Kallithea, started as its unit says when the first visitor comes; `told` has what systemd would hear."""

    authority: str
    process: subprocess.Popen[bytes]
    told: socket.socket

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.authority, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def hears(self) -> str:
        return self.told.recv(1000).decode()


@contextmanager
def service(folder: Path, http_server: str) -> Iterator[Service]:
    """The command of the generated unit with the socket of the generated socket unit, as systemd would start it."""
    with ExitStack() as stack:
        made = stack.enter_context(instance(folder, f"http_server={http_server}", f"port={free_port()}", "hg_helpers=1"))
        run_cli("deployment-create", "systemd", "-c", str(made.ini), "--user", "nobody", "--output", str(folder))
        said = (folder / "kallithea.service").read_text() + (folder / "kallithea.socket").read_text()
        command, address = (re.search(rf"^{name}=(.*)$", said, re.MULTILINE) for name in ("ExecStart", "ListenStream"))
        assert command
        assert address
        told = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        told.settimeout(PATIENCE)
        # Abstract, as paths of tests may be too long for a socket (unix(7)).
        name = f"@kallithea-{os.getpid()}-{address[1]}"
        told.bind("\0" + name[1:])
        environment = {
            "NOTIFY_SOCKET": name,
            "WATCHDOG_USEC": str(INTERVAL * 1_000_000),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CHECKOUT),
            "LANG": "C.UTF-8",
        }
        given = [word for key, value in environment.items() for word in ("-E", f"{key}={value}")]
        with made.log.open("ab") as log:
            process = subprocess.Popen(
                [program("systemd-socket-activate"), "-l", address[1], *given, *command[1].split()],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        stack.callback(end_at_once, process)
        wait_until_open(address[1], process, made.log)
        yield Service(address[1], process, told)


def end_at_once(process: subprocess.Popen[bytes]) -> None:
    """End a server that waits for nobody."""
    process.send_signal(signal.SIGINT)
    end(process)


@pytest.mark.parametrize("http_server", ["waitress", "gevent", "gunicorn"])
def test_a_visitor_who_comes_first_waits_for_the_server_to_start(tmp_path: Path, http_server: str) -> None:
    with service(tmp_path, http_server) as running:
        assert running.get("/_health/live")[0] == 200
        assert running.hears().startswith("READY=1")


@pytest.mark.parametrize("http_server", ["waitress", "gevent"])
def test_systemd_hears_that_the_server_answers_until_it_stops(tmp_path: Path, http_server: str) -> None:
    with service(tmp_path, http_server) as running:
        assert running.get("/")[0] == 200
        heard = [running.hears() for _ in range(3)]
        running.process.send_signal(signal.SIGTERM)
        while heard[-1] == "WATCHDOG=1":
            heard.append(running.hears())
        assert (heard[:3], heard[-1]) == (["READY=1", "WATCHDOG=1", "WATCHDOG=1"], "STOPPING=1")
        assert running.process.wait(PATIENCE) == 0
