"""Pages of long lists that go on from a key, not behind a number of rows: the thousandth page costs what the first does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")
K = TypeVar("K", str, int)

COUNTED_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Start(Generic[K]):
    """Where a page begins: behind a key, or so that it ends before one; with neither at the beginning of the list."""

    after: K | None = None
    before: K | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """The rows of one page, and whether there are pages around it."""

    rows: Sequence[T]
    has_previous: bool
    has_next: bool


def slice_of(
    session: Session, statement: Select[Any], key: Any, start: Start[Any], *, size: int, newest_first: bool = False
) -> Slice[Any]:
    """One page of the statement's rows in the order of a unique key."""
    backwards = start.before is not None
    rising = newest_first is backwards
    edge = start.before if backwards else start.after
    if edge is not None:
        statement = statement.where(key > edge if rising else key < edge)
    found = session.execute(statement.order_by(key if rising else key.desc()).limit(size + 1)).all()
    rows, more = found[:size], len(found) > size
    if backwards:
        return Slice(rows[::-1], has_previous=more, has_next=True)
    return Slice(rows, has_previous=start.after is not None, has_next=more)


def counted(session: Session, statement: Select[Any]) -> int:
    """How many rows the statement has; counting stops behind COUNTED_AT_MOST."""
    limited = statement.limit(COUNTED_AT_MOST + 1).subquery()
    return int(session.execute(select(func.count()).select_from(limited)).scalar_one())
