"""Statements that every page asks, handed to the driver as texts that were put together once."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, SelectBase
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from kallithea.lib.trace import note_statement

SHAPES = 256
"""How many texts of one statement are kept: one for each number of values in its lists, on each engine."""

_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where in the values something stands: the name, and for a list the place in it."""

    name: str
    at: int | None

    def of(self, values: _Values) -> Any:
        return values[self.name] if self.at is None else values[self.name][self.at]


@dataclass(frozen=True, slots=True)
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
        self._text = lru_cache(maxsize=SHAPES)(self._made)

    def rows(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """The rows, as tuples with names by the labels of the columns."""
        lengths = tuple((name, len(value) if isinstance(value, list) else None) for name, value in values.items())
        dialect = connection.dialect
        text = self._text(dialect, lengths)
        parameters = text.filled(values)
        began = perf_counter()
        driver = connection.connection
        try:
            with closing(driver.cursor()) as cursor:
                cursor.execute(text.sql, parameters)
                found = cursor.fetchall()
        except dialect.loaded_dbapi.Error as error:
            is_gone = dialect.is_disconnect(error, driver.dbapi_connection, None)
            if is_gone:
                connection.invalidate(error)
            raise DBAPIError.instance(
                text.sql, parameters, error, dialect.loaded_dbapi.Error, connection_invalidated=is_gone, dialect=dialect
            ) from error
        note_statement(text.sql, perf_counter() - began)
        return [self._row(*row) for row in found] if not text.readings else [self._row(*text.read(row)) for row in found]

    def _made(self, dialect: Dialect, lengths: tuple[tuple[str, int | None], ...]) -> _Text:
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
