"""Caches for values whose key says everything they depend on, so that nothing ever needs to be invalidated."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

V = TypeVar("V")


class Cache(Protocol[V]):
    """Gives back what was put into it, or nothing; never what was put in under another key."""

    def get(self, key: Hashable) -> V | None:
        """The value kept under the key, or None."""
        ...

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep a value that takes about `size` bytes, if there is room."""
        ...


class SizedCache(Generic[V]):
    """Keeps values in the memory of this process up to a number of bytes; the least recently used goes first."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._values: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """The value kept under the key, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep a value that takes about `size` bytes; one that takes more than an eighth of the whole is not kept."""
        if size > self._most_bytes // 8:
            return
        with self._lock:
            if (old := self._values.pop(key, None)) is not None:
                self._bytes -= old[1]
            self._values[key] = (value, size)
            self._bytes += size
            while self._bytes > self._most_bytes:
                _, (_, freed) = self._values.popitem(last=False)
                self._bytes -= freed

    def __len__(self) -> int:
        return len(self._values)
