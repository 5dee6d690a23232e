"""A client that stays connected, as over SSH: what it asked for, its three descriptors, and who watches over it.

Over HTTP each request stands for itself (`requests.py`); here one client talks for as long as it likes, so what it may do is
asked anew in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kallithea.lib.vcs.objects import RefUpdate

WATCHED_EVERY = 30.0
"""Seconds after which it is asked again whether a client that is served may still be served."""


@dataclass(frozen=True, slots=True)
class GitSession:
    """`git-upload-pack` or `git-receive-pack`; `protocol` is GIT_PROTOCOL, already checked to be harmless, or ""."""

    service: str
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class HgSession:
    """`hg serve --stdio`; `address` is where the client is, as Mercurial tells its hooks."""

    address: str = ""


Session = GitSession | HgSession


@dataclass(frozen=True, slots=True)
class Line:
    """The descriptors of a client: what it sends, what it gets, and where words for its user go. They belong to the caller."""

    source: int
    sink: int
    words: int


class Minder(Protocol):
    """Watches over one session for the door."""

    def check(self, *, writes: bool) -> None:
        """Raises KallitheaError where the client may not, or may no longer, read (or write)."""
        ...

    def change(self) -> None:
        """Wait until changes are made, and not paused; until `leave` this one is under way. Raises Unavailable."""
        ...

    def admit(self) -> None:
        """Wait for a place among the transfers. Raises Unavailable, TooManyAttempts."""
        ...

    def leave(self) -> None:
        """Give the place back, if there is one; a change that was begun is made."""
        ...

    def pushed(self, updates: tuple[RefUpdate, ...]) -> None:
        """What a push changed, when it is safely on disk and before the client hears the end."""
        ...
