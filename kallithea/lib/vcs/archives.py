"""A revision as one file: its formats, and keeping what was packed before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from kallithea.lib.disk_cache import DiskCache, FilePieces
from kallithea.lib.vcs import zstandard

MOST_BYTES = 1 << 30
"""Bytes of archives that are kept for each kind of repository."""
LARGEST = MOST_BYTES // 4
"""A larger archive is made anew each time."""


class ArchiveFormat(Enum):
    """By the ending of the file's name."""

    ZIP = "zip"
    TAR_GZ = "tar.gz"
    TAR_ZST = "tar.zst"
    TAR_BZ2 = "tar.bz2"
    TAR = "tar"

    @property
    def content_type(self) -> str:
        return _TYPES[self]


_TYPES = {
    ArchiveFormat.ZIP: "application/zip",
    ArchiveFormat.TAR_GZ: "application/gzip",
    ArchiveFormat.TAR_ZST: "application/zstd",
    ArchiveFormat.TAR_BZ2: "application/x-bzip2",
    ArchiveFormat.TAR: "application/x-tar",
}


def offered_formats() -> tuple[ArchiveFormat, ...]:
    """Those that can be made here."""
    return tuple(kind for kind in ArchiveFormat if kind is not ArchiveFormat.TAR_ZST or zstandard.is_there())


@dataclass(frozen=True, slots=True)
class Archive:
    """The bytes as they come; `size` is known if they were kept from before."""

    chunks: Iterator[bytes]
    size: int | None = None


class ArchiveCache:
    """Keeps archives by all that their bytes depend on."""

    def __init__(self, folder: Path) -> None:
        self._files = DiskCache(folder, MOST_BYTES)

    def kept(self, key: Iterable[str], make: Callable[[], Iterable[bytes]]) -> Archive:
        """The archive of this key, from the disk or made while it is read, and then kept if it is read to its end."""
        name = "\0".join(key)
        file = self._files.open(name)
        if file is None:
            return Archive(self._made(name, make))
        size = os.fstat(file.fileno()).st_size
        return Archive(FilePieces(file, size), size)

    def _made(self, name: str, make: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
        chunks = iter(make())
        size = 0
        with self._files.writing(name) as file:
            for chunk in chunks:
                size += len(chunk)
                if size <= LARGEST:
                    file.write(chunk)
                yield chunk
            if size > LARGEST:
                file.abandon()
