"""How each web server hands a request's body over, and what becomes of the part that nobody reads.

PEP 3333 says only that `wsgi.input` must not be read beyond Content-Length. What a server does with a body that is sent in
chunks, and with a client that is still sending when the answer is there, is its own; HANDOVERS is the one place that knows it.
"""

from __future__ import annotations

import importlib
import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from kallithea.lib.errors import Invalid, KallitheaError
from kallithea.lib.vcs import BodyStream
from kallithea.wire.bodies import CHUNK, ChunkedBody, Pieces, SizedBody, length_of
from kallithea.wire.errors import answer

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApplication = Callable[[Environ, StartResponse], Iterable[bytes]]

TAKEN_IN = "kallithea.body_taken_in"
"""The key of the WSGI environment that says whether the server has the whole body already, and nobody waits for a client."""

LEFTOVER = 4 << 30
"""Bytes that are taken from a client who has its answer; hg reads an answer only when it has sent everything."""
LEFTOVER_SECONDS = 300.0
LEFTOVERS_AT_ONCE = 8
"""So many clients of one process are listened to after their answer; each holds a thread."""


class Chunks(Enum):
    """What a server makes of a body that comes in chunks."""

    DECODED = auto()
    """`wsgi.input` gives the content and ends (some servers say so with `wsgi.input_terminated`)."""
    ON_REQUEST = auto()
    """`wsgi.input` gives nothing; a function of the server gives the chunks."""
    RAW = auto()
    """`wsgi.input` is the connection."""
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Handover:
    """What one server does; `takes_in`: it has the whole body before it calls the application."""

    chunks: Chunks
    takes_in: bool = False


# How a server is known (a key of the WSGI environment, and how its value begins), and what it does.
HANDOVERS = (
    (TAKEN_IN,                "True",        Handover(Chunks.DECODED, takes_in=True)),  # our runner of gevent
    ("SERVER_SOFTWARE",       "waitress",    Handover(Chunks.DECODED, takes_in=True)),
    ("SERVER_SOFTWARE",       "WSGIServer/", Handover(Chunks.RAW)),                     # wsgiref
    ("uwsgi.version",         "",            Handover(Chunks.ON_REQUEST)),
    ("mod_wsgi.version",      "",            Handover(Chunks.DECODED)),                 # with WSGIChunkedRequest On
    ("wsgi.input_terminated", "True",        Handover(Chunks.DECODED)),                 # gunicorn and others
)  # fmt: skip


def handover(environ: Environ) -> Handover:
    """What the server does that made this environment."""
    for key, beginning, found in HANDOVERS:
        if key in environ and str(environ[key]).startswith(beginning):
            return found
    return Handover(Chunks.UNKNOWN)


class Bodies:
    """WSGI middleware: `wsgi.input` ends where the body ends, whatever the server, and answers reach clients that still send.

    To close a connection on which bytes wait to be read resets it, and the client loses the answer that it did not read yet. So
    what is left of a body is taken and thrown away behind the answer, within limits.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._places = threading.BoundedSemaphore(LEFTOVERS_AT_ONCE)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        how = handover(environ)
        environ[TAKEN_IN] = how.takes_in
        try:
            body = sent(environ, how)
        except KallitheaError as error:
            told = answer(error, realm="", kind=None)
            start_response(told.status, told.headers)
            return [told.body]
        if body is None:
            return self._application(environ, start_response)
        environ["wsgi.input"], environ["wsgi.input_terminated"] = body, True
        return _Answered(self._application(environ, start_response), body, self._places)


def sent(environ: Environ, how: Handover) -> RequestBody | None:
    """The body of a request as a stream that ends; None where the server's own is one, or there is none.

    Raises Invalid where it cannot be told for certain where the body ends.
    """
    length, coding = str(environ.get("CONTENT_LENGTH") or ""), str(environ.get("HTTP_TRANSFER_ENCODING") or "")
    if how.takes_in:
        return None
    if length and coding:
        # Two servers behind each other may believe different ones, and take a body for the next request (RFC 9112, 6.3).
        raise Invalid("The request says twice where it ends.")
    if length:
        size = length_of(length)
        return RequestBody(SizedBody(environ["wsgi.input"], size)) if size else None
    if not coding:
        return None
    stream = _in_chunks(environ, how, coding)
    return RequestBody(stream) if stream else None


def _in_chunks(environ: Environ, how: Handover, coding: str) -> BodyStream | None:
    if how.chunks is Chunks.UNKNOWN:
        return None
    if coding.strip().lower() != "chunked":
        raise Invalid("The only Transfer-Encoding that is understood here is chunked.")
    if how.chunks is Chunks.RAW:
        return ChunkedBody(environ["wsgi.input"])
    if how.chunks is Chunks.ON_REQUEST:
        return Pieces(_chunks_of_uwsgi())
    stream: BodyStream = environ["wsgi.input"]
    return stream


def _chunks_of_uwsgi() -> Iterator[bytes]:
    uwsgi = importlib.import_module("uwsgi")  # the server puts it into its process; it can be had nowhere else
    return iter(uwsgi.chunked_read, b"")


class RequestBody(io.RawIOBase):
    """A body that is read once, as a file; what the server raises where a client breaks off becomes Invalid."""

    def __init__(self, stream: BodyStream) -> None:
        self._stream = stream
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self._is_over:
            return 0
        wanted = memoryview(buffer)
        try:
            found = self._stream.read(len(wanted))
        except KallitheaError:
            self._is_over = True
            raise
        except Exception as error:  # every server has errors of its own for this, and none says more
            self._is_over = True
            raise Invalid("The request broke off.") from error
        self._is_over = not found
        wanted[: len(found)] = found
        return len(found)

    def take_rest(self, size: int, seconds: float) -> None:
        """Read on and throw away, up to so much and so long."""
        until = time.monotonic() + seconds
        try:
            while size > 0 and time.monotonic() < until:
                found = self.read(CHUNK)
                if not found:
                    return
                size -= len(found)
        except Invalid:
            return
        log.info("a client went on sending after its answer")


class _Answered:
    """An answer, and then what the client still sends."""

    def __init__(self, answer: Iterable[bytes], body: RequestBody, places: threading.BoundedSemaphore) -> None:
        self._answer: Iterable[bytes] | None = answer
        self._chunks = iter(answer)
        self._body = body
        self._places = places

    def __iter__(self) -> _Answered:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            self.close()  # first, as it frees what others may wait for
            self._listen()
            raise

    def close(self) -> None:
        over, self._answer = self._answer, None
        if (close := getattr(over, "close", None)) is not None:
            close()

    def _listen(self) -> None:
        if not self._places.acquire(blocking=False):
            return
        try:
            self._body.take_rest(LEFTOVER, LEFTOVER_SECONDS)
        finally:
            self._places.release()
