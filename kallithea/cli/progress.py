"""Shows how far long work is: a bar on a terminal, now and then a plain line where there is none."""

from __future__ import annotations

import sys
import time

import click

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""
REDRAW = 0.1
WIDTH = 24
CLEAR = "\r\x1b[K"


class ShownProgress:
    """Tells on standard error, so that what a command answers stays clean."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._is_terminal = sys.stderr.isatty()
        self._what, self._piece = "", ""
        self._pieces: int | None = None
        self._done = self._bytes = 0
        self._shown = 0.0

    def begin(self, what: str, number: int | None = None) -> None:
        self.end()
        self._what, self._pieces, self._piece, self._done, self._bytes = what, number, "", 0, 0
        self._shown = time.monotonic()
        if not self._quiet and not self._is_terminal:
            click.echo(f"{what}{f' ({number})' if number is not None else ''} …", err=True)

    def next(self, what: str) -> None:
        self._done += 1
        self._piece = what
        self._show()

    def tell(self, size: int) -> None:
        self._bytes += size
        self._show()

    def end(self) -> None:
        """Nothing more is under way."""
        if self._what and self._is_terminal and not self._quiet:
            click.echo(CLEAR, err=True, nl=False)
        self._what = ""

    def _show(self) -> None:
        now = time.monotonic()
        if self._quiet or now - self._shown < (REDRAW if self._is_terminal else EVERY):
            return
        self._shown = now
        if self._is_terminal:
            click.echo(f"{CLEAR}{self._line()}", err=True, nl=False)
        else:
            click.echo(self._line(), err=True)

    def _line(self) -> str:
        size = f"{self._bytes / 1_000_000:,.1f} MB"
        if not self._pieces:
            return f"{self._what}: {size}"
        filled = WIDTH * max(0, self._done - 1) // self._pieces
        return f"{self._what} [{'#' * filled}{'.' * (WIDTH - filled)}] {self._done}/{self._pieces} {size} {self._piece[:40]}"
