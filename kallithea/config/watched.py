"""Around everything: gives each request an id, and has log and metrics hear how it went."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from kallithea.config.logging import Fields
from kallithea.config.proxies import Trusted
from kallithea.config.watchers import ARRIVAL, is_listed_proxy, note_arrival
from kallithea.lib import trace as tracing
from kallithea.lib.trace import Trace

log = logging.getLogger("kallithea.requests")
slow_log = logging.getLogger("kallithea.slow")

Environ = dict[str, Any]
Observer = Callable[["Finished"], None]

STATIC = "static"
ASSETS = "/_assets/"
"""Where the addresses of built files begin."""
QUIET = frozenset({STATIC, "health", "metrics"})
"""Doors that say nothing about anybody's work; they are logged for whoever wants to see everything."""
LONGEST = 300
"""Characters of a path or of a client's name in the log."""

# What web servers and tracing programs make: hexadecimal digits, UUIDs, HAProxy's addresses and times.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{8,128}")


@dataclass(frozen=True, slots=True)
class Finished:
    """One answered request. `answered` is the seconds until the answer began, `seconds` until it was handed over."""

    trace: Trace
    method: str
    status: int
    sent: int
    answered: float
    seconds: float


class Watched:
    """WSGI middleware, the outermost.

    `slow` is the seconds after which an answer is logged with its statements (0: never); `shows_times` tells every browser
    where the time went, for developers.
    """

    def __init__(
        self,
        inside: Any,
        *,
        proxies: Sequence[Trusted],
        slow: float,
        shows_times: bool = False,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.inside = inside
        self._proxies = tuple(proxies)
        self._slow = slow
        self._shows_times = shows_times
        self._observers = tuple(observers)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        note_arrival(environ)
        trace = Trace(self._id(environ))
        tracing.begin(trace)
        answer = _Answer(self, trace, environ, start_response)
        try:
            body = self.inside(environ, answer.start)
        except BaseException:
            answer.finish()
            raise
        answer.answered = perf_counter() - trace.began
        if isinstance(body, (list, tuple)):
            answer.sent = sum(map(len, body))
            answer.finish()
            return body
        if environ.get("PATH_INFO", "").startswith(ASSETS):
            # A file that the web server may hand to the system whole; wrapped, it could not.
            trace.door = STATIC
            answer.sent = answer.declared
            answer.finish()
            return body  # type: ignore[no-any-return] # the application inside is untyped
        answer.body = body
        answer.chunks = iter(body)
        return answer

    def over(self, answer: _Answer) -> None:
        """Tell everybody who wants to know about a request that is over."""
        trace = answer.trace
        seconds = perf_counter() - trace.began
        done = Finished(trace, answer.method, answer.status, answer.sent, answer.answered or seconds, seconds)
        level = logging.DEBUG if trace.door in QUIET else logging.INFO
        if log.isEnabledFor(level):
            # Made here: to find out which line of code speaks costs more than all the rest, and it is always this one.
            log.handle(logging.LogRecord(log.name, level, __file__, 0, _line(done, answer.environ), None, None))
        if self._slow and done.answered >= self._slow and trace.transfer is None:
            slow_log.warning(_slow_line(done, answer.environ))
        for observer in self._observers:
            observer(done)
        tracing.end()

    def headers(self, trace: Trace) -> list[tuple[str, str]]:
        """What every answer carries."""
        found = [("X-Request-Id", trace.id)]
        # How long something took may say that it exists: only who may see everything is told.
        if trace.is_administrator or self._shows_times:
            found.append(("Server-Timing", _server_timing(trace)))
        return found

    def _id(self, environ: Environ) -> str:
        given: str | None = environ.get("HTTP_X_REQUEST_ID")
        if given and _WELL_FORMED.fullmatch(given) and is_listed_proxy(environ[ARRIVAL][0], self._proxies):
            return given
        return tracing.new_id()


class _Answer:
    """An answer on its way to the client: iterate, and close whatever happens."""

    def __init__(self, watched: Watched, trace: Trace, environ: Environ, start_response: Any) -> None:
        self._watched = watched
        self._start_response = start_response
        self._is_over = False
        self.trace = trace
        self.environ = environ
        # Kept, since what comes after may change it.
        self.method: str = environ["REQUEST_METHOD"]
        self.status = 0
        self.declared = 0
        self.sent = 0
        self.answered = 0.0
        self.body: Any = ()
        self.chunks: Iterator[bytes] = iter(())

    def start(self, status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        """WSGI's start_response."""
        self.status = int(status[:3])
        self.declared = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        return self._start_response(status, [*headers, *self._watched.headers(self.trace)], *exc_info)

    def __iter__(self) -> _Answer:
        return self

    def __next__(self) -> bytes:
        tracing.begin(self.trace)
        try:
            chunk = next(self.chunks)
        except StopIteration:
            raise
        except Exception as error:
            log.warning("incident %s: the answer broke off: %s", tracing.incident_id(), type(error).__name__)
            raise
        self.sent += len(chunk)
        return chunk

    def close(self) -> None:
        tracing.begin(self.trace)
        try:
            if hasattr(self.body, "close"):
                self.body.close()
        finally:
            self.finish()

    def finish(self) -> None:
        """Log and count, once."""
        if not self._is_over:
            self._is_over = True
            self._watched.over(self)


def _line(done: Finished, environ: Environ) -> Fields:
    trace = done.trace
    return Fields(
        {
            "method": done.method,
            "path": _path(environ),
            "status": done.status,
            "bytes": done.sent,
            "ms": round(done.seconds * 1000, 1),
            "door": trace.door,
            "user": trace.user_id or "-",
            "address": environ.get("REMOTE_ADDR", "")[:LONGEST],
            "client": environ.get("HTTP_USER_AGENT", "")[:LONGEST],
        }
    )


def _slow_line(done: Finished, environ: Environ) -> Fields:
    trace = done.trace
    return Fields(
        {
            "slow": f"{done.method} {_path(environ)}",
            "status": done.status,
            "door": trace.door,
            "ms": round(done.answered * 1000, 1),
            "sql_ms": round(trace.sql * 1000, 1),
            "sql_count": trace.statement_count,
            "vcs_ms": round(trace.vcs * 1000, 1),
            "render_ms": round(trace.render * 1000, 1),
            # The texts alone: values may be anybody's.
            "statements": "; ".join(f"{seconds * 1000:.1f} ms {' '.join(text.split())}" for text, seconds in trace.statements),
        }
    )


def _path(environ: Environ) -> str:
    """Where the request went, without its query, which may hold anything."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return str(path[:LONGEST].encode("latin-1", "replace").decode("utf-8", "backslashreplace"))


def _server_timing(trace: Trace) -> str:
    times = {"total": perf_counter() - trace.began, "db": trace.sql, "vcs": trace.vcs, "render": trace.render}
    return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in times.items())
