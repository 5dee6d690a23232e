"""Results of any length, with few rows of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Result, Select
from sqlalchemy.orm import Session

ROWS = 500
"""Rows that are in memory at once."""


@contextmanager
def streamed(source: Connection | Session, statement: Select[Any]) -> Iterator[Result[Any]]:
    """The rows that a statement finds, some at a time; closed with the block, as the engine keeps it until then."""
    with source.execute(statement, execution_options={"yield_per": ROWS}) as found:
        yield found
