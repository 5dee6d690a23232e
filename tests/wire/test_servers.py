"""Whatever the server, a body ends where it should, and whoever sends it hears the answer."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from kallithea.lib.errors import Invalid
from kallithea.wire.bodies import ChunkedBody, Pieces
from kallithea.wire.servers import Bodies, Chunks, handover

GOOD = b"4\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\n"


def content(sent: bytes, size: int = 5) -> bytes:
    body = ChunkedBody(io.BytesIO(sent))
    return b"".join(iter(lambda: body.read(size), b""))


def refused(sent: bytes) -> bool:
    try:
        content(sent)
    except Invalid:
        return True
    return False


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_chunks_are_joined(size: int) -> None:
    assert content(GOOD, size) == b"Wikipedia in \r\n\r\nchunks."


def test_what_follows_the_last_chunk_is_left_alone() -> None:
    connection = io.BytesIO(GOOD + b"GET / HTTP/1.1")
    body = ChunkedBody(connection)
    while body.read(100):
        pass

    assert connection.read() == b"GET / HTTP/1.1"


def test_extensions_and_trailers_are_skipped() -> None:
    assert content(b'4;name=value;other="x y"\r\nWiki\r\n0;last\r\nExpires: never\r\n\r\n') == b"Wiki"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"-4\r\nWiki\r\n0\r\n\r\n", id="a negative size"),
        pytest.param(b"+4\r\nWiki\r\n0\r\n\r\n", id="a signed size"),
        pytest.param(b"0x4\r\nWiki\r\n0\r\n\r\n", id="a size with 0x"),
        pytest.param(b"1_0\r\nWikipedia in chu\r\n0\r\n\r\n", id="a size with an underscore"),
        pytest.param(b"four\r\nWiki\r\n0\r\n\r\n", id="a size that is not hexadecimal"),
        pytest.param(b" 4\r\nWiki\r\n0\r\n\r\n", id="a size behind a space"),
        pytest.param(b"\r\nWiki\r\n0\r\n\r\n", id="no size"),
        pytest.param(b"FFFFFFFFFFFFFFFF\r\nWiki", id="a size that no disk can hold"),
        pytest.param(b"4" * 100_000, id="a size line that does not end"),
        pytest.param(b"4;" + b"x" * 5000 + b"\r\nWiki\r\n0\r\n\r\n", id="an extension that does not end"),
        pytest.param(b"4;a\rb\r\nWiki\r\n0\r\n\r\n", id="a carriage return in an extension"),
        pytest.param(b"4\nWiki\n0\n\n", id="lines that end with a line feed alone"),
        pytest.param(b"4\r\nWiki0\r\n\r\n", id="no line end behind a chunk"),
        pytest.param(b"4\r\nWikipedia\r\n0\r\n\r\n", id="a chunk that is longer than it says"),
        pytest.param(b"9\r\nWiki\r\n0\r\n\r\n", id="a chunk that is shorter than it says"),
        pytest.param(b"4\r\nWiki\r\n", id="no last chunk"),
        pytest.param(b"4\r\nWi", id="a client that breaks off in a chunk"),
        pytest.param(b"0\r\nGET / HTTP/1.1\r\n\r\n", id="a request in place of trailers"),
        pytest.param(b"0\r\n" + b"A: b\r\n" * 100 + b"\r\n", id="a hundred trailers"),
        pytest.param(b"0\r\n", id="trailers that do not end"),
    ],
)
def test_broken_chunks_are_refused(sent: bytes) -> None:
    assert refused(sent)


def test_what_is_broken_stays_broken() -> None:
    body = ChunkedBody(io.BytesIO(b"4\r\nWikiX\r\n4\r\nmore\r\n0\r\n\r\n"))
    assert body.read(4) == b"Wiki"
    with pytest.raises(Invalid):
        body.read(4)

    with pytest.raises(Invalid):
        body.read(4)


def test_pieces_of_any_size_become_one_stream() -> None:
    body = Pieces(iter([b"a long piece", b"short"]))

    assert [body.read(8) for _ in range(4)] == [b"a long p", b"iece", b"short", b""]


@pytest.mark.parametrize(
    ("environ", "chunks", "takes_in"),
    [
        ({"SERVER_SOFTWARE": "waitress", "wsgi.input_terminated": True}, Chunks.DECODED, True),
        ({"SERVER_SOFTWARE": "gunicorn/27.0.1", "wsgi.input_terminated": True}, Chunks.DECODED, False),
        ({"SERVER_SOFTWARE": "gevent/25.1 Python/3.11", "wsgi.input_terminated": True}, Chunks.DECODED, False),
        ({"SERVER_SOFTWARE": "Apache/2.4", "mod_wsgi.version": (4, 9, 4)}, Chunks.DECODED, False),
        ({"uwsgi.version": b"2.0.30"}, Chunks.ON_REQUEST, False),
        ({"SERVER_SOFTWARE": "WSGIServer/0.2 CPython/3.11"}, Chunks.RAW, False),
        ({"SERVER_SOFTWARE": "unheard of"}, Chunks.UNKNOWN, False),
        ({}, Chunks.UNKNOWN, False),
    ],
)
def test_servers_are_known(environ: dict[str, Any], chunks: Chunks, takes_in: bool) -> None:
    how = handover(environ)

    assert (how.chunks, how.takes_in) == (chunks, takes_in)


def visited(
    application: Callable[[dict[str, Any], Any], Iterable[bytes]], connection: io.BytesIO, **more: str
) -> tuple[str, bytes]:
    """Status and body of the answer of an application behind wsgiref."""
    statuses: list[str] = []
    environ = {"SERVER_SOFTWARE": "WSGIServer/0.2", "wsgi.input": connection, "REQUEST_METHOD": "POST", **more}
    answer = Bodies(application)(environ, lambda status, headers: statuses.append(status))
    return statuses[0], b"".join(answer)


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def refuse(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("403 Forbidden", [])
    return [b"no"]


def test_applications_read_chunks_as_any_body() -> None:
    assert visited(echo, io.BytesIO(GOOD), HTTP_TRANSFER_ENCODING="chunked")[1] == b"Wikipedia in \r\n\r\nchunks."


def test_applications_read_to_the_end_of_the_body_and_not_beyond() -> None:
    assert visited(echo, io.BytesIO(b"body, next request"), CONTENT_LENGTH="4")[1] == b"body"


@pytest.mark.parametrize("more", [{"CONTENT_LENGTH": "10"}, {"HTTP_TRANSFER_ENCODING": "chunked"}])
def test_what_nobody_reads_is_taken_behind_the_answer(more: dict[str, str]) -> None:
    connection = io.BytesIO(b"a\r\n0123456789\r\n0\r\n\r\n"[: None if "HTTP_TRANSFER_ENCODING" in more else 10])

    status, told = visited(refuse, connection, **more)

    assert (status, told) == ("403 Forbidden", b"no")
    assert connection.read() == b""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"CONTENT_LENGTH": "4", "HTTP_TRANSFER_ENCODING": "chunked"}, id="a length and chunks"),
        pytest.param({"HTTP_TRANSFER_ENCODING": "gzip, chunked"}, id="two codings"),
        pytest.param({"HTTP_TRANSFER_ENCODING": "chunked, chunked"}, id="chunks in chunks"),
        pytest.param({"HTTP_TRANSFER_ENCODING": "xchunked"}, id="an unknown coding"),
        pytest.param({"CONTENT_LENGTH": "-1"}, id="a negative length"),
        pytest.param({"CONTENT_LENGTH": "4, 4"}, id="two lengths"),
    ],
)
def test_bodies_whose_end_is_in_doubt_are_refused(more: dict[str, str]) -> None:
    assert visited(echo, io.BytesIO(GOOD), **more)[0].startswith("400 ")


def test_a_length_that_no_disk_can_hold_is_refused() -> None:
    assert visited(echo, io.BytesIO(b""), CONTENT_LENGTH="9" * 5000)[0].startswith("413 ")


def test_an_answer_is_closed_once_and_before_the_rest_of_the_body_is_taken() -> None:
    happened: list[str] = []

    class Connection(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            happened.append("read")
            return super().read(size)

    class Answer(list[bytes]):
        def close(self) -> None:
            happened.append("closed")

    def application(environ: dict[str, Any], start_response: Any) -> Answer:
        start_response("403 Forbidden", [])
        return Answer([b"no"])

    visited(application, Connection(b"body"), CONTENT_LENGTH="4")

    assert happened[0] == "closed"
    assert happened.count("closed") == 1
