"""The content of files, without having large ones in memory as a whole where hg keeps them whole.

hg stores a text whole (a snapshot) or as differences from another one. Its own way of reading gives the text at once, for each
of them, and reads it to know its size too, and where it was copied from. A snapshot can be unpacked piece by piece as well; and
differences name places in their order in the text, so that each of a chain of them can be put into what comes by.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from mercurial import extensions, filelog, revlog
from mercurial.revlogutils import constants

from kallithea.lib.vcs.hg.manifests import ListedFile

try:
    from mercurial import zstd  # in C; missing where hg was built without it, and then it writes no such text
except ImportError:
    zstd = None

PIECE = 1 << 18
SMALL = 1 << 20
"""Bytes up to which a text is read as hg does, which checks it and remembers it."""
MOST_DIFFERENCES = 200
"""Differences in a chain that is put together piece by piece; each waits for the one before it, within Python's recursion."""
_PLACE = struct.Struct(">lll")
"""In front of each piece of a difference: from where to where it replaces, and how long it is (mercurial/mpatch.c)."""
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
    """The content of a file in pieces; besides these, only what differs from a text that is stored whole is in memory."""
    log = repo.file(listed.path)
    number = log.rev(listed.node)
    pieces = _unpacked(log, number) if _stored_size(log, number) > SMALL else None
    beginning = next(pieces, b"") if pieces is not None else b""
    cut = (_meta_bytes(beginning) if log.parentrevs(number)[0] == -1 else 0) if beginning else None
    if pieces is None or cut is None:
        content: bytes = log.read(listed.node)
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]
        return
    yield beginning[cut:]
    yield from pieces


def _renamed(original: Callable[[Any, bytes], Any], log: Any, node: bytes) -> Any:
    """Where a text was copied from; a large one is read only where its first piece says that it was."""
    number = log.rev(node)
    if _stored_size(log, number) > SMALL and log.parentrevs(number)[0] == -1:
        pieces = _unpacked(log, number)
        if pieces is not None and not next(pieces, b"").startswith(META):
            return None
    return original(log, node)


# Mercurial asks for each new file of a commit, wherever copies are looked for.
extensions.wrapfunction(filelog.filelog, "renamed", _renamed)


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
    """The stored text in pieces; None where it is stored in a way that we do not know."""
    stored = log._revlog
    (base, *differences), _ = stored._deltachain(number)
    if len(differences) > MOST_DIFFERENCES or stored.flags(number) != 0:
        return None
    pieces = _snapshot(log, base)
    if pieces is None:
        return None
    for difference in differences:
        pieces = _changed(pieces, stored, difference)
    return pieces


def _changed(pieces: Iterator[bytes], stored: Any, number: int) -> Iterator[bytes]:
    """A text in which the differences of this number are made."""
    differences = bytes(stored._inner._chunk(number))
    text = _Text(pieces)
    waiting = bytearray()
    at = 0
    while at < len(differences):
        start, end, size = _PLACE.unpack_from(differences, at)
        at += _PLACE.size
        for piece in text.until(start):
            waiting += piece
            if len(waiting) >= PIECE:
                yield bytes(waiting)
                waiting.clear()
        waiting += differences[at : at + size]
        at += size
        for _ in text.until(end):
            pass
    for piece in text.until(None):
        waiting += piece
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


class _Text:
    """A text that comes in pieces, read up to one place after the other."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = memoryview(b"")
        self._at = 0

    def until(self, place: int | None) -> Iterator[memoryview]:
        """What comes before that place (None: all of it) and was not read yet."""
        while place is None or self._at < place:
            if not self._held:
                self._held = memoryview(next(self._pieces, b""))
                if not self._held:
                    return
            found = self._held if place is None else self._held[: place - self._at]
            self._held = self._held[len(found) :]
            self._at += len(found)
            yield found


def _snapshot(log: Any, number: int) -> Iterator[bytes] | None:
    """The same of a text that is stored whole."""
    stored = log._revlog
    entry = stored.index[number]
    is_plain = stored._format_version == revlog.REVLOGV1 and not stored._format_flags & constants.FLAG_FILELOG_META
    if stored.flags(number) != 0 or not is_plain or entry[10] != constants.COMP_MODE_INLINE:
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
