"""Pushes that are killed at any moment lose nothing that was acknowledged, and the next one works."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from mercurial import lock as hglock

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import RepositoryBusy
from kallithea.lib.vcs.hg.pool import HelperPool
from kallithea.lib.vcs.locks import writer_lock
from tests.contracts.hg_history import HG, HgHistory, hg_environment, run_hg
from tests.lib.vcs.hg.loopback import Loopback

MOMENTS = 25


def pool_of(backend: Backend) -> HelperPool:
    pool: HelperPool = backend.server.pool  # type: ignore[attr-defined]  # the contract has no pools, hg has
    return pool


def tip(folder: Path) -> str:
    return run_hg("log", "--rev", "tip", "--template", "{node}", cwd=folder)


def test_killed_helpers_and_clients_lose_nothing(history: HgHistory, door: Loopback) -> None:
    chance = random.Random(20200101)
    history.commit({"start": b"x"})
    history.hg("push", door.address)
    acknowledged = tip(history.work)
    for moment in range(MOMENTS):
        history.commit({f"file{moment}-{n}": b"%d" % n * 50 for n in range(40)}, f"commit {moment}")
        client = subprocess.Popen([HG, "push", door.address], cwd=history.work, env=hg_environment(), stdout=-3, stderr=-3)
        time.sleep(chance.uniform(0.15, 0.7))
        victim = chance.choice(["client", "helper"])
        pids = [helper.pid for helper in pool_of(door.backend)._known if helper.is_alive]
        for pid in [client.pid] if victim == "client" else pids:
            os.kill(pid, signal.SIGKILL)
        if client.wait() == 0:
            acknowledged = tip(history.work)
        run_hg("recover", cwd=history.work, expected=(0, 1))  # the client's own repository, when it was killed

        assert door.backend.reader.resolve(acknowledged).id.hex == acknowledged

    history.push(door.address)

    assert door.backend.reader.resolve("tip").id.hex == tip(history.work)
    run_hg("verify", "--quiet", cwd=history.store)


def test_a_body_that_breaks_off_changes_nothing(history: HgHistory, door: Loopback) -> None:
    host, port = door.address.removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /?cmd=unbundle HTTP/1.1\r\nHost: x\r\nContent-Type: application/mercurial-0.1\r\n"
            b"X-HgArg-1: heads=666f726365\r\nContent-Length: 1000\r\n\r\nHG20\0\0\0\0"
        )

    commit = history.commit({"a": b"1"})
    history.hg("push", door.address)

    assert door.backend.reader.resolve("tip").id.hex == commit


def test_an_abandoned_transaction_is_rolled_back_by_the_next_push(history: HgHistory, door: Loopback) -> None:
    history.commit({"a": b"1"})
    history.hg("push", door.address)
    changelog = history.store / ".hg" / "store" / "00changelog.i"
    size = changelog.stat().st_size
    (history.store / ".hg" / "store" / "journal").write_bytes(b"00changelog.i\0%d\n" % size)
    (history.store / ".hg" / "store" / "journal.backupfiles").write_bytes(b"2\n")
    with changelog.open("ab") as file:
        file.write(b"half a commit")
    second = history.commit({"a": b"2"})

    history.hg("push", door.address)

    assert door.backend.reader.resolve("tip").id.hex == second
    assert door.backend.keeper.verify() == ()


@pytest.mark.parametrize("owner", ["dead process", "other machine", "younger process"])
def test_locks_of_the_dead_are_broken(history: HgHistory, door: Loopback, owner: str) -> None:
    lock = history.store / ".hg" / "store" / "lock"
    here = hglock._getlockprefix().decode()
    lock.symlink_to({"dead process": f"{here}:4194303", "other machine": "elsewhere:1", "younger process": f"{here}:1"}[owner])
    if owner == "younger process":
        os.utime(lock, (1, 1), follow_symlinks=False)
    commit = history.commit({"a": b"1"})

    history.hg("push", door.address)

    assert door.backend.reader.resolve("tip").id.hex == commit


def test_pushes_wait_for_the_writer_lock(history: HgHistory, door: Loopback) -> None:
    history.commit({"a": b"1"})
    with writer_lock(history.store):
        client = subprocess.Popen([HG, "push", door.address], cwd=history.work, env=hg_environment(), stdout=-3, stderr=-3)
        time.sleep(1.5)
        waiting = client.poll() is None

    assert waiting
    assert client.wait() == 0


def test_who_finds_all_helpers_busy_is_told_so(tmp_path: Path) -> None:
    pool = HelperPool(1, tmp_path, patience=0.05)
    helper = pool.take()

    with pytest.raises(RepositoryBusy):
        pool.take()

    pool.give_back(helper)
    pool.close()


def test_who_waits_gets_the_helper_that_becomes_free(tmp_path: Path) -> None:
    pool = HelperPool(1, tmp_path)
    helper = pool.take()
    threading.Timer(0.1, pool.give_back, [helper]).start()

    assert pool.take() is helper

    pool.give_back(helper)
    pool.close()


def test_a_forked_process_begins_with_a_pool_of_its_own(tmp_path: Path) -> None:
    pool = HelperPool(1, tmp_path)
    pool.give_back(pool.take())

    child = os.fork()
    if child == 0:
        os._exit(len(pool._idle))

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    pool.close()


def test_helpers_end_with_the_pool(tmp_path: Path) -> None:
    pool = HelperPool(2, tmp_path)
    helper = pool.take()
    pool.give_back(helper)

    pool.close()

    assert not helper.is_alive
