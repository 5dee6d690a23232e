"""How soon a server answers after its start: `python -m benchmarks.start [--rounds 7] [SERVER…]`.

An instance as config-create and db-create make it, with a repository of each kind and a cache that is filled, is started again
and again by each server. Shown are medians, in milliseconds from the start of the process to the whole first page, and to the
page of a repository behind it; the first of them shall take less than a second and a half.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.pages import ask
from tests.clients.server import Server
from tests.deployment.servers import COMMANDS, Instance, end, instance, program, running
from tests.ports import free_port

GOAL = 1500.0
"""Milliseconds."""


def measure(http_server: str, rounds: int, folder: Path) -> None:
    port = free_port()
    with instance(folder, f"http_server={http_server}", f"port={port}") as made:
        authority = f"127.0.0.1:{port}"
        with running(made, COMMANDS[http_server], authority) as server:
            targets = ["/", *(f"/{name}" for name in repositories(server))]
            times_of_one(authority, targets)
        times = [restarted(made, COMMANDS[http_server], authority, targets) for _ in range(rounds)]
    first, git, hg = (statistics.median(found) for found in zip(*times, strict=True))
    verdict = "reached" if first < GOAL else "MISSED"
    print(f"{http_server:<9} first page {first:5.0f}   git {git:5.0f}   hg {hg:5.0f}   goal {GOAL:.0f}   {verdict}", flush=True)


def repositories(server: Server) -> Sequence[str]:
    """The paths of a git and an hg repository with a commit each."""
    alice = server.user()
    found = [server.repository(kind=kind, writers=[alice], public=True) for kind in ("git", "hg")]
    for repository in found:
        assert alice.clone(repository).commit("hello.txt").push().worked
    return [repository.path for repository in found]


def restarted(made: Instance, command: Sequence[str], authority: str, targets: Sequence[str]) -> Sequence[float]:
    """Milliseconds from a start to the whole answer to each target, one asked after the other."""
    began = time.perf_counter()
    with made.log.open("ab") as log:
        process = subprocess.Popen([program(command[0]), *command[1:]], cwd=made.folder, stdout=log, stderr=log)
    try:
        return [1000 * (found - began) for found in times_of_one(authority, targets)]
    finally:
        end(process)


def times_of_one(authority: str, targets: Sequence[str]) -> Sequence[float]:
    """When each answer was there."""
    found = []
    for target in targets:
        while len(found) <= targets.index(target):
            with suppress(ConnectionError, http.client.HTTPException):
                connection = http.client.HTTPConnection(authority, timeout=60)
                try:
                    ask(connection, target)
                    found.append(time.perf_counter())
                finally:
                    connection.close()
            time.sleep(0.002)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("servers", nargs="*", default=list(COMMANDS))
    options = parser.parse_args()
    for http_server in options.servers:
        with tempfile.TemporaryDirectory(prefix="kallithea-start-") as name:
            measure(http_server, options.rounds, Path(name))


if __name__ == "__main__":
    sys.exit(main())
