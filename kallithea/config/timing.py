"""How long the database takes for each request, told by the engine itself."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, ExecutionContext

from kallithea.lib.trace import note_statement

_BEGAN = "kallithea_began"


def trace_statements(engine: Engine) -> None:
    """Have every statement of this engine add its time to the request that it is for; its values are not kept."""

    @event.listens_for(engine, "before_cursor_execute")
    def _before(connection: Connection, *_rest: Any) -> None:
        connection.info[_BEGAN] = perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def _after(
        connection: Connection, _cursor: Any, statement: str, _values: Any, _context: ExecutionContext | None, _many: bool
    ) -> None:
        note_statement(statement, perf_counter() - connection.info[_BEGAN])
