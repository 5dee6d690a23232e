"""A file of half a gigabyte, in git and in hg: its pages come at once, its bytes in pieces, and the server stays small."""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from pathlib import Path

import pytest

from tests.clients.histories import empty_working_copy
from tests.clients.server import Hosted, Server
from tests.clients.working_copies import Work

MEGABYTE = 1 << 20
SIZE = (500 if os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"} else 64) * MEGABYTE
MORE = b"one line more\n"
SPARE = 64 * MEGABYTE
"""What a page may take beside what the server has, with all that it starts."""
SECONDS = 20
"""Generous, as machines differ; to read the file whole takes as long for the full size."""


@pytest.fixture(name="shop", scope="module", params=["git", "hg"])
def _shop(server: Server, request: pytest.FixtureRequest) -> tuple[Hosted, str, str]:
    """A repository, a commit that adds a file of lines that cannot be packed well, and one that adds a line to it."""
    kind = request.param
    shop = server.repository(kind=kind, public=True)
    work = empty_working_copy(kind, server.new_folder())
    chance = random.Random(1)
    with (work.folder / "large.log").open("wb") as file:
        for _ in range(SIZE // MEGABYTE):
            file.write(chance.randbytes(MEGABYTE // 2).hex("\n", 32).encode()[: MEGABYTE - 1] + b"\n")
    first = _commit(work, "All lines")
    with (work.folder / "large.log").open("ab") as file:
        file.write(MORE)
    second = _commit(work, "One line more")
    store = str(server.backend(shop).path)
    work.runs(*(("push", "--quiet", store, "HEAD:refs/heads/main") if kind == "git" else ("push", "--quiet", store)))
    return shop, first, second


def _commit(work: Work, message: str) -> str:
    if (work.folder / ".git").exists():
        work.runs("add", ".")
        work.runs("commit", "--quiet", "--message", message)
        return work.runs("rev-parse", "HEAD").strip()
    work.runs("commit", "--quiet", "--addremove", "--message", message)
    return work.runs("log", "--rev", "tip", "--template", "{node}").strip()


class _Watch:
    """How many bytes the server and all its children have in memory at most, beyond what they had."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = self._most = self._now()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def more(self) -> int:
        return self._most - self._before

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self._most = max(self._most, self._now())

    def _now(self) -> int:
        return sum(_own_memory(pid) for pid in _with_children(self._pid))


def _with_children(pid: int) -> list[int]:
    found = [pid]
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [below for child in listed.read_text().split() for below in _with_children(int(child))]
        except OSError:
            continue
    return found


def _own_memory(pid: int) -> int:
    """Bytes that this process does not share with a file, such as the packs that git looks into."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def _answer(server: Server, path: str) -> tuple[int, int, bytes]:
    """Status, bytes of the body, and its end."""
    connection = http.client.HTTPConnection(server.authority, timeout=120)
    connection.request("GET", path)
    answer = connection.getresponse()
    size, end = 0, b""
    while piece := answer.read(MEGABYTE):
        size, end = size + len(piece), (end + piece)[-len(MORE) :]
    connection.close()
    return answer.status, size, end


def test_pages_take_little_time_and_memory(server: Server, shop: tuple[Hosted, str, str]) -> None:
    hosted, first, second = shop
    pages = [
        "", "/files/tip", *(f"/{room}/{commit}/large.log" for room in ("files", "annotate") for commit in (first, second)),
        f"/changeset/{first}", f"/changeset/{second}", f"/compare/rev@{first}...rev@{second}", "/changelog/tip/large.log",
        "/diff-lines/tip/large.log?start=100", "/find/tip", "/changelog",
    ]  # fmt: skip
    _answer(server, f"/{hosted.path}/changelog")
    for page in pages:
        with _Watch(server.pid) as watch:
            began = time.monotonic()
            status, size, _ = _answer(server, f"/{hosted.path}{page}")
            seconds = time.monotonic() - began

        assert (page, status, size < 60_000) == (page, 200, True)
        # git puts together in memory what it stores as a difference, and a new file, to say only that it is binary.
        reads = page.endswith(first) or "large.log" in page
        most = SPARE + (SIZE * 5 // 4 if hosted.kind == "git" and reads else 0)
        assert (page, watch.more < most) == (page, True), watch.more
        assert (page, seconds < SECONDS) == (page, True), seconds


def test_raw_bytes_and_archives_come_in_pieces(server: Server, shop: tuple[Hosted, str, str]) -> None:
    hosted, first, second = shop
    for commit, expected in ((first, SIZE), (second, SIZE + len(MORE))):
        with _Watch(server.pid) as watch:
            status, size, end = _answer(server, f"/{hosted.path}/raw/{commit}/large.log")

        assert (status, size, end == MORE) == (200, expected, commit == second)
        # What git has stored as a difference it puts together in memory.
        assert watch.more < SPARE + (SIZE * 2 if hosted.kind == "git" else 0), watch.more
    with _Watch(server.pid) as watch:
        status, size, _ = _answer(server, f"/{hosted.path}/archive/{second}.tar")
    assert (status, size > SIZE) == (200, True)
    assert watch.more < SPARE + (SIZE * 2 if hosted.kind == "git" else 0), watch.more


def test_there_is_no_patch_of_it(server: Server, shop: tuple[Hosted, str, str]) -> None:
    hosted, first, second = shop
    for room in ("changeset-diff", "changeset-patch"):
        for commit in (first, second):
            with _Watch(server.pid) as watch:
                status, _, _ = _answer(server, f"/{hosted.path}/{room}/{commit}")

            assert (room, status) == (room, 413)
            assert watch.more < SPARE, watch.more
