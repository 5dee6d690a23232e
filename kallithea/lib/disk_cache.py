"""Keeps files on disk up to a number of bytes; the least recently used go first.

Safe between threads and processes: a file appears whole or not at all, and one that is removed stays readable for whoever
opened it before.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

LOOKED_THROUGH = 16
"""The folder is looked through when a 16th of what it may hold was added."""
PIECE = 1 << 16
BEGUN = "begun-"
FORGOTTEN = 24 * 3600.0
"""Seconds after which a file that somebody began to write is nobody's."""


@dataclass
class BegunFile:
    """A file in the making; None where it cannot even be begun. A disk that takes no more costs the file, never its user."""

    file: IO[bytes] | None
    is_abandoned: bool = False

    def write(self, content: bytes) -> None:
        """Add to it."""
        if self.file is None or self.is_abandoned:
            return
        try:
            self.file.write(content)
            self.file.flush()
        except OSError:
            self.is_abandoned = True

    def abandon(self) -> None:
        """Have it thrown away: it is not worth its room."""
        self.is_abandoned = True


class DiskCache:
    """Files by key below one folder, for what can be made again."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        # So that the first file of a process makes it look: others may have filled the folder.
        self._added = most_bytes
        self._lock = threading.Lock()

    def open(self, key: str) -> IO[bytes] | None:
        """The file kept under the key, opened, or None; it counts as used now."""
        path = self._path(key)
        try:
            found = path.open("rb")
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    @contextmanager
    def writing(self, key: str) -> Iterator[BegunFile]:
        """A file to fill; it is kept under the key if the block ends in peace and it was not abandoned."""
        path = self._path(key)
        begun = self._begin(path)
        if begun is None:
            yield BegunFile(None)
            return
        opened, name = begun
        file = BegunFile(opened)
        try:
            yield file
            if not file.is_abandoned:
                self._make_room(opened.tell())
                with suppress(OSError):
                    name.replace(path)
        finally:
            with suppress(OSError):
                opened.close()
            with suppress(OSError):
                name.unlink(missing_ok=True)

    def _begin(self, path: Path) -> tuple[IO[bytes], Path] | None:
        """A new file and its name, beside where it will be, or None where none can be made."""
        try:
            # What is in it may be private: nobody else on this machine may look.
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=BEGUN)
        except OSError as error:
            log.warning("Nothing can be kept in %s: %s", self._folder, error.strerror)
            return None
        return os.fdopen(handle, "wb"), Path(name)

    def _path(self, key: str) -> Path:
        name = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        return self._folder / name[:2] / name[2:]

    def _make_room(self, added: int) -> None:
        with self._lock:
            self._added += added
            if self._added * LOOKED_THROUGH < self._most_bytes:
                return
            self._added = 0
        # A disk that takes no more may have no room for the probe either.
        with suppress(OSError):
            self._look_through()

    def _look_through(self) -> None:
        found = sorted(self._files())
        total = sum(size for _, size, _ in found)
        for used_at, size, path in found:
            is_forgotten = path.name.startswith(BEGUN) and used_at < _now(self._folder) - FORGOTTEN
            if total <= self._most_bytes and not is_forgotten:
                continue
            if path.name.startswith(BEGUN) and not is_forgotten:
                continue
            with suppress(OSError):
                path.unlink()
                total -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each file was last used, its size, and where it is."""
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                with suppress(OSError):
                    facts = path.stat()
                    yield facts.st_mtime, facts.st_size, path


class FilePieces(Iterator[bytes]):
    """The first bytes of an opened file, so many of them.

    No generator: closing one that nobody began to read, as for HEAD, would leave the file open.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def __next__(self) -> bytes:
        piece = b"" if self._file.closed else self._file.read(min(PIECE, self._left))
        if not piece:
            self.close()
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._file.close()


def _now(folder: Path) -> float:
    """The time as the disk of the cache has it, for it is compared with times of its files."""
    with tempfile.TemporaryFile(dir=folder) as probe:
        return os.fstat(probe.fileno()).st_mtime
