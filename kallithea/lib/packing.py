"""Texts packed for browsers (gzip, RFC 1952), from pieces that are packed each by itself.

What is packed once can be sent many times, whatever is around it. And since no piece refers to another one, the length of an
answer does not tell whether a piece repeats what is in the next one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

KEPT = 6
"""How hard to try for what is sent more than once."""
SENT_ONCE = 3
"""For what is packed again for each answer: half the time of 6, a tenth more bytes."""
SMALL = 4096
"""Bytes for which a small window is enough; to set up a large one takes longer than to pack them."""
# No name, no time, and from no system that anybody needs to know.
_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
# An empty last block (RFC 1951, section 3.2.4), aligned to a byte.
_END = b"\x03\0"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes as they are, and packed so that others may come before and behind them."""

    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, plain: bytes, level: int = SENT_ONCE) -> Piece:
        window, memory = (12, 5) if len(plain) <= SMALL else (15, 8)
        packing = zlib.compressobj(level, zlib.DEFLATED, -window, memory)
        return cls(plain, packing.compress(plain) + packing.flush(zlib.Z_SYNC_FLUSH))

    @classmethod
    def unpacked(cls, packed: bytes, size: int) -> Piece:
        """The piece that was packed to these bytes from so many. Raises ValueError for others."""
        unpacking = zlib.decompressobj(-15)
        try:
            plain = unpacking.decompress(packed, size + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        if len(plain) != size or unpacking.eof:
            raise ValueError("This is not what was packed.")
        return cls(plain, packed)


def gzip_of(pieces: Iterable[Piece]) -> bytes:
    """All pieces, one behind the other, as one gzip file."""
    found = [_HEAD]
    check = size = 0
    for piece in pieces:
        found.append(piece.packed)
        check = zlib.crc32(piece.plain, check)
        size += len(piece.plain)
    return b"".join((*found, _END, struct.pack("<LL", check, size & 0xFFFFFFFF)))


# Browsers send a handful of different ones.
@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether who sends this Accept-Encoding (RFC 9110, section 12.5.3) likes gzip at least as much as plain bytes."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        weights[coding.strip()] = _weight(parameter)
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
