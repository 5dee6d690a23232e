"""Lays out the graph of a history: which column each commit stands in, and which lines pass, arrive and leave."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class GraphRow:
    """One commit. `passing` lines go down past it, each (column above, column below, colour number). `arriving` lines come
    from above and end in it, `leaving` ones begin in it and go down to a parent, each (column, colour number). `width` is the
    number of columns in use here."""

    column: int
    colour: int
    passing: tuple[tuple[int, int, int], ...]
    arriving: tuple[tuple[int, int], ...]
    leaving: tuple[tuple[int, int], ...]
    width: int
    is_merge: bool


def lay_out(rows: Sequence[tuple[Id, Sequence[Id]]]) -> tuple[GraphRow, ...]:
    """The graph of (id, parents) rows in which children come before parents; parents may lie beyond the last row."""
    lanes: _Lanes[Id] = _Lanes()
    return tuple(lanes.place(commit_id, tuple(dict.fromkeys(parents))) for commit_id, parents in rows)


class _Lanes(Generic[Id]):
    """The columns as they are between two rows: what each is waiting for, and in which colour."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Id, int] | None] = []
        self._colours = 0

    def place(self, commit_id: Id, parents: tuple[Id, ...]) -> GraphRow:
        """Put a commit below what is there, and wait for its parents."""
        arriving = self._end(commit_id)
        column, colour = arriving[0] if arriving else (self._free_column(), self._next_colour())
        above = [(at, lane[1]) for at, lane in enumerate(self._waiting) if lane is not None]
        moved = self._draw_in(parents[0], column, colour) if parents else None
        passing = tuple((at, column if at == moved else at, colour) for at, colour in above)
        leaving = tuple(self._lead_to(parent, column, None if number else colour) for number, parent in enumerate(parents))
        width = 1 + max(at for at, _ in ((column, colour), *above, *arriving, *leaving))
        while self._waiting and self._waiting[-1] is None:
            self._waiting.pop()
        return GraphRow(column, colour, passing, arriving, leaving, width, len(parents) > 1)

    def _end(self, commit_id: Id) -> tuple[tuple[int, int], ...]:
        """The lanes that waited for a commit; they are free from now on."""
        found = []
        for at, lane in enumerate(self._waiting):
            if lane is not None and lane[0] == commit_id:
                found.append((at, lane[1]))
                self._waiting[at] = None
        return tuple(found)

    def _draw_in(self, parent: Id, column: int, colour: int) -> int | None:
        """Let the lane that waits for a first parent further right end up in this column, so that the main line stays left.

        Returns the column it leaves, if there is one.
        """
        for at, lane in enumerate(self._waiting):
            if at > column and lane is not None and lane[0] == parent:
                self._waiting[at] = None
                self._waiting[column] = (parent, colour)
                return at
        return None

    def _lead_to(self, parent: Id, column: int, colour: int | None) -> tuple[int, int]:
        """A line to a parent: in the lane that waits for it already, else in the commit's own column, else in a free one."""
        for at, lane in enumerate(self._waiting):
            if lane is not None and lane[0] == parent:
                return at, lane[1] if colour is None else colour
        chosen = self._next_colour() if colour is None else colour
        at = self._free_column() if colour is None else column
        while len(self._waiting) <= at:
            self._waiting.append(None)
        self._waiting[at] = (parent, chosen)
        return at, chosen

    def _free_column(self) -> int:
        return next((at for at, lane in enumerate(self._waiting) if lane is None), len(self._waiting))

    def _next_colour(self) -> int:
        self._colours += 1
        return self._colours - 1
