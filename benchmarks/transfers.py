"""Clone, fetch and push against `git http-backend` and `hgweb`: `python -m benchmarks.transfers [--commits 5000] [--rounds 9]`.

Ours and the peer run in one process each behind the same web server and take turns. What counts is the median of the ratios of
two neighbours, of the time that the client's command takes. Ours checks passwords, access and enters the ledger; the peers do
not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.histories import empty_working_copy, write_history
from tests.clients.server import CHECKOUT, Person, Server, serving
from tests.clients.working_copies import Work, run

TARGET = 1.15
MORE = 20
"""Commits that a fetch brings."""
PUSH = {"git": ("push", "--quiet", "--all"), "hg": ("push", "--quiet", "--new-branch")}


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of others, and the folder with its repositories."""

    kind: str
    folder: Path
    authority: str

    def new_repository(self, name: str) -> str:
        """Make an empty repository; its address."""
        target = self.folder / name
        if self.kind == "git":
            run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(target), cwd=self.folder)
        else:
            empty_working_copy("hg", target)
        return f"http://{self.authority}/{name}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One comparison: seconds of each round."""

    name: str
    ours: list[float]
    theirs: list[float]

    @property
    def ratio(self) -> float:
        """The median over pairs of neighbours, which a machine that is now fast and now slow disturbs least."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    def __str__(self) -> str:
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        verdict = "within" if self.ratio <= TARGET else "ABOVE"
        return f"{self.name:<28} ours {ours:6.2f} s   peer {theirs:6.2f} s   ratio {self.ratio:5.2f}   {verdict} {TARGET}"


@contextmanager
def peer(kind: str, folder: Path) -> Iterator[Peer]:
    """Run a peer in a process of its own, on a free port of this machine."""
    folder.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        host, port = listening.getsockname()
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers", kind, str(folder), str(listening.fileno())],
            cwd=CHECKOUT,
            pass_fds=[listening.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        yield Peer(kind.partition("-")[0], folder, f"{host}:{port}")
    finally:
        child.terminate()
        child.wait(30)


def timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def alternate(name: str, ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Measured:
    """Take turns, after one round of each that does not count."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return Measured(name, [pair[0] for pair in pairs], [pair[1] for pair in pairs])


def clone_time(kind: str, address: str, folder: Path) -> float:
    """Seconds of a clone without a checkout."""
    target = folder / "clone"
    option = "--no-checkout" if kind == "git" else "--noupdate"
    client = "git" if kind == "git" else str(Path(sys.executable).parent / "hg")
    seconds = timed(lambda: _worked(run(client, "clone", "--quiet", option, address, str(target), cwd=folder)))
    shutil.rmtree(target)
    return seconds


def fetch_time(kind: str, stale: Path) -> float:
    """Seconds of bringing an older clone up to date; the clone stays as it is."""
    target = stale.with_name("fetched")
    shutil.copytree(stale, target, symlinks=True)
    client = ("git", "fetch", "--quiet") if kind == "git" else (str(Path(sys.executable).parent / "hg"), "pull", "--quiet")
    seconds = timed(lambda: _worked(run(*client, cwd=target)))
    shutil.rmtree(target)
    return seconds


def push_time(work: Work, address: str) -> float:
    """Seconds of a push of everything into an empty repository."""
    return timed(lambda: _worked(work.tries(*PUSH[work_kind(work)], address)))


def work_kind(work: Work) -> str:
    return "git" if (work.folder / ".git").is_dir() else "hg"


def _worked(outcome: object) -> None:
    if getattr(outcome, "status", 1) != 0:
        raise SystemExit(f"a client failed: {outcome}")


def compare(kind: str, peer_name: str, server: Server, pusher: Person, folder: Path, options: argparse.Namespace) -> None:
    """Print the ratios for clone and push of one kind."""
    work = empty_working_copy(kind, folder / f"history-{peer_name}")
    write_history(work, options.commits)
    numbers = iter(range(1_000_000))
    with peer(peer_name, folder / f"peer-{peer_name}") as other:

        def push_ours() -> float:
            repository = server.repository(kind=kind, writers=[pusher], public=True)
            return push_time(work, pusher.url(repository))

        def push_theirs() -> float:
            return push_time(work, other.new_repository(f"pushed{next(numbers)}"))

        print(alternate(f"{peer_name}: push", push_ours, push_theirs, options.rounds), flush=True)

        ours = server.repository(kind=kind, writers=[pusher], public=True)
        theirs = other.new_repository("cloned")
        push_time(work, pusher.url(ours))
        push_time(work, theirs)
        measured = alternate(
            f"{peer_name}: clone",
            lambda: clone_time(kind, server.nobody.url(ours), folder),
            lambda: clone_time(kind, theirs, folder),
            options.rounds,
        )
        print(measured, flush=True)

        stale_ours, stale_theirs = (
            clone_to(kind, address, folder / f"stale-{peer_name}-{side}")
            for side, address in (("ours", server.nobody.url(ours)), ("theirs", theirs))
        )
        work.runs(*(("reset", "--quiet") if kind == "git" else ("update", "--quiet", "default")))
        for number in range(MORE):
            work.commit(f"more{number}.txt")
        push_time(work, pusher.url(ours))
        push_time(work, theirs)
        print(
            alternate(
                f"{peer_name}: fetch",
                lambda: fetch_time(kind, stale_ours),
                lambda: fetch_time(kind, stale_theirs),
                options.rounds,
            ),
            flush=True,
        )


def clone_to(kind: str, address: str, target: Path) -> Path:
    client = (
        ("git", "clone", "--quiet", "--mirror") if kind == "git" else (str(Path(sys.executable).parent / "hg"), "clone", "-qU")
    )
    _worked(run(*client, address, str(target), cwd=target.parent))
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("peers", nargs="*", default=["git", "git-plain", "hg"], help="git (as careful as ours), git-plain, hg")
    options = parser.parse_args()
    print(f"{options.commits} commits, {options.rounds} rounds, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print("peers behind waitress: git http-backend over a CGI bridge, hgweb; one process each")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "instance").mkdir()
        with serving(folder / "instance") as server:
            pusher = server.user("pusher")
            for peer_name in options.peers:
                compare(peer_name.partition("-")[0], peer_name, server, pusher, folder, options)


if __name__ == "__main__":
    main()
