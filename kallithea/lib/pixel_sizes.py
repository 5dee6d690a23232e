"""How many pixels a picture has, read from its first bytes; nothing of it is unpacked."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HEAD_BYTES = 1 << 18
"""What is read of a picture: cameras put previews and colour tables in front of what tells the size."""
MOST = 1 << 24
"""Pixels of a side that are believed."""

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a length behind them."""
_LENGTH = re.compile(rb"\s(width|height)\s*=\s*[\"']\s*(\d{1,8})(?:\.0*)?(?:px)?\s*[\"']")


@dataclass(frozen=True, slots=True)
class PixelSize:
    width: int
    height: int


def pixel_size(head: bytes) -> PixelSize | None:
    """The size of the picture that begins with these bytes; None for what is none, and for drawings of no size of their own."""
    for magic, read in _READERS:
        if head.startswith(magic):
            try:
                found = read(head)
            except (struct.error, IndexError, ValueError):
                return None
            return found if found and 0 < found.width <= MOST and 0 < found.height <= MOST else None
    return _svg(head)


def _png(head: bytes) -> PixelSize | None:
    return PixelSize(*struct.unpack_from(">II", head, 16)) if head[12:16] == b"IHDR" else None


def _gif(head: bytes) -> PixelSize:
    return PixelSize(*struct.unpack_from("<HH", head, 6))


def _bmp(head: bytes) -> PixelSize:
    (header,) = struct.unpack_from("<I", head, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", head, 18)
    # Negative: the rows come from the top.
    return PixelSize(width, abs(height))


def _ico(head: bytes) -> PixelSize:
    """That of the largest of the pictures in it; 0 stands for 256."""
    (count,) = struct.unpack_from("<H", head, 4)
    sizes = [struct.unpack_from("BB", head, 6 + 16 * number) for number in range(min(count, 64))]
    return _largest([PixelSize(width or 256, height or 256) for width, height in sizes])


def _jpeg(head: bytes) -> PixelSize | None:
    at = 2
    while head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF or marker in _JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return PixelSize(width, height)
        at += 2 + max(2, struct.unpack_from(">H", head, at + 2)[0])
    return None


def _webp(head: bytes) -> PixelSize | None:
    kind = head[12:16]
    if head[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        return PixelSize(1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little"))
    if kind == b"VP8L" and head[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", head, 21)
        return PixelSize(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return PixelSize(width & 0x3FFF, height & 0x3FFF)
    return None


def _avif(head: bytes) -> PixelSize | None:
    """The largest size that is told: there may be tiles and previews."""
    if head[4:12] != b"ftypavif":
        return None
    sizes = [PixelSize(*struct.unpack_from(">II", head, found.end() + 4)) for found in re.finditer(b"ispe", head)]
    return _largest(sizes)


def _largest(sizes: Sequence[PixelSize]) -> PixelSize:
    return max(sizes, key=lambda size: size.width * size.height)


def _svg(head: bytes) -> PixelSize | None:
    """What the first element says, where it says so in pixels."""
    begin = head.find(b"<svg")
    end = head.find(b">", begin)
    if begin < 0 or end < 0:
        return None
    told = {name: int(number) for name, number in _LENGTH.findall(head[begin:end])}
    width, height = told.get(b"width", 0), told.get(b"height", 0)
    return PixelSize(width, height) if 0 < width <= MOST and 0 < height <= MOST else None


_READERS: tuple[tuple[bytes, Callable[[bytes], PixelSize | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8\xff",      _jpeg),
    (b"GIF87a",            _gif),
    (b"GIF89a",            _gif),
    (b"RIFF",              _webp),
    (b"\0\0\1\0",          _ico),
    (b"\0\0\0",            _avif),
    (b"BM",                _bmp),
)  # fmt: skip
