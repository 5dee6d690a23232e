"""The worker inside the server: a few threads beside those that answer, started with the first request."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from kallithea.jobs.table import KINDS
from kallithea.jobs.tools import JobTools
from kallithea.jobs.worker import POLL, Worker

ENDING = 15.0
"""Seconds that a job under way gets when the server ends."""


class EmbeddedWorkers:
    """One thread for each place that jobs take, as they last long, and one for the others, which then need not wait for those.

    The threads themselves only wait: what computes runs in child processes, at the lowest priority. A thread of low priority
    would instead hold up the others whenever it has the interpreter's lock.
    """

    def __init__(self, tools: JobTools, *, poll: float = POLL) -> None:
        self._tools = tools
        self._poll = poll
        self._process: int | None = None
        self._starting = threading.Lock()
        self._running: list[tuple[Worker, threading.Thread]] = []

    def start_once(self) -> None:
        """Begin, unless this process has begun already: servers fork after loading, and threads do not follow."""
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
            places = dict.fromkeys(kind.place for kind in KINDS.values())
            kinds = [[name for name, kind in KINDS.items() if kind.place == place] for place in places]
            workers = [Worker(self._tools, names, poll=self._poll) for names in kinds]
            self._running = [(worker, threading.Thread(target=worker.run, name="jobs", daemon=True)) for worker in workers]
            for _, thread in self._running:
                thread.start()
            atexit.register(self.stop)

    def stop(self) -> None:
        """End; a program under way is ended, and its job is given back for the next server."""
        if self._process != os.getpid():
            return
        for worker, _ in self._running:
            worker.stop()
        for _, thread in self._running:
            thread.join(ENDING)


class WithWorkers:
    """A WSGI application beside which the workers run."""

    def __init__(self, inside: Callable[..., Iterable[bytes]], workers: EmbeddedWorkers) -> None:
        self._inside = inside
        self._workers = workers

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self._workers.start_once()
        return self._inside(environ, start_response)
