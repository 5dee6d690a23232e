"""A pool of database connections that threads never wait for each other at."""

from __future__ import annotations

from collections import deque
from typing import Any

from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util.queue import Empty, Full, QueueCommon


class _Stack(QueueCommon[ConnectionPoolEntry]):
    """The connections that nobody uses, the one used last on top. A deque needs no lock for its ends."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = True) -> None:
        self.maxsize = maxsize
        self.use_lifo = use_lifo
        self._idle: deque[ConnectionPoolEntry] = deque()

    def empty(self) -> bool:
        return not self._idle

    def full(self) -> bool:
        return len(self._idle) >= self.maxsize

    def qsize(self) -> int:
        return len(self._idle)

    def put_nowait(self, item: ConnectionPoolEntry) -> None:
        if self.full():
            raise Full
        self._idle.append(item)

    def put(self, item: ConnectionPoolEntry, block: bool = True, timeout: float | None = None) -> None:
        del block, timeout  # whoever comes too late closes the connection
        self.put_nowait(item)

    def get_nowait(self) -> ConnectionPoolEntry:
        try:
            return self._idle.pop()
        except IndexError:
            raise Empty from None

    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:
        del block, timeout  # whoever finds none makes one
        return self.get_nowait()


class UnlockedPool(QueuePool):
    """Keeps `pool_size` connections and makes as many as are wanted at once: one for each thread of the server, or two.

    The usual pool has a lock around each connection that comes and goes. A thread that is given the lock still has to wait for
    the interpreter, with the lock in its hand; with 32 threads most of them stood there, most of the time.
    """

    _queue_class = _Stack

    def __init__(self, creator: Any, *, pool_size: int = 8, max_overflow: int = -1, **options: Any) -> None:
        super().__init__(creator, pool_size=pool_size, max_overflow=-1, **options)
