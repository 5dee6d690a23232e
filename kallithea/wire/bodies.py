"""Request bodies as streams that end where they should, in constant memory."""

from __future__ import annotations

import zlib
from typing import Any

from kallithea.lib.errors import Invalid, TooLarge
from kallithea.lib.vcs import BodyStream
from kallithea.wire.errors import LengthRequired, UnsupportedMediaType

CHUNK = 1 << 16
HIGHEST_RATIO = 100
"""So many times as long may unpacked content be; ids and packs do not even halve."""
FREE_OF_RATIO = 1 << 20
"""Bytes of unpacked content that need not keep to the ratio."""


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
            raise Invalid("The request broke off.")
        self._left -= len(found)
        return found


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
                raise Invalid("The request broke off.")
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
        if not (length.isascii() and length.isdigit()):
            raise Invalid("Content-Length is not a number.")
        # By its digits first: Python refuses to read thousands of them.
        if len(length) > 18 or int(length) > limit:
            raise too_large()
        return SizedBody(environ["wsgi.input"], int(length))
    if environ.get("wsgi.input_terminated"):
        return LimitedBody(environ["wsgi.input"], limit)
    if environ.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired("Say how long the request is.", hint="With git: git config http.postBuffer 1g")
    return EmptyBody()


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
            raise Invalid("The request broke off.")
        found += more
    return bytes(found)


def too_large() -> TooLarge:
    return TooLarge("More was sent than is accepted.", hint="Sign in, or send less at once.")
