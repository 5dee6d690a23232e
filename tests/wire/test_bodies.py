"""Bodies end where they should."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest

from kallithea.lib.errors import Invalid, TooLarge
from kallithea.lib.vcs import BodyStream
from kallithea.wire.bodies import EmptyBody, GzipBody, LimitedBody, Replayed, SizedBody, read_exactly, sent_body, unpacked
from kallithea.wire.errors import LengthRequired, UnsupportedMediaType


def whole(body: BodyStream, size: int = 7) -> bytes:
    return b"".join(iter(lambda: body.read(size), b""))


def environ(content: bytes, **more: Any) -> dict[str, Any]:
    return {"wsgi.input": io.BytesIO(content), **more}


def test_what_follows_a_body_is_left_alone() -> None:
    stream = io.BytesIO(b"body, next request")

    assert whole(SizedBody(stream, 4)) == b"body"
    assert stream.read() == b", next request"


def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    with pytest.raises(Invalid):
        whole(SizedBody(io.BytesIO(b"half"), 8))


def test_a_body_within_its_limit_is_read() -> None:
    assert whole(LimitedBody(io.BytesIO(b"12345678"), 8)) == b"12345678"


def test_a_body_beyond_its_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        whole(LimitedBody(io.BytesIO(b"123456789"), 8))


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_gzip_is_unpacked(size: int) -> None:
    content = b"some text " * 10_000

    assert whole(GzipBody(io.BytesIO(gzip.compress(content))), size) == content


def test_a_bomb_is_refused() -> None:
    with pytest.raises(TooLarge):
        whole(GzipBody(io.BytesIO(gzip.compress(bytes(10 << 20)))), 100_000)


def test_gzip_is_unpacked_in_small_pieces() -> None:
    body = GzipBody(io.BytesIO(gzip.compress(bytes(1 << 20))))

    assert max(map(len, iter(lambda: body.read(1000), b""))) <= 1000


@pytest.mark.parametrize("content", [b"", b"text", gzip.compress(b"some text")[:-3]], ids=["nothing", "text", "cut"])
def test_broken_gzip_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        whole(GzipBody(io.BytesIO(content)))


def test_the_limit_counts_what_is_unpacked() -> None:
    with pytest.raises(TooLarge):
        whole(unpacked(io.BytesIO(gzip.compress(bytes(1000))), "gzip", limit=999))


def test_unknown_encodings_are_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        unpacked(EmptyBody(), "br", limit=1)


def test_a_body_of_known_length_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        sent_body(environ(b"", CONTENT_LENGTH="11"), limit=10)


def test_a_body_of_unknown_length_is_read_to_its_end() -> None:
    assert whole(sent_body(environ(b"body", **{"wsgi.input_terminated": True}), limit=10)) == b"body"


def test_without_length_there_is_no_body() -> None:
    assert whole(sent_body(environ(b"next request"), limit=10)) == b""


def test_chunks_that_the_server_cannot_read_are_refused() -> None:
    with pytest.raises(LengthRequired):
        sent_body(environ(b"", HTTP_TRANSFER_ENCODING="chunked"), limit=10)


def test_a_length_that_is_no_number_is_refused() -> None:
    with pytest.raises(Invalid):
        sent_body(environ(b"", CONTENT_LENGTH="-1"), limit=10)


def test_what_was_read_before_is_read_again() -> None:
    stream = io.BytesIO(b"beginning and end")

    assert whole(Replayed(read_exactly(stream, 9), stream), 4) == b"beginning and end"


def test_too_few_bytes_are_refused() -> None:
    with pytest.raises(Invalid):
        read_exactly(io.BytesIO(b"123"), 4)


def test_a_length_of_thousands_of_digits_is_too_large() -> None:
    with pytest.raises(TooLarge):
        sent_body({"CONTENT_LENGTH": "9" * 5000, "wsgi.input": io.BytesIO()}, limit=10)
