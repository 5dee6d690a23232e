"""How large contents are, by the beginnings of what is stored: nothing is unpacked as a whole, and no git is started."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from dulwich.object_store import DiskObjectStore
from dulwich.objects import RawObjectID
from dulwich.pack import Pack, PackFileDisappeared

OFFSET_DELTA, ID_DELTA = 6, 7
"""Types in packs whose content is told as a difference from another object (gitformat-pack(5))."""
READ = 512
"""Bytes that hold what is in front of an object and enough of its compressed content."""
TOLD = 40
"""Bytes at the beginning of what is unpacked in which the size is."""


def sizes_in(store: DiskObjectStore, folder: Path, object_ids: Iterable[str]) -> dict[str, int]:
    """Bytes of objects by their ids; left out is what is not where it was, or cannot be read."""
    packs = store.packs
    found = {}
    for object_id in object_ids:
        with suppress(OSError, ValueError, IndexError, zlib.error, PackFileDisappeared):
            found[object_id] = _size(packs, folder, object_id)
    return found


def _size(packs: Sequence[Pack], folder: Path, object_id: str) -> int:
    raw_id = RawObjectID(bytes.fromhex(object_id))
    for pack in packs:
        with suppress(KeyError):
            return _packed(Path(pack.data.path), pack.index.object_offset(raw_id), len(raw_id))
    return _loose(folder / "objects" / object_id[:2] / object_id[2:])


def _packed(path: Path, offset: int, id_length: int) -> int:
    """By what is in front of an object in a pack; a difference begins with the sizes of what it is from and what it makes."""
    raw = _read(path, offset)
    kind, size, at = raw[0] >> 4 & 7, raw[0] & 15, 1
    if raw[0] & 0x80:
        more, at = _number(raw, at)
        size |= more << 4
    if kind == OFFSET_DELTA:
        at = _number(raw, at)[1]
    elif kind == ID_DELTA:
        at += id_length
    else:
        return size
    told = zlib.decompressobj().decompress(raw[at:], TOLD)
    return _number(told, _number(told, 0)[1])[0]


def _loose(path: Path) -> int:
    """By the header, which ends with NUL: `blob 12`."""
    header, end, _ = zlib.decompressobj().decompress(_read(path, 0), TOLD).partition(b"\0")
    if not end:
        raise ValueError(f"{path} has no header")
    return int(header.partition(b" ")[2])


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        return os.pread(file.fileno(), READ, offset)


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends: the highest bit says that more follows."""
    number = shift = 0
    while True:
        byte = raw[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return number, at
