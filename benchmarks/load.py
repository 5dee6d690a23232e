"""One server under load: `python -m benchmarks.load [--requests 10000] [--commits 10000]`.

Prints how late a warm page comes while two clones run against when nothing runs (the 95th percentile, as a ratio), and how
much memory the server has after the first thousand mixed requests and after all of them.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.pages import ask, filled, ours
from tests.clients.server import Hosted, Server, serving
from tests.clients.working_copies import HG, run

GOAL = 3.0
"""A warm page is late by less than so many times as much while two clones run, for 95 of 100."""
PAGES = 400
PAUSE = 0.005
"""Seconds between two pages of the one who reads."""


def latencies(authority: str, target: str) -> list[float]:
    """How long each of many requests took, in milliseconds."""
    connection = http.client.HTTPConnection(authority, timeout=60)
    ask(connection, target)
    found = []
    for _ in range(PAGES):
        begin = time.perf_counter()
        ask(connection, target)
        found.append((time.perf_counter() - begin) * 1000)
        time.sleep(PAUSE)
    connection.close()
    return found


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


@contextmanager
def clones_running(server: Server, repository: Hosted, folder: Path, *, at_once: int) -> Iterator[None]:
    """Clone again and again, so many at once, until left."""
    is_over = threading.Event()

    def clone_on(number: int) -> None:
        target = folder / f"clone{number}"
        client = ["git", "clone", "--quiet", "--bare"] if repository.kind == "git" else [HG, "clone", "--quiet", "--noupdate"]
        while not is_over.is_set():
            # Clients are on other machines in real life; here they step back so that they do not count.
            run("nice", "-n", "19", *client, server.nobody.url(repository), str(target), cwd=folder)
            shutil.rmtree(target, ignore_errors=True)

    threads = [threading.Thread(target=clone_on, args=(number,)) for number in range(at_once)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def memory(server: Server) -> int:
    """The server's resident memory in KiB."""
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def mixed_requests(server: Server, repositories: Sequence[tuple[Hosted, str]], number: int) -> None:
    """Pages of all kinds, files at many commits, and listings of refs for clients."""
    connection = http.client.HTTPConnection(server.authority, timeout=60)
    targets = [
        target for repository, commit in repositories for target in ours(server.authority, repository, commit).pages.values()
    ]
    for repository, _ in repositories:
        wire = "/info/refs?service=git-upload-pack" if repository.kind == "git" else "?cmd=capabilities"
        targets += [f"/{repository.path}{wire}", f"/{repository.path}/branches", "/", f"/?filter={repository.path}"]
    pages = itertools.cycle(range(1, 150))
    for count, target in zip(range(number), itertools.cycle(targets)):
        # Every third page is one that nobody asked for lately.
        ask(
            connection, f"/{repositories[count % 2][0].path}/changelog?size=20&page={next(pages)}" if count % 3 == 0 else target
        )
    connection.close()


def measure(options: argparse.Namespace, folder: Path) -> None:
    (folder / "instance").mkdir()
    with serving(folder / "instance") as server:
        repositories = []
        for kind in ("git", "hg"):
            repository, _, commit = filled(server, kind, options.commits, folder)
            repositories.append((repository, commit))
        for repository, commit in repositories:
            page = ours(server.authority, repository, commit).pages["summary"]
            ratios = []
            for _ in range(options.rounds):
                idle = p95(latencies(server.authority, page))
                with clones_running(server, repository, folder, at_once=2):
                    time.sleep(1)
                    late = p95(latencies(server.authority, page))
                ratios.append(late / idle)
                print(f"{repository.kind}: p95 idle {idle:.1f} ms, while two clones run {late:.1f} ms", flush=True)
            ratio = statistics.median(ratios)
            verdict = "reached" if ratio < GOAL else "MISSED"
            print(
                f"{repository.kind}: ratio {ratio:.2f}, the median of {options.rounds}   goal {GOAL:.0f}   {verdict}",
                flush=True,
            )
        mixed_requests(server, repositories, 1000)
        first = memory(server)
        mixed_requests(server, repositories, options.requests)
        last = memory(server)
        print(f"memory: {first / 1024:.0f} MiB after 1,000 requests, {last / 1024:.0f} MiB after {options.requests:,} more")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5, help="of pages with and without clones, in turn")
    options = parser.parse_args(arguments)
    print(f"{options.commits} commits, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        measure(options, Path(name))


if __name__ == "__main__":
    main()
