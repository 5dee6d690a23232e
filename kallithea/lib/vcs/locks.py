"""The writer lock: at most one process changes a repository, and who dies frees it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.vcs.errors import RepositoryBusy, RepositoryMissing

LOCK_FILE = "kallithea.lock"
MAINTENANCE_FILE = "kallithea-maintenance.lock"
PATIENCE = 30.0
"""Seconds to wait for another writer."""


@contextmanager
def writer_lock(folder: Path, *, patience: float = PATIENCE) -> Iterator[int]:
    """Hold the writer lock of the repository in `folder`; gives the descriptor, which a child process may inherit.

    The lock (flock(2)) belongs to the open file: it lasts until the last process that inherited the descriptor closes it, so a
    git that outlives a killed server still keeps others out. Raises RepositoryBusy after `patience` seconds.
    """
    descriptor = _opened(folder / LOCK_FILE)
    try:
        _wait_for(descriptor, patience)
        yield descriptor
    finally:
        # Closed, not unlocked: an unlock would also free the lock of a child that still writes.
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class MaintenanceLock:
    """Held by who looks after a repository; child processes inherit the descriptor."""

    descriptor: int
    was_cut_off: bool
    """The one before did not end well, so what it left behind lies about and belongs to nobody."""


@contextmanager
def maintenance_lock(folder: Path) -> Iterator[MaintenanceLock]:
    """Look after a repository, one at a time; clients and writers go on meanwhile. Raises RepositoryBusy.

    The file has something in it from the beginning until maintenance has ended well.
    """
    descriptor = _opened(folder / MAINTENANCE_FILE)
    try:
        # A moment: any child that another thread starts has the descriptor of who was here before until it begins.
        _wait_for(descriptor, 1.0)
        was_cut_off = os.fstat(descriptor).st_size > 0
        os.pwrite(descriptor, b"begun", 0)
        yield MaintenanceLock(descriptor, was_cut_off)
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Be the only one in a folder that is no repository. Raises RepositoryBusy."""
    with writer_lock(folder, patience=0.5):
        yield


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RepositoryMissing("The repository is not on the disk of the server.") from error


def _wait_for(descriptor: int, patience: float) -> None:
    until = time.monotonic() + patience
    pause = 0.005
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise RepositoryBusy("Somebody else is writing to this repository.", hint="Try again in a moment.") from None
            time.sleep(pause)
            pause = min(pause * 2, 0.25)
        else:
            return
