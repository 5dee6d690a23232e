"""What waitress keeps for its clients: little in memory, the rest in files, and on a full disk only what need not be there."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from contextlib import suppress
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error

log = logging.getLogger(__name__)

ROOM = 256 << 20
"""Bytes that have to be free for answers to be kept in files, which other connections fill as well."""


class NoRoom(Error):  # type: ignore[misc]  # waitress has no types, here and below
    """The answer to a request that could not be kept."""

    code = 503
    # hg and git show nothing but this.
    reason = "The server cannot keep what was sent. Its disk may be full."


class AnswerBuffer(OverflowableBuffer):  # type: ignore[misc]
    """What a client has not taken yet. Without room for a file it stays in memory: up to `outbuf_high_watermark` bytes."""

    def _set_large_buffer(self) -> None:
        with suppress(OSError):
            if shutil.disk_usage(tempfile.gettempdir()).free >= ROOM:
                super()._set_large_buffer()
        if not self.overflowed:
            self.overflow = sys.maxsize


class BodyBuffer(OverflowableBuffer):  # type: ignore[misc]
    """The body of a request. What finds no room is taken all the same: its client listens only when all is sent."""

    is_lost = False

    def append(self, piece: bytes) -> None:
        if self.is_lost:
            return
        try:
            super().append(piece)
        except OSError as error:
            log.warning("A request cannot be kept in %s: %s", tempfile.gettempdir(), error.strerror)
            self.is_lost = True
            with suppress(OSError):
                self.close()
            self.buf, self.strbuf = None, b""


class Request(HTTPRequestParser):  # type: ignore[misc]
    """A request that is refused when its body found no room."""

    error: Error | None

    def parse_header(self, header: bytes) -> None:
        super().parse_header(header)
        if self.body_rcv is not None:
            self.body_rcv.buf = BodyBuffer(self.adj.inbuf_overflow)

    def received(self, data: bytes) -> int:
        """Take what a client sent; how many bytes of it belong to this request."""
        taken: int = super().received(data)
        if self.completed and not self.error and self.body_rcv is not None and self.body_rcv.buf.is_lost:
            self.error = NoRoom("Try again later.")
        return taken


class Connection(HTTPChannel):  # type: ignore[misc]
    """A connection that forgets what the client has.

    A buffer of waitress keeps what was sent as well, up to `outbuf_high_watermark` bytes (16 MiB) in memory, and malloc keeps
    room of that size for the next one, for each thread.
    """

    parser_class = Request
    current_outbuf_count: int
    """Bytes that the last buffer was given."""

    def write_soon(self, data: Any) -> int:
        """Hand over a piece of an answer (waitress.task); how many bytes it has."""
        if self._needs_a_buffer(self.outbufs[-1]):
            with self.outbuf_lock:
                self.outbufs.append(AnswerBuffer(self.adj.outbuf_overflow))
                self.current_outbuf_count = 0
        written: int = super().write_soon(data)
        return written

    def _needs_a_buffer(self, last: Any) -> bool:
        given, small = self.current_outbuf_count, self.adj.outbuf_overflow
        is_sent = given >= small and len(last) < small
        return is_sent or given >= self.adj.outbuf_high_watermark or not isinstance(last, AnswerBuffer)
