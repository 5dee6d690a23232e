"""What one request does, and where its time goes: kept while it runs, read by the log and the metrics when it is over.

The web chain begins a trace; whoever works for a request adds to the trace of the running thread. Outside a request, as in
commands and tests of single parts, there is none, and adding to it costs next to nothing.
"""

from __future__ import annotations

import functools
import inspect
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from types import GeneratorType
from typing import Any, TypeVar

C = TypeVar("C", bound=type)

MOST_STATEMENTS = 200
"""How many statements of one request are kept for the log."""


@dataclass(slots=True)
class Trace:
    """One request. Times are seconds."""

    id: str
    began: float = field(default_factory=perf_counter)
    door: str = "none"
    """The page or wire command that answers: one of few, never the address of something."""
    user_id: int | None = None
    is_administrator: bool = False
    sql: float = 0.0
    vcs: float = 0.0
    render: float = 0.0
    statement_count: int = 0
    statements: list[tuple[str, float]] = field(default_factory=list)
    was_remembered: bool | None = None
    """Whether the content of a page was there already; None for what is never kept."""
    transfer: tuple[str, str] | None = None
    """Kind and operation, where hg or git bytes move."""
    received: int = 0
    """Bytes of the body of a transfer, as far as they were read."""
    has_failed: bool = False
    """Whether an incident was logged under the request's id."""
    _readers: int = 0
    """How many calls of a reader are under way, one inside the other."""

    def add_statement(self, statement: str, seconds: float) -> None:
        self.sql += seconds
        self.statement_count += 1
        if self.statement_count <= MOST_STATEMENTS:
            self.statements.append((statement, seconds))


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begin(trace: Trace) -> None:
    """From here on the thread works for this request."""
    _current.set(trace)


def end() -> None:
    """The thread works for no request any more."""
    _current.set(None)


current = _current.get
"""The trace of the request that this thread works for, or None."""


def new_id() -> str:
    """An id that no other request has: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def incident_id() -> str:
    """The number under which page, client and log speak of a failure: the request's id, or a new one outside requests."""
    trace = current()
    if trace is None:
        return new_id()
    trace.has_failed = True
    return trace.id


def note_door(door: str) -> None:
    """Say which page or command answers."""
    if (trace := current()) is not None:
        trace.door = door


def note_user(user_id: int | None, *, is_administrator: bool) -> None:
    """Say on whose behalf."""
    if (trace := current()) is not None:
        trace.user_id = user_id
        trace.is_administrator = is_administrator


def note_statement(statement: str, seconds: float) -> None:
    """Say what the database was asked, without the values, and how long it took."""
    if (trace := current()) is not None:
        trace.add_statement(statement, seconds)


def note_remembered(is_there: bool) -> None:
    """Say whether the content of a page that may be kept was kept."""
    if (trace := current()) is not None:
        trace.was_remembered = is_there


def note_transfer(kind: str, operation: str) -> None:
    """Say that hg or git moves bytes, which may take long."""
    if (trace := current()) is not None:
        trace.transfer = kind, operation
        happened("transfer began", kind, operation)


@contextmanager
def rendering() -> Iterator[None]:
    """Count the time until it is left as that of templates."""
    trace = current()
    if trace is None:
        yield
        return
    began = perf_counter()
    try:
        yield
    finally:
        trace.render += perf_counter() - began


Listener = Callable[[str, tuple[str, ...]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have a function of the process hear of what happens: a word for it, and what tells it from others of its kind."""
    _listeners.append(listener)


def happened(what: str, *labels: str) -> None:
    """Tell those who count, if there are any, in the running thread; labels are of a few words, never names or paths."""
    for listener in _listeners:
        listener(what, labels)


def traced_reader(reader: C) -> C:
    """Have all public methods of a class that reads repositories add their time to `vcs`, once where one calls another."""
    for name, method in [*vars(reader).items()]:
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(reader, name, _timed(method))
    return reader


def _timed(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def timed(*arguments: Any, **options: Any) -> Any:
        trace = current()
        if trace is None or trace._readers:
            return method(*arguments, **options)
        trace._readers = 1
        began = perf_counter()
        try:
            found = method(*arguments, **options)
        finally:
            trace.vcs += perf_counter() - began
            trace._readers = 0
        return _timed_items(found, trace) if isinstance(found, GeneratorType) else found

    return timed


def _timed_items(items: Iterator[Any], trace: Trace) -> Iterator[Any]:
    """The items of a generator, which works only while one is asked for."""
    try:
        while True:
            began = perf_counter()
            trace._readers += 1
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                trace._readers -= 1
                if not trace._readers:
                    trace.vcs += perf_counter() - began
            yield item
    finally:
        items.close()  # type: ignore[attr-defined] # a generator has it; Iterator does not say so
