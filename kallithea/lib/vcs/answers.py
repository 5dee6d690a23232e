"""Keeps what clients are answered, for those who ask the same while the repository stays as it is.

Many machines clone the same repository after each push. What they are sent depends on the repository and on what they ask
alone, never on who asks: whether they may have it is settled before.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from kallithea.lib.disk_cache import DiskCache, FilePieces
from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs.requests import Closable, WireReply

MOST_BYTES = 2 << 30
"""Bytes of answers that are kept for each kind of repository."""
LARGEST = MOST_BYTES // 4
"""A larger answer is made anew each time."""
LONGEST_QUESTION = 1 << 16
"""Bytes of a request; what is longer is asked once."""
REMEMBERED = 20_000
"""Questions that a process remembers to have been asked."""
_SIZES = struct.Struct(">QQ")
"""At the very end of a file: the bytes of the answer, and of what is said about it behind them."""


class AnswerCache:
    """Answers by all that their bytes depend on. What is asked once is not worth its room: the second answer is kept."""

    def __init__(self, folder: Path) -> None:
        self._files = DiskCache(folder, MOST_BYTES)
        self._lock = threading.Lock()
        self._worth_keeping: dict[str, bool] = {}

    def kept(self, key: Iterable[str], make: Callable[[], WireReply], *, is_right: Callable[[], bool]) -> WireReply:
        """The answer of this key, from the disk or made now.

        A new one is kept if it is read to its end, and `is_right` says then that it is complete and what the key stands for.
        """
        name = hashlib.blake2b("\0".join(key).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        file = self._files.open(name)
        if file is not None and (found := _read(file)):
            return found
        reply = make()
        if not self._is_worth_keeping(name):
            return reply
        return replace(reply, chunks=self._keeping(name, reply, is_right))

    def _keeping(self, name: str, reply: WireReply, is_right: Callable[[], bool]) -> Iterator[bytes]:
        size = 0
        try:
            with self._files.writing(name) as file:
                for chunk in reply.chunks:
                    size += len(chunk)
                    if size > LARGEST:
                        file.abandon()
                        self._worth_keeping[name] = False
                    file.write(chunk)
                    yield chunk
                file.write(_tail(reply, size))
                if not _holds(is_right):
                    file.abandon()
        finally:
            if isinstance(reply.chunks, Closable):
                reply.chunks.close()

    def _is_worth_keeping(self, name: str) -> bool:
        with self._lock:
            if len(self._worth_keeping) >= REMEMBERED:
                self._worth_keeping.clear()
            known = self._worth_keeping.get(name)
            if known is None:
                self._worth_keeping[name] = True
            return bool(known)


def _holds(is_right: Callable[[], bool]) -> bool:
    try:
        return is_right()
    except KallitheaError:
        return False  # the repository was removed meanwhile; who asked has the whole answer all the same


def _tail(reply: WireReply, size: int) -> bytes:
    about = json.dumps([reply.content_type, reply.headers, reply.status]).encode("ascii")
    return about + _SIZES.pack(size, len(about))


def _read(file: IO[bytes]) -> WireReply | None:
    """The answer in a file; None for one that is not whole, as may be after the power failed."""
    try:
        whole = file.seek(0, os.SEEK_END)
        file.seek(max(0, whole - _SIZES.size))
        size, about = _SIZES.unpack(file.read())
        if size + about + _SIZES.size != whole:
            raise ValueError
        file.seek(size)
        content_type, headers, status = json.loads(file.read(about))
        file.seek(0)
    except (OSError, ValueError, struct.error):
        file.close()
        return None
    return WireReply(content_type, FilePieces(file, size), tuple((name, value) for name, value in headers), status)
