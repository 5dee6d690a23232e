"""What a person sees meanwhile: one line for each step, with its time. Without a terminal, plain lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """Tells steps on a stream, and everything in the log."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._begun = self._total = clock()
        self._line = ""

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._total

    def begin(self, number: int, of: int, text: str) -> None:
        """A step begins."""
        self._begun = self._clock()
        self._line = f"[{number}/{of}] {text}"
        if self._is_terminal:
            self._put(f"{self._line} ...")

    def part(self, done: int, of: int) -> None:
        """So much of the step is done; told on terminals alone."""
        if self._is_terminal and of:
            self._put(f"\r{self._line} ... {done * 100 // of} %")

    def end(self, note: str = "") -> None:
        """The step is done."""
        text = f"{self._line}: {note or f'{self._clock() - self._begun:.1f} s'}"
        self._put(f"\r\x1b[K{text}\n" if self._is_terminal else f"{text}\n")

    def broken(self) -> None:
        """The step ended with an error, which is told by somebody else."""
        if self._is_terminal:
            self._put("\n")

    def say(self, text: str) -> None:
        """A line that is no step."""
        self._put(f"{text}\n")

    def _put(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
