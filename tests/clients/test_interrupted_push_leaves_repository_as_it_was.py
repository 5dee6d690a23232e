"""A push that breaks off, at whatever moment, is a push that never was; the next one works."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time

import pytest

from tests.clients.server import Person, Server
from tests.clients.working_copies import environment

PUSH = {"git": ("push", "origin", "HEAD"), "hg": ("push",)}
LARGE = 12 << 20


@pytest.mark.parametrize("moment", [0.1, 0.5, 0.9])
def test_interrupted_push_leaves_repository_as_it_was(server: Server, alice: Person, kind: str, moment: float) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("first.txt")
    before = work.tip()
    assert work.push().worked
    work.commit("large.bin", random.Random(moment).randbytes(LARGE))
    client = subprocess.Popen(
        [*work.client(), *PUSH[kind]],
        cwd=work.folder,
        env={**environment(work.folder), **work.more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(moment)

    os.killpg(client.pid, signal.SIGKILL)  # git's helper that talks to the server is a process of its own
    client.wait()

    assert server.backend(repository).reader.resolve("").id.hex in (before, work.tip())
    work.push()  # may lose against the first one, if that had been sent completely and is still being taken in
    again = work.push()
    assert again.worked or again.says("no changes found")
    assert server.backend(repository).reader.resolve("").id.hex == work.tip()
    assert server.backend(repository).keeper.verify() == ()


def test_half_a_request_changes_nothing(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice])
    host, _, port = server.authority.partition(":")
    lines = [
        f"POST /{repository.path}/git-receive-pack HTTP/1.1",
        f"Host: {server.authority}",
        f"Authorization: {alice.basic['Authorization']}",
        "Content-Type: application/x-git-receive-pack-request",
        "Content-Length: 100000",
    ]
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + bytes(50_000))

    assert alice.clone(repository).commit("hello.txt").push().worked
    assert len(server.pushes(repository)) == 1
