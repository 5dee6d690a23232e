"""Reads what a running git prints, for as long as there is time."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Iterator
from typing import IO

from kallithea.lib.errors import Unavailable

PIECE = 1 << 16


class OutOfTime(Unavailable):
    """The command may not take longer."""

    def __init__(self) -> None:
        super().__init__("This takes the server too long.", hint="Ask for less, or try again later.")


def pieces_until(stream: IO[bytes], until: float) -> Iterator[bytes]:
    """What comes through a pipe. Raises OutOfTime at that time of the monotonic clock, even if git is silent."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise OutOfTime
            piece = os.read(stream.fileno(), PIECE)
            if not piece:
                return
            yield piece


def lines_until(stream: IO[bytes], until: float, end: bytes = b"\n") -> Iterator[bytes]:
    """What a pipe brings before each `end`; what comes behind the last one is dropped. Raises OutOfTime likewise."""
    rest = b""
    for piece in pieces_until(stream, until):
        *lines, rest = (rest + piece).split(end)
        for line in lines:
            if time.monotonic() > until:
                raise OutOfTime
            yield line
