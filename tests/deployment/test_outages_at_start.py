"""A server that starts while something is broken serves what it can, or says why it cannot, and works when that is mended."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests import databases
from tests.clients.server import Server, serving
from tests.deployment.servers import COMMANDS, instance, running
from tests.deployment.small_disks import full, read_only
from tests.deployment.test_outages import signed_in
from tests.deployment.test_servers import outcome
from tests.ports import free_port

Broken = Callable[[Path], AbstractContextManager[None]]
BREAKS = {"full": full, "read-only": read_only}
broken_disks = pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)


def away_from(folder: Path, server: Server) -> None:
    """Have the clients work in a folder of another disk."""
    server.new_folder = lambda: folder / f"work{len(list(folder.iterdir()))}"  # type: ignore[method-assign]


@broken_disks
def test_a_server_that_starts_on_a_broken_disk_lets_people_read(small_disk: Path, tmp_path: Path, broken: Broken) -> None:
    (small_disk / "server.log").symlink_to(tmp_path / "server.log")
    with serving(small_disk, database_url=databases.new_ledger(tmp_path, "sqlite")) as server:
        away_from(tmp_path, server)
        alice = server.user()
        repositories = [server.repository(kind=kind, writers=[alice]) for kind in ("git", "hg")]
        works = [alice.clone(repository) for repository in repositories]
        for work in works:
            assert work.commit("hello.txt").push().worked
            work.commit("large.bin", os.urandom(6 << 20))
        cookie = signed_in(server, alice)

        with broken(small_disk):
            server.kill()
            pages = [server.request("GET", f"/{repository.path}", headers=cookie) for repository in repositories]
            clones = [alice.tries_to_clone(repository) for repository in repositories]
            pushes = [work.push() for work in works]
            health = server.request("GET", "/_health/ready")

        assert [page.status for page in pages] == [200, 200]
        assert all(clone.worked for clone in clones), [clone.text for clone in clones]
        assert not any(push.worked for push in pushes)
        assert (health.status, "store: not ok" in health.body.decode()) == (503, True)
        again = [work.push() for work in works]
        assert all(push.worked for push in again), [push.text for push in again]
        assert "Traceback" not in server.log()


@pytest.mark.parametrize(("broken", "said"), [(full, "is full"), (read_only, "can only be read")], ids=["full", "read-only"])
def test_a_database_that_cannot_be_opened_for_its_disk_is_said_to_be_so(
    small_disk: Path, tmp_path: Path, broken: Broken, said: str
) -> None:
    (small_disk / "server.log").symlink_to(tmp_path / "server.log")
    port = free_port()
    with instance(small_disk, f"port={port}", "hg_helpers=1") as made:
        made.app.close()  # the last one to leave takes along what SQLite needs beside its file
        with broken(small_disk):
            ended = outcome(small_disk, COMMANDS["waitress"])

        assert ended.returncode != 0
        assert "error: The database cannot be opened" in ended.stdout
        assert f"hint: The disk of {small_disk} {said}" in ended.stdout
        assert "Traceback" not in ended.stdout
        with running(made, COMMANDS["waitress"], f"127.0.0.1:{port}") as server:
            assert server.request("GET", "/").status == 200
