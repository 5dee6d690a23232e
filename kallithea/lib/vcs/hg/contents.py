"""The content of files, without having large ones in memory as a whole where hg keeps them whole.

hg stores a text whole (a snapshot) or as differences from another one. Its own way of reading gives the text at once, for each
of them, and reads it to know its size too. A snapshot can be unpacked piece by piece as well, and the first text of a file,
which is what large files mostly have, is one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from mercurial import revlog
from mercurial.revlogutils import constants

from kallithea.lib.vcs.hg.manifests import ListedFile

try:
    from mercurial import zstd  # in C; missing where hg was built without it, and then it writes no such text
except ImportError:
    zstd = None

PIECE = 1 << 18
SMALL = 1 << 20
"""Bytes up to which a text is read as hg does, which checks it and remembers it."""
META = b"\1\n"
"""What is between two of these at the beginning says where a file was copied from (mercurial/utils/storageutil.py)."""


def size_of(repo: Any, listed: ListedFile) -> int:
    """Bytes of a file, read from the index or, for texts that may begin with something else, from their first piece."""
    log = repo.file(listed.path)
    number = log.rev(listed.node)
    if _stored_size(log, number) > SMALL and log.parentrevs(number)[0] == -1:
        pieces = _unpacked(log, number)
        beginning = next(pieces, None) if pieces is not None else None
        if beginning is not None and (cut := _meta_bytes(beginning)) is not None:
            return _stored_size(log, number) - cut
    # Mercurial's own function: it knows that stored texts may begin with copy metadata.
    return int(log.size(number))


def chunks_of(repo: Any, listed: ListedFile) -> Iterator[bytes]:
    """The content of a file in pieces; in constant memory where it is stored whole."""
    log = repo.file(listed.path)
    number = log.rev(listed.node)
    pieces = _unpacked(log, number) if _stored_size(log, number) > SMALL else None
    beginning = next(pieces, b"") if pieces is not None else b""
    cut = (_meta_bytes(beginning) if log.parentrevs(number)[0] == -1 else 0) if beginning else None
    if pieces is None or cut is None:
        # All of it is in memory, as there is no other way to put differences together.
        content: bytes = log.read(listed.node)
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]
        return
    yield beginning[cut:]
    yield from pieces


def _stored_size(log: Any, number: int) -> int:
    """Bytes of the stored text, from the index; -1 where it does not say."""
    return int(log._revlog.index[number][2])


def _meta_bytes(beginning: bytes) -> int | None:
    """How many bytes at the beginning of a stored text are not content; None where they do not end in this piece."""
    if not beginning.startswith(META):
        return 0
    end = beginning.find(META, len(META))
    return None if end < 0 else end + len(META)


def _unpacked(log: Any, number: int) -> Iterator[bytes] | None:
    """The stored text in pieces; None where it has to be put together, or is stored in a way that we do not know."""
    stored = log._revlog
    entry = stored.index[number]
    is_whole = entry[constants.ENTRY_DELTA_BASE] == number and stored.flags(number) == 0
    is_plain = stored._format_version == revlog.REVLOGV1 and not stored._format_flags & constants.FLAG_FILELOG_META
    if not is_whole or not is_plain or entry[10] != constants.COMP_MODE_INLINE:
        return None
    packed = _Packed(stored, number)
    kind = packed.read(1)
    if kind == b"u":
        return packed.pieces()
    if kind == b"\0":
        packed.back(kind)
        return packed.pieces()
    packed.back(kind)
    if kind == b"x":
        return _inflated(packed)
    if kind == b"\x28" and zstd is not None:
        return _pieces_of(zstd.ZstdDecompressor().stream_reader(packed))
    return None


class _Packed:
    """The bytes of one text as they lie on the disk."""

    def __init__(self, stored: Any, number: int) -> None:
        self._left = int(stored.length(number))
        self._back = b""
        if stored._inline:
            self._file: Any = None
            # All texts of such a log are a few kilobytes together.
            self._back = bytes(stored._inner.get_segment_for_revs(number, number)[1])
            self._left = 0
            return
        self._file = stored.opener(stored._datafile)
        self._file.seek(stored.start(number))

    def read(self, size: int = -1) -> bytes:
        if self._back:
            size = len(self._back) if size < 0 else size
            found, self._back = self._back[:size], self._back[size:]
            return found
        found = self._file.read(self._left if size < 0 else min(size, self._left)) if self._left else b""
        self._left -= len(found)
        if self._file is not None and (not self._left or not found):
            self._file.close()
            self._left = 0
        return found

    def back(self, taken: bytes) -> None:
        """Give back what was read last."""
        self._back = taken + self._back

    def pieces(self) -> Iterator[bytes]:
        while piece := self.read(PIECE):
            yield piece

    def __del__(self) -> None:
        # Who reads the beginning only goes away without a word.
        if self._file is not None:
            self._file.close()


def _inflated(packed: _Packed) -> Iterator[bytes]:
    unpacking = zlib.decompressobj()
    while not unpacking.eof:
        taken = unpacking.unconsumed_tail or packed.read(PIECE)
        if not taken:
            return
        # Never more than a piece, however little it takes to say a lot.
        if piece := unpacking.decompress(taken, PIECE):
            yield piece


def _pieces_of(reader: Any) -> Iterator[bytes]:
    while piece := reader.read(PIECE):
        yield piece
