"""Where the web server does not take requests in completely first, clients that break off are met in the middle of a push."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

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


def test_who_dribbles_keeps_nobody_else_from_pushing(server: Server, alice: Person, bob: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice, bob])
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
        outcome = bob.clone(repository).commit("other.txt").push()

        assert outcome.worked, outcome.text
    assert len(server.pushes(repository)) == 1


def test_git_pushes_in_chunks(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice])
    work = alice.clone(repository).commit("large.bin", random.Random(1).randbytes(3_000_000))
    work.runs("config", "http.postBuffer", "1000")

    outcome = work.push()

    assert outcome.worked, outcome.text
    assert server.backend(repository).reader.resolve("main").id.hex == work.tip()


def test_a_reader_who_pushes_much_hears_why_not(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])
    work = alice.clone(repository).commit("large.bin", random.Random(2).randbytes(8 << 20))

    outcome = work.push()

    assert outcome.refused_with("403"), outcome.text


def test_hg_hears_of_a_wrong_password_behind_a_large_push(server: Server, alice: Person) -> None:
    repository = server.repository(kind="hg", writers=[alice], public=True)
    work = alice.clone(repository).commit("large.bin", random.Random(3).randbytes(8 << 20))
    settings = Path(work.more["HGRCPATH"])
    settings.write_text(settings.read_text().replace(alice.password, "wrong horse"))

    outcome = work.push()

    assert not outcome.worked
    assert outcome.says("authorization failed"), outcome.text


@pytest.mark.parametrize("status", [401, 403, 404, 413, 415])
def test_who_sends_everything_before_reading_gets_the_answer(server: Server, alice: Person, status: int) -> None:
    repository = server.repository(kind="git", readers=[alice], public=True)
    person = {401: server.nobody, 413: server.nobody}.get(status, alice)
    path = "missing" if status == 404 else repository.path
    service = "git-receive-pack" if status in (401, 403) else "git-upload-pack"
    content_type = "text/plain" if status == 415 else f"application/x-{service}-request"
    size = 16 << 20
    lines = [
        f"POST /{path}/{service} HTTP/1.1",
        f"Host: {server.authority}",
        *(f"{name}: {value}" for name, value in person.basic.items()),
        f"Content-Type: {content_type}",
        f"Content-Length: {size}",
    ]
    host, _, port = server.authority.partition(":")

    with socket.create_connection((host, int(port)), timeout=120) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        for _ in range(size >> 16):
            connection.sendall(bytes(1 << 16))
        told = b"".join(iter(lambda: connection.recv(1 << 16), b""))

    assert told.split()[1] == str(status).encode()
    assert b"Content-Length" in told


def test_who_says_twice_where_the_body_ends_is_refused(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice])
    headers = {
        "Content-Type": "application/x-git-receive-pack-request",
        "Transfer-Encoding": "chunked",
        "Content-Length": "4",
        **alice.basic,
    }

    answer = server.request("POST", f"/{repository.path}/git-receive-pack", headers=headers, body=b"0\r\n\r\n")

    assert answer.status == 400


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
