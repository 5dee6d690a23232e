"""How a check says that something is wrong, or that it could not look."""

from __future__ import annotations


class Failed(Exception):
    """Something is not as it has to be; the hint says what to do."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NotChecked(Exception):
    """Why this could not be looked at here."""
