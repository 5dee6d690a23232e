"""The language between the server and its helper processes: framed messages over two pipes.

To the helper: one TASK, then BODY frames, then BODY_END; a pipe that ends earlier means that the body is incomplete.
From the helper: one HEAD, then CHUNK frames, then END; or, at any time, FAILED. A frame is its kind (one byte), the length of
its content (four bytes, big end first) and the content.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, Protocol

TASK = b"T"
BODY = b"B"
BODY_END = b"E"
HEAD = b"H"
CHUNK = b"C"
END = b"Z"
FAILED = b"F"

FRAME_SIZE = 256 * 1024
"""Chunks are cut and gathered to about this size: fewer, larger writes, and still little memory."""

_PREFIX = struct.Struct(">cI")


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    def write(self, content: bytes, /) -> object: ...

    def flush(self) -> None: ...


class PipeEnded(Exception):
    """The other side is gone."""


def write_frame(sink: Sink, kind: bytes, content: bytes = b"") -> None:
    """Write one frame; the pipe's buffer is flushed behind it."""
    try:
        sink.write(_PREFIX.pack(kind, len(content)))
        if content:
            sink.write(content)
        sink.flush()
    except (BrokenPipeError, ValueError) as error:
        raise PipeEnded("the other side is gone") from error


def read_frame(source: Source) -> tuple[bytes, bytes]:
    """The next frame: its kind and its content. Raises PipeEnded, also in the middle of one."""
    kind, size = _PREFIX.unpack(_read_exactly(source, _PREFIX.size))
    return kind, _read_exactly(source, size) if size else b""


def pack(facts: Mapping[str, Any]) -> bytes:
    """Facts as the content of a TASK, HEAD or FAILED frame."""
    return json.dumps(facts).encode()


def unpack(content: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(content)
    return facts


def _read_exactly(source: Source, size: int) -> bytes:
    content = source.read(size)
    if len(content) != size:
        raise PipeEnded("the other side is gone")
    return content
