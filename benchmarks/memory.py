"""Does a server leak? `python -m benchmarks.memory [--requests 100000] [--commits 300] [--every 10000]`.

One server answers mixed requests: pages of both kinds, what is missing, sign-ins that work and that fail, and small clones and
pushes of the real hg and git. After every so many, the memory of the server and of the helpers for Mercurial is printed, with
how many threads and open files there are. Flat lines are what is wanted.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.pages import filled, ours
from kallithea.lib.access import Access
from tests.clients.server import Hosted, Person, Server, serving

CLIENT_EVERY = 500
"""Requests of browsers between two rounds of a clone and a push."""
SIGN_IN_EVERY = 50
WRONG_EVERY = 5000


def resident(pid: int) -> int:
    """Memory of a process in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def helpers(server: Server) -> list[int]:
    """The processes that carry large transfers of Mercurial."""
    children = (pid for file in Path(f"/proc/{server.pid}/task").glob("*/children") for pid in file.read_text().split())
    return [int(pid) for pid in children if b"hg.helper" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def report(server: Server, done: int, began: float) -> None:
    server_memory = resident(server.pid) / 1024
    found = helpers(server)
    helper_memory = sum(map(resident, found)) / 1024
    threads = sum(1 for _ in Path(f"/proc/{server.pid}/task").iterdir())
    files = sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())
    print(
        f"{done:>8,} requests {time.monotonic() - began:6.0f} s   server {server_memory:6.1f} MiB   {len(found)} helpers "
        f"{helper_memory:6.1f} MiB   {threads} threads   {files} files",
        flush=True,
    )


def targets(server: Server, repositories: Sequence[tuple[Hosted, str]]) -> Iterator[str]:
    """What browsers ask for, over and over: pages that are remembered, pages that are not, and what is not there."""
    known = [
        target for repository, commit in repositories for target in ours(server.authority, repository, commit).pages.values()
    ]
    for repository, _ in repositories:
        wire = "/info/refs?service=git-upload-pack" if repository.kind == "git" else "?cmd=capabilities"
        known += [f"/{repository.path}{wire}", f"/{repository.path}/branches", "/", "/_health"]
    numbers = itertools.count()
    for target in itertools.cycle(known):
        number = next(numbers)
        yield target
        yield f"/no-such-thing-{number}"
        yield f"/{repositories[number % 2][0].path}/changelog?size=20&page={number % 500 + 1}"


def clone_and_push(pusher: Person, repositories: Sequence[tuple[Hosted, str]], number: int) -> None:
    for repository, _ in repositories:
        work = pusher.clone(repository)
        work.commit(f"soak{number % 20}.txt", f"{number}\n", f"Round {number}")
        outcome = work.push()
        if not outcome.worked:
            raise SystemExit(f"a push failed: {outcome.text}")
        shutil.rmtree(work.folder)


def sign_in(server: Server, person: Person, number: int) -> None:
    """The password of a client, seldom a wrong one: those of many would be held up."""
    is_wrong = number % WRONG_EVERY == 0
    shown = Person(server, f"nobody{number}", "wrong") if is_wrong else person
    server.request("GET", f"/{number}/info/refs?service=git-upload-pack", headers=shown.basic)


def soak(server: Server, repositories: Sequence[tuple[Hosted, str]], options: argparse.Namespace) -> None:
    pusher = server.user("soaker")
    with server.app.system_scope() as scope:
        for repository, _ in repositories:
            grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
            scope.granting.give(grant, f"user:{pusher.name}", Access.WRITE)
    began = time.monotonic()
    connection = http.client.HTTPConnection(server.authority, timeout=600)
    for done, target in enumerate(itertools.islice(targets(server, repositories), options.requests), start=1):
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 500:
            raise SystemExit(f"{target} answered {answer.status}")
        if done % SIGN_IN_EVERY == 0:
            sign_in(server, pusher, done)
        if done % CLIENT_EVERY == 0:
            connection.close()  # on a busy machine the round takes longer than a server keeps an idle connection
            clone_and_push(pusher, repositories, done)
        if done % options.every == 0 or done == 1000:
            report(server, done, began)
    connection.close()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--commits", type=int, default=300)
    parser.add_argument("--every", type=int, default=10_000)
    options = parser.parse_args(arguments)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "instance").mkdir()
        with serving(folder / "instance") as server:
            repositories = []
            for kind in ("git", "hg"):
                repository, _, commit = filled(server, kind, options.commits, folder)
                repositories.append((repository, commit))
            soak(server, repositories, options)


if __name__ == "__main__":
    main()
