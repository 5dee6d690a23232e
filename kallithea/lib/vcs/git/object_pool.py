"""Opened object stores: dulwich reads single objects in process, from stores that wait opened for whoever reads next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dulwich.object_format import OBJECT_FORMATS
from dulwich.object_store import DiskObjectStore

from kallithea.lib.vcs.git.object_sizes import sizes_in

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
"""The numbers of the object types in packs (gitformat-pack(5))."""
WAITING_STORES = 24
"""Opened stores that wait in a process at most: each holds two descriptors a pack, and what it remembers of them."""


class ObjectPool:
    """Lends opened stores, each to one thread at a time and for one object only; so there are as many of a repository as
    read it at the same moment, however many threads there are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[Path, str], list[DiskObjectStore]] = OrderedDict()
        self._count = 0

    def at(self, path: Path, object_format: str) -> Objects:
        """The objects of the repository in `path`; costs nothing."""
        return Objects(self, path, object_format)

    @contextmanager
    def lent(self, path: Path, object_format: str) -> Iterator[DiskObjectStore]:
        """A store that nobody else uses meanwhile; what was raised over is not used again."""
        store = self._taken(path, object_format) or DiskObjectStore(
            path / "objects", object_format=OBJECT_FORMATS[object_format]
        )
        try:
            yield store
        except BaseException:
            store.close()
            raise
        self._give_back(path, object_format, store)

    def close(self) -> None:
        """Close what waits."""
        with self._lock:
            closing = [store for stores in self._waiting.values() for store in stores]
            self._waiting.clear()
            self._count = 0
        for store in closing:
            store.close()

    def __del__(self) -> None:
        # Packs must be closed before dulwich complains.
        self.close()

    def _taken(self, path: Path, object_format: str) -> DiskObjectStore | None:
        with self._lock:
            stores = self._waiting.get((path, object_format))
            if stores is None:
                return None
            self._count -= 1
            store = stores.pop()
            if not stores:
                del self._waiting[path, object_format]
            return store

    def _give_back(self, path: Path, object_format: str, store: DiskObjectStore) -> None:
        with self._lock:
            key = path, object_format
            self._waiting.setdefault(key, []).append(store)
            self._waiting.move_to_end(key)
            self._count += 1
            closing = self._waiting.popitem(last=False)[1] if self._count > WAITING_STORES else []
            self._count -= len(closing)
        for longest_unused in closing:
            longest_unused.close()


class Objects:
    """The objects of one repository. New packs, and packs that a repack took away, are noticed when an object is not found
    where it was."""

    def __init__(self, pool: ObjectPool, path: Path, object_format: str) -> None:
        self._pool = pool
        self._place = path, object_format
        self._digits: int = OBJECT_FORMATS[object_format].hex_length

    def read(self, object_id: str) -> tuple[int, bytes] | None:
        """Type and content; None if there is no such object."""
        if len(object_id) != self._digits:
            return None
        with self._pool.lent(*self._place) as store:
            try:
                found: tuple[int, bytes] = store.get_raw(object_id.encode())
            except KeyError:
                return None
            return found

    def sizes(self, object_ids: Sequence[str]) -> dict[str, int]:
        """Bytes of contents by their ids, of those that are told at once; git knows the others, if there are any."""
        with self._pool.lent(*self._place) as store:
            return sizes_in(store, self._place[0], [one for one in object_ids if len(one) == self._digits])

    def beginning_with(self, prefix: str) -> Iterator[str]:
        """Ids of all objects that begin with these digits."""
        with self._pool.lent(*self._place) as store:
            for found in store.iter_prefix(prefix.encode()):
                yield found.decode()
