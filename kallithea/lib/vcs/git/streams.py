"""Reads what a running git prints, for as long as there is time."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Iterator
from typing import IO

PIECE = 1 << 16


class OutOfTime(Exception):
    """The command may not take longer."""


def lines_until(stream: IO[bytes], until: float) -> Iterator[bytes]:
    """The lines of a pipe without their ends. Raises OutOfTime at that time of the monotonic clock, even if git is silent."""
    return pieces_until(stream, until, b"\n")


def pieces_until(stream: IO[bytes], until: float, end: bytes) -> Iterator[bytes]:
    """What a pipe brings before each `end`; what comes behind the last one is dropped. Raises OutOfTime likewise."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise OutOfTime
            piece = os.read(stream.fileno(), PIECE)
            if not piece:
                return
            *pieces, rest = (rest + piece).split(end)
            for found in pieces:
                if time.monotonic() > until:
                    raise OutOfTime
                yield found
