"""A Redis of the tests' own: on a free port of this machine, without a password, gone with the test that started it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.ports import free_port

PATIENCE = 60.0
"""Seconds for a start; a machine with other work on it is slow."""


class RedisServer:
    """A running Redis; stopping and starting it again keeps its port and forgets what it held."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """The address, as settings and clients write it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A connection for the test itself."""
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Begin to answer, on the port of before if there was one."""
        for _ in range(10):
            port = self.port or free_port()
            if self._answers_at(port):
                self.port = port
                return
        raise AssertionError(f"redis-server does not start: {self._log().read_text(errors='replace')}")

    def stop(self) -> None:
        """Refuse all connections from now on."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _answers_at(self, port: int) -> bool:
        """Start on a port; False if somebody else took it meanwhile."""
        command = [self._program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        with self._log().open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--save", "", "--appendonly", "no", "--daemonize", "no"], stdout=log, stderr=log
            )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with redis.Redis(port=port) as client:
                    client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return self._process.poll() is None
        self.stop()
        return False

    def _log(self) -> Path:
        return self._folder / "redis.log"


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """A Redis that keeps its log in a folder; skips the test where there is no redis-server."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    server = RedisServer(program, folder)
    try:
        yield server
    finally:
        server.stop()
