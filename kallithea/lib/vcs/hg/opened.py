"""Opened repositories: each `localrepo` belongs to one thread, and is opened anew when anything on disk changed."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mercurial import error, localrepo

from kallithea.lib.vcs.errors import RepositoryBusy, RepositoryMissing, UnsafeConfiguration
from kallithea.lib.vcs.hg import recovery
from kallithea.lib.vcs.hg.settings import base_ui
from kallithea.lib.vcs.locks import writer_lock

KEPT = 64
"""Of all threads together. Each has its index and what it remembers of it in memory, and to open one takes a millisecond."""

MANY = 16
"""Repositories that are left before it is worth to clear them away."""
PAUSE = 10.0
"""Seconds between two times: each holds everybody up for some hundredths of a second."""

# What changes when something visible changes. Bookmarks lie in the store or beside it, by format.
WATCHED = (
    "requires",
    "store/requires",
    "store/00changelog.i",
    "store/phaseroots",
    "store/obsstore",
    "store/bookmarks",
    "bookmarks",
)

Stamp = tuple[tuple[int, ...] | None, ...]

MISSING = "The repository is not on the disk of the server."


@dataclass(frozen=True, slots=True)
class Opened:
    stamp: Stamp
    repo: Any


class _Kept:
    """What threads have open, the most recent ones; nobody uses what another thread has, but it may be dropped for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._remains = _Remains()
        self._found: OrderedDict[tuple[int, str, bool], Opened] = OrderedDict()

    def get(self, folder: str, publishing: bool) -> Opened | None:
        key = (threading.get_ident(), folder, publishing)
        with self._lock:
            opened = self._found.get(key)
            if opened is not None:
                self._found.move_to_end(key)
            return opened

    def put(self, folder: str, publishing: bool, opened: Opened) -> None:
        key = (threading.get_ident(), folder, publishing)
        with self._lock:
            replaced = self._found.pop(key, None)
            self._found[key] = opened
            dropped = self._found.popitem(last=False) if len(self._found) > KEPT else None
        is_left = replaced is not None or dropped is not None
        # What has nobody any more is taken apart here, outside of the lock.
        del replaced, dropped
        if is_left:
            self._remains.add()


class _Remains:
    """Repositories that nobody has any more: circles with a megabyte each, which the interpreter leaves for long."""

    def __init__(self) -> None:
        self._count = 0
        self._next = 0.0

    def add(self) -> None:
        """One more; now and then all of them are cleared away."""
        self._count += 1  # not exact between threads, and need not be
        if self._count >= MANY and time.monotonic() >= self._next:
            self._count = 0
            self._next = time.monotonic() + PAUSE
            gc.collect()


_kept = _Kept()


def stamp_of(folder: Path) -> Stamp:
    """What identifies the state of a repository on disk. Raises RepositoryMissing.

    Mercurial compares times in whole seconds (posix.py: cachestat), which misses a second push within one; nanoseconds, inode
    and change time do not.
    """
    base = f"{folder}/.hg/"
    found = tuple(_stat(base + name) for name in WATCHED)
    # A repository of the oldest format has no `requires` at all, but then it has .hg/store or .hg/data and cannot be served.
    if found[0] is None:
        raise RepositoryMissing(MISSING)
    return found


def _stat(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 seven a page: a Path costs more than the call
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def unfiltered(folder: Path, *, publishing: bool) -> Any:
    """A newly opened repository with everything in it, hidden and secret commits too.

    Raises RepositoryMissing, or UnsafeConfiguration for a format that this Mercurial cannot or that we will not serve.
    """
    try:
        repo = localrepo.makelocalrepository(base_ui(publishing), os.fsencode(folder))
    except error.RequirementError as unknown:
        raise UnsafeConfiguration(
            "The repository has a format that this server cannot read.", hint=unknown.message.decode("utf-8", "replace")
        ) from unknown
    except (error.RepoError, FileNotFoundError, NotADirectoryError) as missing:
        raise RepositoryMissing(MISSING) from missing
    if repo.shared():
        raise UnsafeConfiguration(
            "The repository keeps its history in another folder (made by `hg share`).", hint="Clone it instead: hg clone --pull"
        )
    return repo


def _mend_if_abandoned(folder: Path) -> bool:
    """Undo what a dead writer left, before anybody sees it; False while a living one is at work.

    Waiting for the next push is not enough: the client asks first, and would be told that the server has those commits already.
    """
    try:
        with writer_lock(folder, patience=0.0):
            recovery.mend(folder, unfiltered(folder, publishing=True))
    except RepositoryBusy:
        return False
    return True


def served(folder: Path, *, publishing: bool) -> Any:
    """This thread's repository as clients may see it, as fresh as the disk."""
    stamp = stamp_of(folder)
    if (folder / recovery.JOURNAL).exists() and _mend_if_abandoned(folder):
        stamp = stamp_of(folder)
    opened = _kept.get(str(folder), publishing)
    if opened is not None and opened.stamp == stamp:
        return opened.repo
    repo = unfiltered(folder, publishing=publishing).filtered(b"served")
    _kept.put(str(folder), publishing, Opened(stamp, repo))
    return repo
