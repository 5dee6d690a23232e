"""Where the web server does not take requests in completely first, clients that break off are met in the middle of a push."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator

import pytest

from tests.clients.server import Hosted, Person, Server, serving
from tests.clients.working_copies import Work


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("streamed"), kind="streaming") as server:
        yield server


def test_clone_and_push(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])

    outcome = alice.clone(repository).commit("large.txt", "line\n" * 500_000).push()

    assert outcome.worked, outcome.text
    assert alice.clone(repository).verify().worked


def test_hg_is_asked_for_a_password_in_the_middle_of_a_large_push(server: Server, alice: Person) -> None:
    repository = server.repository(kind="hg", writers=[alice], public=True)

    outcome = alice.clone(repository).commit("large.bin", random.Random(1).randbytes(8 << 20)).push()

    assert outcome.worked, outcome.text


def test_a_push_that_breaks_off_changes_nothing_and_frees_the_repository(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("hello.txt", "line\n" * 100)
    target, content_type, body = push_request(work, repository, kind)
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {server.authority}",
        f"Authorization: {alice.basic['Authorization']}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    ]
    host, _, port = server.authority.partition(":")

    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body[: len(body) * 2 // 3])
        time.sleep(0.5)

    assert server.backend(repository).reader.refs().default is None
    assert server.pushes(repository) == []
    assert work.push().worked
    assert server.backend(repository).keeper.verify() == ()


def test_chunks_that_the_server_does_not_read_are_explained(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice])
    target = f"/{repository.path}/git-receive-pack"
    headers = {"Content-Type": "application/x-git-receive-pack-request", "Transfer-Encoding": "chunked", **alice.basic}

    answer = server.request("POST", target, headers=headers, body=iter([b"0000"]))

    assert answer.status == 411
    assert b"http.postBuffer" in answer.body


def push_request(work: Work, repository: Hosted, kind: str) -> tuple[str, str, bytes]:
    """Address, type and body of the request in which a client would push everything."""
    if kind == "hg":
        bundle = work.folder.parent / f"{work.folder.name}.bundle"
        work.runs("bundle", "--all", "--type", "none-v2", str(bundle))
        return f"/{repository.path}?cmd=unbundle&heads=666f726365", "application/mercurial-0.1", bundle.read_bytes()
    pack = work.folder.parent / f"{work.folder.name}.pack"
    work.runs("pack-objects", "--all", "--quiet", str(pack))
    (packed,) = pack.parent.glob(f"{pack.name}-*.pack")
    command = f"{'0' * 40} {work.tip()} refs/heads/main\0report-status\n".encode()
    body = b"%04x" % (len(command) + 4) + command + b"0000" + packed.read_bytes()
    return f"/{repository.path}/git-receive-pack", "application/x-git-receive-pack-request", body
