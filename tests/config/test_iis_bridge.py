"""The WSGI bridge of ISAPI keeps to PEP 3333, and to what a control block may be asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from wsgiref.validate import validator

import pytest

from kallithea.config.iis.bridge import (
    HSE_STATUS_ERROR,
    HSE_STATUS_SUCCESS,
    HSE_STATUS_SUCCESS_AND_KEEP_CONN,
    Gateway,
)
from kallithea.lib.errors import Invalid

PLAIN = [("Content-Type", "text/plain")]


class Lost(Exception):
    """What a control block raises when the connection is lost."""


@dataclass
class Block:
    """A control block in memory."""

    Method: bytes = b"GET"
    QueryString: bytes = b""
    url: bytes = b"/"
    resolved: str = "/"
    headers: bytes = b"Host: code.example.com\r\n"
    AvailableData: bytes = b""
    later: list[bytes] = field(default_factory=list)
    """What ReadClient gives; an empty piece stands for a lost connection."""
    more: dict[str, bytes] = field(default_factory=dict)
    HttpStatusCode: int = 0
    sent: list[bytes] = field(default_factory=list)
    head: bytes = b""
    keeps: bool | None = None
    outcome: int = 0
    gone_after: int = 1 << 60
    """Bytes of an answer after which the client is gone."""
    largest_piece: int = 1 << 60
    asked: list[int] = field(default_factory=list)

    def GetServerVariable(self, name: str, default: None) -> bytes | str | None:
        if name == "UNICODE_PATH_INFO":
            return self.resolved
        known = {
            "ALL_RAW": self.headers,
            "UNENCODED_URL": self.url,
            "SERVER_NAME": b"code.example.com",
            "SERVER_PORT": b"80",
            "SERVER_PROTOCOL": b"HTTP/1.1",
            "REMOTE_ADDR": b"203.0.113.7",
            "HTTPS": b"off",
        }
        return {**known, **self.more}.get(name, default)

    def ReadClient(self, size: int) -> bytes:
        self.asked.append(size)
        found = self.later.pop(0) if self.later else b""
        if self.later and not found:
            raise Lost
        self.later[:0] = [found[size:]] if found[size:] else []
        return found[:size]

    def WriteClient(self, data: bytes) -> int:
        if sum(map(len, self.sent)) >= self.gone_after:
            raise Lost
        self.sent.append(data[: self.largest_piece])
        return len(self.sent[-1])

    def SendResponseHeaders(self, status: bytes, headers: bytes, keep: bool) -> None:
        assert not self.head, "headers are sent once"
        self.head, self.keeps = status + b"\r\n" + headers, keep

    def IsKeepConn(self) -> bool:
        return True

    def DoneWithSession(self, status: int) -> None:
        assert not self.outcome, "a control block is given back once"
        self.outcome = status

    @property
    def body(self) -> bytes:
        return b"".join(self.sent)


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def answered(application: Application, block: Block, *, mount: str = "") -> Block:
    Gateway(application, mount, Lost).answer(block)
    return block


def seen(block: Block, *, mount: str = "") -> dict[str, Any]:
    """The environment that an application gets."""
    found: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found.update(environ)
        start_response("204 No Content", [])
        return []

    answered(application, block, mount=mount)
    return found


def hello(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", PLAIN)
    return [b"hello"]


# --- the request


def test_the_validator_of_wsgiref_has_nothing_to_say() -> None:
    block = answered(validator(hello), Block())

    assert (block.body, block.outcome) == (b"hello", HSE_STATUS_SUCCESS)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (b"/scm", ""),
        (b"/scm/", "/"),
        (b"/scm/web/shop?x=/y", "/web/shop"),
        (b"/scm/a%2Fb+c%25/caf%C3%A9/%ff", "/a/b+c%/caf\xc3\xa9/\xff"),
        (b"/SCM/Web", "/Web"),
        (b"http://code.example.com/scm/web", "/web"),
        (b"/scm//web/./x", "//web/./x"),
    ],
)
def test_path_below_the_virtual_directory_is_what_was_sent(url: bytes, path: str) -> None:
    environ = seen(Block(url=url), mount="/scm")

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/scm", path)


def test_path_that_leads_around_the_virtual_directory_is_what_iis_makes_of_it() -> None:
    environ = seen(Block(url=b"/other/../scm/x", resolved="/scm/café"), mount="/scm")

    assert environ["PATH_INFO"] == "/caf\xc3\xa9"


def test_path_outside_of_the_virtual_directory_is_not_found() -> None:
    block = answered(hello, Block(url=b"/scmother", resolved="/scmother"), mount="/scm")

    assert block.head.startswith(b"404 ")


def test_headers_are_those_of_the_client() -> None:
    lines = (
        "Host: a.example",
        "X-Two: 1",
        "x-two: 2",
        "Cookie: a=1",
        "Cookie: b=2",
        "Content-Type: t/x",
        "X-Empty:",
        "Bad name: x",
    )
    raw = "".join(f"{line}\r\n" for line in lines).encode()

    environ = seen(Block(headers=raw))

    names = ("HTTP_HOST", "HTTP_X_TWO", "HTTP_COOKIE", "CONTENT_TYPE", "HTTP_X_EMPTY")
    assert [environ[name] for name in names] == ["a.example", "1, 2", "a=1; b=2", "t/x", ""]
    assert "HTTP_BAD NAME" not in environ


def test_header_with_an_underscore_does_not_pass_for_the_one_with_a_dash() -> None:
    assert "HTTP_X_FORWARDED_FOR" not in seen(Block(headers=b"X_Forwarded_For: 10.0.0.1\r\n"))


@pytest.mark.parametrize(("https", "scheme"), [(b"on", "https"), (b"ON", "https"), (b"off", "http"), (b"", "http")])
def test_scheme_is_the_one_of_the_site(https: bytes, scheme: str) -> None:
    assert seen(Block(more={"HTTPS": https}))["wsgi.url_scheme"] == scheme


def test_visitor_is_known_by_the_address_of_the_connection() -> None:
    assert seen(Block())["REMOTE_ADDR"] == "203.0.113.7"


def test_user_that_iis_knows_is_nobody_here() -> None:
    assert "REMOTE_USER" not in seen(Block(more={"REMOTE_USER": b"admin", "AUTH_USER": b"admin"}))


# --- its body


def read_by(reader: Callable[[Any], Any], block: Block) -> Any:
    found: list[Any] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            found.append(reader(environ["wsgi.input"]))
        except Invalid as error:
            found.append(error)
        return hello(environ, start_response)

    answered(application, block)
    return found[0]


def _sized(size: int) -> bytes:
    return b"Content-Length: %d\r\n" % size


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (lambda body: body.read(), b"one\ntwo\nthree"),
        (lambda body: body.read(5), b"one\nt"),
        (lambda body: body.readline(), b"one\n"),
        (lambda body: body.readlines(), [b"one\n", b"two\n", b"three"]),
        (list, [b"one\n", b"two\n", b"three"]),
        (lambda body: (body.read(100), body.read(1)), (b"one\ntwo\nthree", b"")),
    ],
)
def test_body_is_read_as_a_file(reader: Callable[[Any], Any], expected: Any) -> None:
    block = Block(Method=b"POST", headers=_sized(13), AvailableData=b"one\nt", later=[b"wo\n", b"three"])

    assert read_by(reader, block) == expected


def test_body_in_chunks_ends_where_the_client_ends_it() -> None:
    block = Block(Method=b"POST", headers=b"Transfer-Encoding: chunked\r\n", AvailableData=b"one ", later=[b"two ", b"three"])

    assert read_by(lambda body: body.read(), block) == b"one two three"


def test_body_is_never_in_memory_as_a_whole() -> None:
    size = 3 << 30  # more than a signed number of 32 bits holds
    block = Block(Method=b"POST", headers=_sized(size), later=[bytes(1 << 20)] * 4)

    read = read_by(lambda body: sum(len(body.read(1 << 18)) for _ in range(16)), block)

    assert read == 4 << 20
    assert max(block.asked) <= 1 << 16


@pytest.mark.parametrize("later", [[b"half"], [b"half", b"", b"never"]], ids=["ends", "breaks"])
def test_half_a_body_does_not_pass_for_a_whole_one(later: list[bytes]) -> None:
    assert isinstance(read_by(lambda body: body.read(), Block(Method=b"POST", headers=_sized(100), later=later)), Invalid)


def test_what_follows_a_body_is_not_read() -> None:
    assert read_by(lambda body: body.read(), Block(Method=b"POST", headers=_sized(3), AvailableData=b"onetwo")) == b"one"


def test_request_without_a_body_has_an_empty_one() -> None:
    assert read_by(lambda body: body.read(), Block(later=[b"never"])) == b""


# --- the answer


def test_status_and_headers_are_sent_as_bytes_with_the_first_piece() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 All Right", [("X-Name", "caf\xe9")])
        return [b"a", b"b"]

    block = answered(application, Block())

    assert block.head == b"200 All Right\r\nX-Name: caf\xe9\r\n\r\n"
    assert (block.HttpStatusCode, block.body) == (200, b"ab")


def test_connection_is_kept_where_the_length_is_known() -> None:
    block = answered(hello, Block())

    assert b"\r\nContent-Length: 5\r\n" in block.head
    assert (block.keeps, block.outcome) == (True, HSE_STATUS_SUCCESS_AND_KEEP_CONN)


def test_connection_is_closed_behind_an_answer_of_unknown_length() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        yield b"a"
        yield b"b"

    block = answered(application, Block())

    assert (block.keeps, block.outcome, block.body) == (False, HSE_STATUS_SUCCESS, b"ab")


@pytest.mark.parametrize(("method", "status"), [(b"HEAD", "200 OK"), (b"GET", "304 Not Modified"), (b"POST", "204 No Content")])
def test_answer_without_a_body_has_none(method: bytes, status: str) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(status, [("Content-Length", "5")] if status == "200 OK" else [])
        return [b"hello"]

    block = answered(application, Block(Method=method))

    assert (block.body, block.outcome) == (b"", HSE_STATUS_SUCCESS_AND_KEEP_CONN)


def test_write_sends_before_the_rest() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)(b"first ")
        return [b"then"]

    assert answered(application, Block()).body == b"first then"


def test_pieces_that_are_taken_in_part_arrive_whole() -> None:
    assert answered(hello, Block(largest_piece=2)).body == b"hello"


@pytest.mark.parametrize(
    ("announced", "body", "outcome"), [("3", b"hel", HSE_STATUS_SUCCESS_AND_KEEP_CONN), ("9", b"hello", HSE_STATUS_ERROR)]
)
def test_answer_never_has_another_length_than_it_says(announced: str, body: bytes, outcome: int) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", announced)])
        return [b"hello"]

    block = answered(application, Block())

    assert (block.body, block.outcome) == (body, outcome)


class Closing:
    """An answer that notes that it was closed."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self.closed += 1


def _failing() -> Iterator[bytes]:
    yield b"first"
    raise RuntimeError("secret")


@pytest.mark.parametrize(
    ("chunks", "gone_after", "outcome"),
    [
        (lambda: iter([b"a"]), 1 << 60, HSE_STATUS_SUCCESS),
        (_failing, 1 << 60, HSE_STATUS_ERROR),
        (lambda: iter([b"a", b"b", b"c"]), 1, HSE_STATUS_ERROR),
    ],
    ids=["whole", "fails", "client-gone"],
)
def test_answer_is_closed_whatever_happens(chunks: Callable[[], Iterator[bytes]], gone_after: int, outcome: int) -> None:
    answer = Closing(chunks())

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        return answer

    block = answered(application, Block(gone_after=gone_after))

    assert (answer.closed, block.outcome) == (1, outcome)


# --- mistakes of the application


def _raises(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    raise RuntimeError("secret")


def _starts_not(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return [b"hello"]


def _starts_twice(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", PLAIN)
    start_response("200 OK", PLAIN)
    return [b"hello"]


def _splits(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("X-A", "a\r\nSet-Cookie: evil=1")])
    return [b"hello"]


@pytest.mark.parametrize("application", [_raises, _starts_not, _starts_twice, _splits])
def test_mistake_is_an_error_without_details(application: Application) -> None:
    block = answered(application, Block())

    assert block.head.startswith(b"500 ")
    assert b"secret" not in block.body
    assert b"evil" not in block.head


def test_error_after_a_beginning_breaks_the_answer_off() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        yield b"first"
        raise RuntimeError

    block = answered(application, Block())

    assert (block.head[:3], block.body, block.outcome) == (b"200", b"first", HSE_STATUS_ERROR)


def test_headers_may_be_replaced_by_those_of_an_error_until_they_are_sent() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        try:
            raise RuntimeError
        except RuntimeError:
            start_response("503 Later", PLAIN, sys.exc_info())
        return [b"later"]

    assert answered(application, Block()).head.startswith(b"503 Later\r\n")


def test_error_after_the_headers_is_raised_again() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)(b"first")
        try:
            raise RuntimeError
        except RuntimeError:
            start_response("503 Later", PLAIN, sys.exc_info())
        return [b"never"]

    block = answered(application, Block())

    assert (block.body, block.outcome) == (b"first", HSE_STATUS_ERROR)
