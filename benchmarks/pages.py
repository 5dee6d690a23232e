"""Pages against cgit, klaus and hgweb: `python -m benchmarks.pages [--commits 10000] [--rounds 7] [--clients 4]`.

Ours and the peer take turns on the same repository, two processes on each side; wrk (https://github.com/wg/wrk), which has to
be installed, asks as four clients. What is printed is how many pages each gives in a second, the median of the ratios of two
neighbours, and the goal. Pages that a peer has not are left out. Pages of servers that just started and remember nothing are
compared with klaus too, in milliseconds. cgit runs as it is meant to, as a CGI program behind nginx and fcgiwrap; ours, hgweb
and klaus behind uWSGI, or behind waitress where they just started. Where a peer is not installed, its part is left out.
"""

from __future__ import annotations

import argparse
import http.client
import importlib.util
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import FOLDER, OURS, WHAT
from benchmarks.transfers import peer
from tests.clients.histories import empty_working_copy, write_history
from tests.clients.server import CHECKOUT, Hosted, Server, serving
from tests.clients.working_copies import Work, run

SECONDS = 2
"""How long each turn lasts."""
PROCESSES = 2
"""On each side."""
THREADS = 4
"""Of each process behind uWSGI."""
STARTING = 60
"""Seconds until a server has to answer."""
PAGE = 50
"""Commits on a page of the history, as in cgit."""
GOALS = {"cgit": 2.0, "klaus": 5.0, "hgweb": 20.0}
"""How many times as many HTML pages as the peer."""
NO_HTML = frozenset({"raw", "archive"})
COMPILED = "templates"
"""What stays in our cache when everything that was kept of repositories is taken away: code, as in the `.pyc` files of both."""
CGIT = Path("/usr/lib/cgit/cgit.cgi")
FILE = "folder1/file1.txt"


@dataclass(frozen=True, slots=True)
class Site:
    """A server, and the address of each kind of page."""

    authority: str
    pages: dict[str, str]


@dataclass(frozen=True, slots=True)
class Commits:
    """The ids of a commit somewhat below the tip and of its parent."""

    id: str
    parent: str


def ours(authority: str, repository: Hosted, commit: Commits) -> Site:
    base = f"/{repository.path}"
    branch = "main" if repository.kind == "git" else "default"
    return Site(
        authority,
        {
            "summary": base,
            "changelog": f"{base}/changelog?size={PAGE}",
            "folder": f"{base}/files/{branch}/",
            "file": f"{base}/files/{branch}/{FILE}",
            "annotate": f"{base}/annotate/{branch}/{FILE}",
            "changeset": f"{base}/changeset/{commit.id}",
            "diff": f"{base}/compare/rev@{commit.parent}...rev@{commit.id}",
            "refs": f"{base}/branches",
            "raw": f"{base}/raw/{branch}/{FILE}",
            "archive": f"{base}/archive/{branch}.tar.gz",
        },
    )


def cgit_pages(authority: str, commit: Commits) -> Site:
    return Site(
        authority,
        {
            "summary": "/measured/",
            "changelog": "/measured/log/",
            "folder": "/measured/tree/",
            "file": f"/measured/tree/{FILE}",
            "annotate": f"/measured/blame/{FILE}",
            "changeset": f"/measured/commit/?id={commit.id}",
            "diff": f"/measured/diff/?id={commit.id}&id2={commit.parent}",
            "refs": "/measured/refs/",
            "raw": f"/measured/plain/{FILE}",
            "archive": "/measured/snapshot/measured-main.tar.gz",
        },
    )


def hgweb_pages(authority: str, name: str, commit: Commits) -> Site:
    return Site(
        authority,
        {
            "summary": f"/{name}/",
            "changelog": f"/{name}/shortlog?revcount={PAGE}",
            "folder": f"/{name}/file/tip/",
            "file": f"/{name}/file/tip/{FILE}",
            "annotate": f"/{name}/annotate/tip/{FILE}",
            "changeset": f"/{name}/rev/{commit.id}",
            "refs": f"/{name}/branches",
            "raw": f"/{name}/raw-file/tip/{FILE}",
            "archive": f"/{name}/archive/tip.tar.gz",
        },
    )


def klaus_pages(authority: str, commit: Commits) -> Site:
    return Site(
        authority,
        {
            "summary": "/measured/",
            "changelog": "/measured/tree/main/",
            "folder": "/measured/tree/main/folder1",
            "file": f"/measured/blob/main/{FILE}",
            "annotate": f"/measured/blame/main/{FILE}",
            "changeset": f"/measured/commit/{commit.id}/",
            "raw": f"/measured/raw/main/{FILE}",
            "archive": "/measured/tarball/main/",
        },
    )


@contextmanager
def cgit(folder: Path, repository: Path) -> Iterator[str]:
    """nginx before fcgiwrap, with as many processes each; that starts cgit for every page. Gives the authority."""
    folder.mkdir()
    (folder / "cgitrc").write_text(
        f"virtual-root=/\ncache-size=0\nmax-commit-count={PAGE}\nenable-blame=1\nsnapshots=tar.gz\n"
        f"repo.url=measured\nrepo.path={repository}\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    (folder / "nginx.conf").write_text(_nginx_settings(folder, port))
    command = ["fcgiwrap", "-c", str(PROCESSES), "-s", f"unix:{folder}/socket"]
    # A session of its own: its processes outlive it unless they are ended with it.
    wrap = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        nginx.terminate()
        os.killpg(wrap.pid, signal.SIGTERM)
        for child in (nginx, wrap):
            child.wait(10)


@contextmanager
def uwsgi(what: str, folder: Path) -> Iterator[str]:
    """uWSGI with the application of ours or of a peer, each process with its own; gives the authority."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        authority = f"127.0.0.1:{found.getsockname()[1]}"
    child = subprocess.Popen(
        [
            *(str(Path(sys.executable).parent / "uwsgi"), "--http-socket", authority, "--module", "benchmarks.served"),
            *("--processes", str(PROCESSES), "--threads", str(THREADS), "--master", "--lazy-apps", "--need-app"),
            *("--die-on-term", "--disable-logging", "--buffer-size", "32768"),
        ],
        cwd=CHECKOUT,
        env={**os.environ, WHAT: what, FOLDER: str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + STARTING
        while not _answers(authority):
            if child.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"uWSGI does not serve {what}")
            time.sleep(0.5)
        yield authority
    finally:
        child.send_signal(signal.SIGINT)  # at once, whoever still asks
        child.wait(30)


def _answers(authority: str) -> bool:
    connection = http.client.HTTPConnection(authority, timeout=STARTING)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _nginx_settings(folder: Path, port: int) -> str:
    parameters = {
        "SCRIPT_FILENAME": CGIT,
        "PATH_INFO": "$uri",
        "QUERY_STRING": "$args",
        "REQUEST_METHOD": "GET",
        "HTTP_HOST": "$host",
        "CGIT_CONFIG": folder / "cgitrc",
    }
    lines = [
        "daemon off;",
        # Only root may choose; without the choice its workers could not reach the folder.
        *(["user root;"] if os.getuid() == 0 else []),
        f"worker_processes {PROCESSES};",
        f"pid {folder}/pid;",
        f"error_log {folder}/error.log;",
        "events {}",
        "http { access_log off;",
        *(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "fastcgi", "proxy", "uwsgi", "scgi")),
        f"server {{ listen 127.0.0.1:{port}; location / {{ fastcgi_pass unix:{folder}/socket;",
        *(f"fastcgi_param {name} {value};" for name, value in parameters.items()),
        "} } }",
    ]
    return "\n".join(lines) + "\n"


def ask(connection: http.client.HTTPConnection, target: str) -> int:
    connection.request("GET", target)
    answer = connection.getresponse()
    size = len(answer.read())
    if answer.status != 200:
        raise SystemExit(f"{target} answered {answer.status}")
    return size


def pages_per_second(site: Site, kind: str, clients: int) -> float:
    """How many pages so many clients get that each wait for one before they ask for the next."""
    address = f"http://{site.authority}{site.pages[kind]}"
    said = run(
        "wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{SECONDS}s", address, cwd=Path.cwd()
    ).text
    rate = re.search(r"Requests/sec: +([0-9.]+)", said)
    # Of a server that ends each connection with its answer, wrk says that each could not be read.
    failed = re.search(r"connect (\d+), read \d+, write (\d+), timeout (\d+)", said)
    if rate is None or "Non-2xx" in said or (failed and set(failed.groups()) != {"0"}):
        raise SystemExit(f"{address}: {said}")
    return float(rate[1])


def goal(name: str, kind: str) -> float:
    """How many times as many pages as the peer there shall be."""
    return 1.0 if kind in NO_HTML else GOALS[name]


def compare(name: str, we: Site, they: Site, options: argparse.Namespace) -> None:
    many = options.clients
    for kind in [kind for kind in we.pages if kind in they.pages]:
        for side in (we, they):
            pages_per_second(side, kind, many)  # each process has it once
        pairs = [(pages_per_second(we, kind, many), pages_per_second(they, kind, many)) for _ in range(options.rounds)]
        mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        wanted = goal(name, kind)
        verdict = "reached" if ratio >= wanted else "MISSED"
        told = f"ours {mine:7.0f}/s   peer {theirs:7.0f}/s   ratio {ratio:6.2f}   goal {wanted:4.0f}   {verdict}"
        print(f"{name:<6} {kind:<10} {told}", flush=True)


def compare_cold(server: Server, folder: Path, we: Site, commit: Commits, *, rounds: int) -> None:
    """The first page of each kind after a start with nothing remembered, against klaus: milliseconds, and their ratio."""
    klaus = klaus_pages("", commit).pages
    for kind in [kind for kind in we.pages if kind in klaus]:
        pairs = []
        for _ in range(rounds):
            server.kill()
            for kept in server.app.settings.cache_dir.iterdir():
                if kept.name != COMPILED:
                    shutil.rmtree(kept, ignore_errors=True)
            mine = first_answer(we.authority, "/_admin/login", we.pages[kind])
            with peer("klaus", folder / "klaus") as other:
                pairs.append((mine, first_answer(other.authority, "/robots.txt/", klaus[kind])))
        mine, theirs = (1000 * statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        verdict = "reached" if ratio <= 1 else "MISSED"
        told = f"ours {mine:7.1f} ms   peer {theirs:7.1f} ms   ratio {ratio:6.2f}   goal    1   {verdict}"
        print(f"cold   {kind:<10} {told}", flush=True)


def first_answer(authority: str, before: str, target: str) -> float:
    """Seconds that an address takes in a server that was asked for nothing but another one, which tells that it is up."""
    connection = http.client.HTTPConnection(authority, timeout=60)
    connection.request("GET", before)
    connection.getresponse().read()
    begin = time.perf_counter()
    ask(connection, target)
    connection.close()
    return time.perf_counter() - begin


def filled(server: Server, kind: str, commits: int, folder: Path) -> tuple[Hosted, Work, Commits]:
    """A public repository with a history, and the id of a commit somewhat below its tip."""
    work = empty_working_copy(kind, folder / f"history-{kind}")
    write_history(work, commits)
    pusher = server.user(f"pusher-{kind}")
    repository = server.repository(kind=kind, writers=[pusher], public=True)
    address = pusher.url(repository)
    arguments = ("push", "--quiet", "--all", address) if kind == "git" else ("push", "--quiet", "--new-branch", address)
    work.runs(*arguments)
    asked = ("rev-parse", "main~3", "main~4") if kind == "git" else ("log", "-r", "default~3+default~4", "-T", "{node}\n")
    return repository, work, Commits(*work.runs(*asked).split())


def measure(options: argparse.Namespace, folder: Path) -> None:
    (folder / "instance").mkdir()
    with serving(folder / "instance") as server:
        repository, _, commit = filled(server, "git", options.commits, folder)
        store = server.app.settings.repos_path / repository.location
        with uwsgi(OURS, server.folder) as authority:
            we = ours(authority, repository, commit)
            if CGIT.exists() and shutil.which("nginx") and shutil.which("fcgiwrap"):
                with cgit(folder / "cgit", store) as other:
                    time.sleep(1)
                    compare("cgit", we, cgit_pages(other, commit), options)
            else:
                print("cgit, nginx and fcgiwrap are not all installed: left out")
            if importlib.util.find_spec("klaus"):
                run("git", "clone", "--quiet", "--bare", str(store), str(folder / "klaus" / "measured"), cwd=folder)
                with uwsgi("klaus", folder / "klaus") as other:
                    compare("klaus", we, klaus_pages(other, commit), options)
            else:
                print("klaus is not installed: left out")
        if importlib.util.find_spec("klaus"):
            compare_cold(server, folder, ours(server.authority, repository, commit), commit, rounds=options.rounds)
        repository, work, commit = filled(server, "hg", options.commits, folder)
        (folder / "peer").mkdir()
        run("hg", "clone", "--noupdate", "--quiet", str(work.folder), str(folder / "peer" / "measured"), cwd=folder)
        with uwsgi(OURS, server.folder) as authority, uwsgi("hg", folder / "peer") as other:
            compare("hgweb", ours(authority, repository, commit), hgweb_pages(other, "measured", commit), options)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args(arguments)
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed; on Debian: apt-get install wrk")
    print(f"{options.commits} commits, {options.clients} clients, {PROCESSES} processes a side", end=", ")
    print(f"{os.cpu_count()} processors", end=", ")
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        measure(options, Path(name))


if __name__ == "__main__":
    main()
