"""Request bodies as streams that end where they should, in constant memory."""

from __future__ import annotations

import re
import tempfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, Protocol

from kallithea.lib.errors import Invalid, TooLarge, Unavailable
from kallithea.lib.vcs import BodyStream
from kallithea.wire.errors import LengthRequired, UnsupportedMediaType

CHUNK = 1 << 16
IN_MEMORY = 1 << 18
"""Bytes of a body that are not worth a file."""
HIGHEST_RATIO = 100
"""So many times as long may unpacked content be; ids and packs do not even halve."""
FREE_OF_RATIO = 1 << 20
"""Bytes of unpacked content that need not keep to the ratio."""
LONGEST_LINE = 4096
"""Bytes of a line between chunks, with extensions that nobody needs."""
MOST_TRAILERS = 64
_CHUNK_LINE = re.compile(rb"(?P<size>[0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n")


class Lines(Protocol):
    """A connection that can be read by lines."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class EmptyBody:
    """No body."""

    def read(self, size: int, /) -> bytes:
        return b""


class SizedBody:
    """As many bytes of a stream as were announced, and not a byte of what follows."""

    def __init__(self, stream: BodyStream, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Raises Invalid where the client breaks off: half a body must not pass for a whole one."""
        wanted = min(size, self._left)
        if wanted <= 0:
            return b""
        found = self._stream.read(wanted)
        if not found:
            raise _broken_off()
        self._left -= len(found)
        return found


class ChunkedBody:
    """The content of a body in chunks (RFC 9112, section 7.1), read from the connection itself; nothing behind it is read.

    Strict, for a server in front that reads sloppy chunks in another way would see another end. Extensions and trailers are
    skipped. Raises Invalid for whatever is not as it should be, and goes on raising it.
    """

    def __init__(self, connection: Lines) -> None:
        self._connection = connection
        self._left = 0
        self._is_first = True
        self._is_over = False
        self._is_broken = False

    def read(self, size: int, /) -> bytes:
        if self._is_broken:
            raise _broken_off()
        try:
            return self._read(size)
        except Invalid:
            self._is_broken = True
            raise

    def _read(self, size: int) -> bytes:
        if not self._left and not self._is_over:
            self._begin_chunk()
        if self._is_over or size <= 0:
            return b""
        found = self._connection.read(min(size, self._left))
        if not found:
            raise _broken_off()
        self._left -= len(found)
        return found

    def _begin_chunk(self) -> None:
        if not self._is_first and self._connection.read(2) != b"\r\n":
            raise Invalid("A chunk of the request is longer than it says.")
        self._is_first = False
        line = _CHUNK_LINE.fullmatch(self._line())
        if line is None:
            raise Invalid("A chunk of the request does not begin with its size.")
        self._left = int(line["size"], 16)
        if not self._left:
            self._skip_trailers()
            self._is_over = True

    def _skip_trailers(self) -> None:
        for _ in range(MOST_TRAILERS):
            line = self._line()
            if line == b"\r\n":
                return
            if not _TRAILER.fullmatch(line):
                raise Invalid("The request does not end as it should.")
        raise Invalid("The request has too many trailers.")

    def _line(self) -> bytes:
        line = self._connection.readline(LONGEST_LINE)
        if not line:
            raise _broken_off()
        return line


class TakenIn:
    """A body that is taken from the client completely before anybody gets the first byte of it.

    So nothing is locked or begun for a client that dribbles or breaks off, and a web server that lets nobody but the thread of
    the request read is satisfied. Call `take_in` in that thread; what is not small goes through a file.
    """

    def __init__(self, stream: BodyStream) -> None:
        self._stream = stream
        self._file: IO[bytes] | None = None

    def take_in(self) -> None:
        """Read the whole body, once. Raises what reading it raises, and Unavailable where the disk is full."""
        if self._file is not None:
            return
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the last reference
        try:
            while found := self._stream.read(CHUNK):
                file.write(found)
        except OSError as error:
            raise Unavailable("The server cannot keep what was sent.", hint="Its disk may be full.") from error
        file.seek(0)
        self._file = file

    def read(self, size: int, /) -> bytes:
        self.take_in()
        assert self._file is not None
        return self._file.read(size)

    def __del__(self) -> None:
        # By hand, as the file warns about who leaves that to it.
        if self._file is not None:
            self._file.close()


class Pieces:
    """Pieces of any size as one stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        found, self._rest = self._rest[:size], self._rest[size:]
        return bytes(found)


class LimitedBody:
    """A stream that raises TooLarge when it turns out to be longer than `limit` bytes."""

    def __init__(self, stream: BodyStream, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int, /) -> bytes:
        found = self._stream.read(min(size, self._left + 1))
        self._left -= len(found)
        if self._left < 0:
            raise too_large()
        return found


class GzipBody:
    """A stream of gzip as what it contains; what a bomb blows up to is never in memory at once."""

    def __init__(self, stream: BodyStream) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._packed = 0
        self._unpacked = 0

    def read(self, size: int, /) -> bytes:
        """Raises Invalid for what is no gzip, or ends in the middle of it; TooLarge for a bomb."""
        while size > 0 and not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._next_packed()
            try:
                found = self._inflater.decompress(packed, size)
            except zlib.error:
                raise Invalid("The request is not compressed as it says.") from None
            self._unpacked += len(found)
            if self._unpacked > FREE_OF_RATIO + HIGHEST_RATIO * self._packed:
                raise too_large()
            if found:
                return found
            if not packed:
                raise _broken_off()
        return b""

    def _next_packed(self) -> bytes:
        packed = self._stream.read(CHUNK)
        self._packed += len(packed)
        return packed


class Replayed:
    """A stream whose beginning was read before."""

    def __init__(self, beginning: bytes, stream: BodyStream) -> None:
        self._beginning = beginning
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        if self._beginning:
            found, self._beginning = self._beginning[:size], self._beginning[size:]
            return found
        return self._stream.read(size)


def sent_body(environ: dict[str, Any], *, limit: int) -> BodyStream:
    """The body as it was sent, up to `limit` bytes. Raises TooLarge, LengthRequired, Invalid."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length:
        size = length_of(length)
        if size > limit:
            raise too_large()
        return SizedBody(environ["wsgi.input"], size)
    if environ.get("wsgi.input_terminated"):
        return LimitedBody(environ["wsgi.input"], limit)
    if environ.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired("Say how long the request is.", hint="With git: git config http.postBuffer 1g")
    return EmptyBody()


def length_of(text: str) -> int:
    """The number that a Content-Length says. Raises Invalid, and TooLarge for what no disk can hold."""
    if not (text.isascii() and text.isdigit()):
        raise Invalid("Content-Length is not a number.")
    # By its digits first: Python refuses to read thousands of them.
    if len(text.lstrip("0")) > 18:
        raise too_large()
    return int(text.lstrip("0") or "0")


def unpacked(body: BodyStream, encoding: str, *, limit: int) -> BodyStream:
    """The body without its Content-Encoding, up to `limit` bytes. Raises UnsupportedMediaType."""
    if encoding.strip().lower() in ("", "identity"):
        return LimitedBody(body, limit)
    if encoding.strip().lower() in ("gzip", "x-gzip"):
        return LimitedBody(GzipBody(body), limit)
    raise UnsupportedMediaType("Requests may be compressed with gzip only.")


def read_exactly(body: BodyStream, size: int) -> bytes:
    """So many bytes. Raises Invalid where there are fewer."""
    found = bytearray()
    while len(found) < size:
        more = body.read(size - len(found))
        if not more:
            raise _broken_off()
        found += more
    return bytes(found)


def too_large() -> TooLarge:
    return TooLarge("More was sent than is accepted.", hint="Sign in, or send less at once.")


def _broken_off() -> Invalid:
    return Invalid("The request broke off.")
