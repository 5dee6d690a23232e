"""How long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Who is told. Each may raise to end the work."""

    def begin(self, what: str, number: int | None = None) -> None:
        """Something begins, in so many pieces where that is known."""
        ...

    def next(self, what: str) -> None:
        """The next piece begins."""
        ...

    def tell(self, size: int) -> None:
        """So many more bytes were dealt with."""
        ...


class _Silent:
    def begin(self, what: str, number: int | None = None) -> None:
        pass

    def next(self, what: str) -> None:
        pass

    def tell(self, size: int) -> None:
        pass


SILENT: Progress = _Silent()
"""Nobody is told."""
