"""Statements that every page asks, handed to the driver as texts that were put together once."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, SelectBase
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from kallithea.lib.cache import SizedCache
from kallithea.lib.trace import note_statement

SHAPES = 256
"""How many texts of one statement are kept: one for each number of values in its lists, on each engine."""

KEPT_BYTES = 8 << 20
"""About how much of what was made of rows is kept, for each statement. Answers of more than an eighth of it are not."""

VALUE_BYTES = 128
"""What a value takes as a part of the key and of what was made of it, without its text."""

T = TypeVar("T")
_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where in the values something stands: the name, and for a list the place in it."""

    name: str
    at: int | None

    def of(self, values: _Values) -> Any:
        return values[self.name] if self.at is None else values[self.name][self.at]


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    """What the driver gets: the text, how its parameters follow from the values, and what its columns have to go through."""

    sql: str
    parameters: Sequence[Any] | Mapping[str, Any]
    readings: Sequence[tuple[int, Callable[[Any], Any]]]

    def filled(self, values: _Values) -> Any:
        given = self.parameters
        if isinstance(given, Mapping):
            return {name: slot.of(values) if isinstance(slot, _Slot) else slot for name, slot in given.items()}
        return tuple(slot.of(values) if isinstance(slot, _Slot) else slot for slot in given)

    def read(self, row: Sequence[Any]) -> list[Any]:
        columns = list(row)
        for at, reading in self.readings:
            columns[at] = reading(columns[at])
        return columns


class Prepared:
    """A statement whose values are texts, numbers and truths, or lists of them (`bindparam(…, expanding=True)`).

    SQLAlchemy looks for the text of a statement by all of its parts, writes lists into it, and takes down the columns of the
    answer, each time anew: for a statement of many columns six times as long as the database needs. Here the driver is asked
    over a connection of SQLAlchemy, without its events. Errors are those of SQLAlchemy.
    """

    def __init__(self, statement: SelectBase) -> None:
        self.statement = statement
        self._row: Any = namedtuple("Row", [column.key for column in statement.selected_columns])  # type: ignore[misc]
        self._compiled = lru_cache(maxsize=8)(statement.compile)
        self._text = lru_cache(maxsize=SHAPES)(self._put_together)
        self._kept: SizedCache[Any] = SizedCache(KEPT_BYTES)

    def rows(self, source: Connection | Engine, **values: Any) -> Sequence[Any]:
        """The rows, as tuples with names by the labels of the columns.

        Asked of an engine, over a connection that it lends for this.
        """
        text, found = self.ask(source, values)
        return self._read(text, found)

    def made(self, make: Callable[[Sequence[Any]], T], source: Connection | Engine, **values: Any) -> T:
        """What `make` makes of the rows. It is not made again where the driver gives the same rows, so nobody may change it."""
        text, found = self.ask(source, values)
        if len(found) * len(self._row._fields) * VALUE_BYTES > KEPT_BYTES // 8:
            return make(self._read(text, found))
        key = (make, text, tuple(found))
        kept: T | None = self._kept.get(key)
        if kept is None:
            kept = make(self._read(text, found))
            self._kept.put(key, kept, _bytes(found))
        return kept

    def _read(self, text: _Text, found: Sequence[Sequence[Any]]) -> Sequence[Any]:
        return [self._row(*row) for row in found] if not text.readings else [self._row(*text.read(row)) for row in found]

    def ask(self, source: Connection | Engine, values: _Values) -> tuple[_Text, Sequence[Sequence[Any]]]:
        """The text that was asked, and the rows as the driver gives them: what `rows` and `made` have in common."""
        lengths = tuple((name, len(value) if isinstance(value, list) else None) for name, value in values.items())
        dialect = source.dialect
        text = self._text(dialect, lengths)
        parameters = text.filled(values)
        began = perf_counter()
        driver: Any = None
        try:
            driver = source.raw_connection() if isinstance(source, Engine) else source.connection
            with closing(driver.cursor()) as cursor:
                cursor.execute(text.sql, parameters)
                found = cursor.fetchall()
        except dialect.loaded_dbapi.Error as error:
            is_gone = dialect.is_disconnect(error, driver and driver.dbapi_connection, None)
            if is_gone and driver is not None:
                (driver if isinstance(source, Engine) else source).invalidate(error)
            raise DBAPIError.instance(
                text.sql, parameters, error, dialect.loaded_dbapi.Error, connection_invalidated=is_gone, dialect=dialect
            ) from error
        finally:
            if driver is not None and isinstance(source, Engine):
                driver.close()
        note_statement(text.sql, perf_counter() - began)
        return text, found

    def _put_together(self, dialect: Dialect, lengths: tuple[tuple[str, int | None], ...]) -> _Text:
        slots = {
            name: _Slot(name, None) if length is None else [_Slot(name, at) for at in range(length)] for name, length in lengths
        }
        state = self._compiled(dialect=dialect).construct_expanded_state(slots)
        types = [column.type.dialect_impl(dialect) for column in self.statement.selected_columns]
        readings = [found.result_processor(dialect, None) for found in types]
        return _Text(
            state.statement,
            state.positional_parameters if dialect.positional else state.parameters,
            [(at, reading) for at, reading in enumerate(readings) if reading is not None],
        )


def _bytes(found: Sequence[Sequence[Any]]) -> int:
    """About what an answer takes, kept as a key and as what is made of it."""
    return sum(VALUE_BYTES + (2 * len(value) if isinstance(value, str) else 0) for row in found for value in row)
