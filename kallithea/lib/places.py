"""Places that are counted: so many at once, the most urgent first, and nobody waits for ever."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

UNLIMITED = 1 << 30


@dataclass(frozen=True, slots=True)
class Share:
    """One of the counts that a place is part of: at most `at_once` places of this name are taken, and `may_wait` waited for."""

    name: Hashable
    at_once: int
    may_wait: int = UNLIMITED


class NoPlace(Exception):
    """No place became free: too many wait already, or it took too long. `share` is what was full."""

    def __init__(self, share: Share) -> None:
        super().__init__(share.name)
        self.share = share


@dataclass(slots=True, eq=False)
class _Ticket:
    shares: Sequence[Share]
    is_urgent: bool
    number: int
    called: threading.Event = field(default_factory=threading.Event)


class Place:
    """A place that was taken; leave it once, by hand or as a context."""

    __slots__ = ("_places", "_ticket")

    def __init__(self, places: Places, ticket: _Ticket) -> None:
        self._places: Places | None = places
        self._ticket = ticket

    def leave(self) -> None:
        """Give the place back; leaving again does nothing."""
        places, self._places = self._places, None
        if places is not None:
            places._left(self._ticket)

    def __enter__(self) -> Place:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.leave()


class Places:
    """All places of one kind in this process; safe to share between threads.

    Whoever waits is called in order of arrival, the urgent before all others; who does not fit yet, because of a count of
    their own, holds up nobody behind them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[Hashable] = Counter()
        self._awaited: Counter[Hashable] = Counter()
        self._queue: list[_Ticket] = []
        self._numbers = itertools.count()

    def take(self, shares: Sequence[Share], *, is_urgent: bool = False, patience: float) -> Place:
        """A place that counts in all these shares, after at most `patience` seconds. Raises NoPlace."""
        ticket = _Ticket(shares, is_urgent, next(self._numbers))
        with self._lock:
            full = self._full(ticket)
            if full is None:
                self._taken.update(share.name for share in shares)
                return Place(self, ticket)
            crowded = next((share for share in shares if self._awaited[share.name] >= share.may_wait), None)
            if crowded is not None:
                raise NoPlace(crowded)
            self._enqueue(ticket)
        if not ticket.called.wait(patience):
            with self._lock:
                # It may have been called just now.
                if not ticket.called.is_set():
                    full = self._full(ticket) or full
                    self._dequeue(ticket)
                    raise NoPlace(full)
        return Place(self, ticket)

    def taken(self, name: Hashable) -> int:
        """How many places of this name are taken."""
        return self._taken[name]

    def awaited(self, name: Hashable) -> int:
        """How many wait for a place of this name."""
        return self._awaited[name]

    def _left(self, ticket: _Ticket) -> None:
        with self._lock:
            _uncount(self._taken, ticket)
            for waiting in self._queue.copy():
                if self._full(waiting) is None:
                    self._dequeue(waiting)
                    self._taken.update(share.name for share in waiting.shares)
                    waiting.called.set()

    def _full(self, ticket: _Ticket) -> Share | None:
        return next((share for share in ticket.shares if self._taken[share.name] >= share.at_once), None)

    def _enqueue(self, ticket: _Ticket) -> None:
        self._awaited.update(share.name for share in ticket.shares)
        self._queue.append(ticket)
        self._queue.sort(key=lambda waiting: (not waiting.is_urgent, waiting.number))

    def _dequeue(self, ticket: _Ticket) -> None:
        self._queue.remove(ticket)
        _uncount(self._awaited, ticket)


def _uncount(counts: Counter[Hashable], ticket: _Ticket) -> None:
    """Take a ticket out of the counts; names that count nothing any more are forgotten, as clients come and go."""
    for share in ticket.shares:
        counts[share.name] -= 1
        if counts[share.name] <= 0:
            del counts[share.name]
