"""kill -9 of server or client at random moments of a push: nothing acknowledged is lost, and the next push just works.

`KALLITHEA_KILLS` says how many moments each kind gets; `make test-all` asks for hundreds.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.clients.server import Hosted, Person, Server, serving
from tests.clients.working_copies import PATIENCE, Work, environment

KILLS = int(os.environ.get("KALLITHEA_KILLS", "6"))
PUSH = {"git": ("push", "origin", "HEAD"), "hg": ("push",)}
LONGEST = 1.5
"""Seconds within which the kill comes; most pushes below take less."""


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, which no other test needs alive."""
    with serving(tmp_path_factory.mktemp("mortal")) as server:
        yield server


def started(work: Work, kind: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*work.client(), *PUSH[kind]],
        cwd=work.folder,
        env={**environment(work.folder), **work.more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_group(client: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(client.pid, signal.SIGKILL)


@pytest.mark.parametrize("victim", ["server", "client"])
def test_a_push_killed_at_any_moment_loses_nothing_acknowledged(server: Server, alice: Person, kind: str, victim: str) -> None:
    chance = random.Random(f"{kind} {victim}")
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("first.txt")
    assert work.push().worked
    acknowledged = work.tip()

    for moment in range(KILLS):
        work.commit(f"file{moment}.bin", chance.randbytes(chance.choice([100, 300_000, 3_000_000])))
        client = started(work, kind)
        time.sleep(chance.random() * LONGEST)
        if victim == "server":
            server.kill()
            with suppress(subprocess.TimeoutExpired):
                client.wait(10)
        kill_group(client)
        if client.wait(PATIENCE) == 0:
            acknowledged = work.tip()
        if kind == "hg":
            work.tries("recover")  # as hg says where the client was killed while it noted what is public

        assert contains(server, repository, acknowledged)

    again = work.push()
    if again.says("changed while pushing"):
        again = work.push()  # what the killed client had sent whole was taken meanwhile
    assert again.worked or again.says("no changes found"), again.text
    backend = server.backend(repository)
    assert backend.reader.resolve("").id.hex == work.tip()
    assert backend.keeper.verify() == ()
    other = alice.clone(repository)
    assert other.tip() == work.tip()
    assert other.verify().worked


def contains(server: Server, repository: Hosted, commit: str) -> bool:
    """Whether a commit is in the repository on disk, reachable from a ref."""
    reader = server.backend(repository).reader
    heads = [ref.target for ref in (*reader.refs().branches, *reader.refs().bookmarks)]
    return any(found.id.hex == commit for found in reader.history(heads))
