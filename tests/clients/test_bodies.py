"""Requests come compressed, in chunks, hesitantly, in vain and very large."""

from __future__ import annotations

import gzip
import random
import socket
import zlib
from collections.abc import Iterator

import pytest

from tests.clients.server import Answer, Hosted, Person, Server

LARGE = 28 << 20
SPARE = 26 << 20
"""Bytes that the server may need beside what it had: less than one body."""
ASK = {"Content-Type": "application/x-git-upload-pack-request", "Git-Protocol": "version=2"}
LS_REFS = b"0014command=ls-refs\n0000"


@pytest.fixture(name="pushed")
def _pushed(server: Server, alice: Person) -> Hosted:
    """A git repository with one commit."""
    repository = server.repository(kind="git", writers=[alice], public=True)
    assert alice.clone(repository).commit("hello.txt").push().worked
    return repository


def ask(server: Server, repository: Hosted, body: bytes | Iterator[bytes], **headers: str) -> Answer:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request("POST", f"/{repository.path}/git-upload-pack", headers={**ASK, **more}, body=body)


def test_a_compressed_request_is_understood(server: Server, pushed: Hosted) -> None:
    answer = ask(server, pushed, gzip.compress(LS_REFS), Content_Encoding="gzip")

    assert answer.status == 200
    assert b"refs/heads/main" in answer.body


def test_a_request_in_chunks_is_understood(server: Server, pushed: Hosted) -> None:
    answer = ask(server, pushed, iter([LS_REFS[:7], LS_REFS[7:]]), Transfer_Encoding="chunked")

    assert b"refs/heads/main" in answer.body


@pytest.mark.parametrize("body", [b"nonsense", gzip.compress(LS_REFS)[:-9]], ids=["no gzip", "half of it"])
def test_broken_compression_is_refused(server: Server, pushed: Hosted, body: bytes) -> None:
    assert ask(server, pushed, body, Content_Encoding="gzip").status == 400


def test_other_compression_is_refused(server: Server, pushed: Hosted) -> None:
    assert ask(server, pushed, LS_REFS, Content_Encoding="br").status == 415


def test_a_bomb_is_refused_in_constant_memory(server: Server, pushed: Hosted) -> None:
    squeezer = zlib.compressobj(9, wbits=31)
    bomb = squeezer.compress(bytes(200 << 20)) + squeezer.flush()
    server.forget_memory_peak()
    before = server.memory_peak()

    answer = ask(server, pushed, bomb, Content_Encoding="gzip")

    assert answer.status in (200, 413)  # git may have given up on the zeros before
    assert server.memory_peak() - before < SPARE


def test_the_content_type_has_to_be_right(server: Server, pushed: Hosted) -> None:
    assert ask(server, pushed, LS_REFS, Content_Type="text/plain").status == 415


def test_a_client_that_waits_for_continue_is_served(server: Server, pushed: Hosted) -> None:
    host, _, port = server.authority.partition(":")
    lines = [
        f"POST /{pushed.path}/git-upload-pack HTTP/1.1",
        "Host: here",
        *(f"{name}: {value}" for name, value in ASK.items()),
        f"Content-Length: {len(LS_REFS)}",
        "Expect: 100-continue",
        "Connection: close",
    ]
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        first = connection.recv(1000)
        connection.sendall(LS_REFS)
        rest = b"".join(iter(lambda: connection.recv(10_000), b""))

    assert first.startswith(b"HTTP/1.1 100 ")
    assert b"refs/heads/main" in rest


def test_git_pushes_in_chunks(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice])
    work = alice.clone(repository).commit("large.bin", random.Random(1).randbytes(300_000))
    work.runs("config", "http.postBuffer", "1000")

    outcome = work.push()

    assert outcome.worked, outcome.text
    assert server.backend(repository).reader.resolve("main").id.hex == work.tip()


def test_big_bodies_pass_in_constant_memory(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("first.txt")
    assert work.push().worked
    alice.clone(repository)  # what is loaded once is loaded now
    work.commit("large.bin", random.Random(2).randbytes(LARGE))
    server.forget_memory_peak()
    before = server.memory_peak()

    assert work.push().worked
    second = alice.clone(repository)

    assert (second.folder / "large.bin").stat().st_size == LARGE
    assert server.memory_peak() - before < SPARE
