"""Opened object stores: dulwich reads single objects in process, a few stores open per thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from dulwich.object_format import OBJECT_FORMATS
from dulwich.object_store import DiskObjectStore

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
"""The numbers of the object types in packs (gitformat-pack(5))."""
OPEN_STORES = 8
"""Stores that stay open per thread: each holds its packs' descriptors and maps."""


class Objects:
    """The objects of one repository, for one thread. New packs, and packs that a repack took away, are noticed when an object
    is not found where it was."""

    def __init__(self, path: Path, object_format: str) -> None:
        format_ = OBJECT_FORMATS[object_format]
        self._digits: int = format_.hex_length
        self._store = DiskObjectStore(path / "objects", object_format=format_)

    def read(self, object_id: str) -> tuple[int, bytes] | None:
        """Type and content; None if there is no such object."""
        if len(object_id) != self._digits:
            return None
        try:
            found: tuple[int, bytes] = self._store.get_raw(object_id.encode())
        except KeyError:
            return None
        return found

    def beginning_with(self, prefix: str) -> Iterator[str]:
        """Ids of all objects that begin with these digits."""
        for found in self._store.iter_prefix(prefix.encode()):
            yield found.decode()

    def close(self) -> None:
        self._store.close()

    def __del__(self) -> None:
        # A thread that ends drops its stores; their packs must be closed before dulwich complains.
        self._store.close()


class ObjectPool:
    """Hands each thread its own opened stores, the most recent ones kept."""

    def __init__(self) -> None:
        self._local = threading.local()

    def at(self, path: Path, object_format: str) -> Objects:
        """The objects of the repository in `path`. Ask again for each call: an older one may have been closed."""
        opened: OrderedDict[Path, Objects] = self._local.__dict__.setdefault("opened", OrderedDict())
        objects = opened.pop(path, None) or Objects(path, object_format)
        opened[path] = objects
        if len(opened) > OPEN_STORES:
            opened.popitem(last=False)[1].close()
        return objects

    def close(self) -> None:
        """Close what this thread has open."""
        opened: OrderedDict[Path, Objects] = self._local.__dict__.pop("opened", OrderedDict())
        for objects in opened.values():
            objects.close()
