"""A server or a git killed in the middle of a push loses nothing that was acknowledged and stops nobody."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.locks import writer_lock
from tests.contracts.git_history import GitHistory
from tests.lib.vcs.git.loopback import serving

ROOT = Path(__file__).parents[4]
POINTS = 13


def push_body(client: GitHistory, old: str, new: str) -> bytes:
    command = f"{old} {new} refs/heads/main\0report-status".encode()
    wanted = new if old == "0" * 40 else f"{new}\n^{old}"
    pack = subprocess.run(
        ["git", "pack-objects", "--revs", "--stdout", "-q"],
        cwd=client.work,
        env=client.environment(),
        input=wanted.encode() + b"\n",
        capture_output=True,
        check=True,
    ).stdout
    return b"%04x%s0000%s" % (len(command) + 4, command, pack)


def children(pid: int) -> list[int]:
    with suppress(OSError):
        found = [Path(f"/proc/{pid}/task/{task.name}/children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        return [int(child) for line in found for child in line.split()]
    return []


def killed_push(backend: Backend, body: Path, cache: Path, *, delay: float, victim: str) -> str:
    """Serve a push in a process of its own and kill that, or the git below it, after a while; what it said until then."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.lib.vcs.git.serve_one_push", str(backend.path), str(body), str(cache)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    said = server.stdout.readline()
    time.sleep(delay)
    for pid in [server.pid] if victim == "server" else children(server.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    said += server.stdout.read()
    server.stdout.close()
    server.wait()
    return said


def main_of(backend: Backend) -> str:
    run = subprocess.run(["git", "rev-parse", "-q", "--verify", "main"], cwd=backend.path, capture_output=True, text=True)
    return run.stdout.strip()


@pytest.mark.parametrize("victim", ["server", "git"])
def test_next_push_works_after_a_kill_at_any_moment(client: GitHistory, backend: Backend, tmp_path: Path, victim: str) -> None:
    chance = random.Random(7)
    old = client.commit({"start": b""})
    body = tmp_path / "body"
    with serving(lambda: backend) as (address, _):
        client.git("push", "-q", address, "main")
        for number in range(POINTS):
            files = {f"{number}/{part}": chance.randbytes(300) for part in range(chance.choice([3, 150]))}
            new = client.commit(files)
            body.write_bytes(push_body(client, old, new))

            said = killed_push(backend, body, tmp_path / "cache", delay=chance.uniform(0, 0.06), victim=victim)

            wait_until_free(backend)
            assert main_of(backend) in ({new} if "pushed" in said else {old, new})
            old = client.commit({"after": b"%d" % number})
            client.git("push", "-q", address, "main")
            assert main_of(backend) == old
    assert backend.keeper.verify() == ()
    assert list(backend.path.glob("objects/tmp_objdir-*")) == []


def wait_until_free(backend: Backend) -> None:
    """A git that outlived its server holds the lock as long as it lives."""
    with writer_lock(backend.path):
        pass
