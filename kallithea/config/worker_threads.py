"""The threads that answer what waitress received."""

from __future__ import annotations

import logging
import threading
import time
from queue import Empty, SimpleQueue
from typing import Protocol

log = logging.getLogger(__name__)


class Task(Protocol):
    """A connection with a request that waits for its answer."""

    def service(self) -> None: ...

    def cancel(self) -> None: ...


class WorkerThreads:
    """Takes the place of waitress's own dispatcher of tasks.

    There every thread that takes a task, and the one that reads from the network, hold one lock in turn; whoever is given it
    has to wait for the interpreter with the lock in its hand. The queue of the interpreter itself needs none.
    """

    def __init__(self, count: int) -> None:
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, name=f"waitress-{number}", daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def add_task(self, task: Task) -> None:
        """Have one of the threads do the task as soon as one is free."""
        self._tasks.put(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """Let the threads end what they do, for so many seconds, and drop what nobody has begun; whether anything was."""
        pending = self._drop() if cancel_pending else 0
        for _ in self._threads:
            self._tasks.put(None)
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if running := sum(thread.is_alive() for thread in self._threads):
            log.warning("%d threads are still at work.", running)
        return pending > 0

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task.service()
            except BaseException:
                log.exception("A request could not be answered.")

    def _drop(self) -> int:
        dropped = 0
        while True:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return dropped
            if task is not None:
                task.cancel()
                dropped += 1
