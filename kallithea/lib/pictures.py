"""Pictures of people: whether some bytes are one, and only that.

Nothing is decoded: the parts of the file are read one by one, those that draw are kept and all others left out, such as where a
photo was taken. What a browser makes of it is limited by the size in the header.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from kallithea.lib.errors import Invalid

MOST_BYTES = 200_000
MOST_PIXELS = 1024
"""Width and height at most."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"bKGD", b"sBIT"})
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
_WEBP_ALPHA = 0x10
# JPEG (ITU-T T.81): frames that browsers show, and tables and scans; APP0 is JFIF, APP14 says how colours are meant.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_JPEG_KEPT = _FRAMES | {0xC4, 0xDB, 0xDD, 0xE0, 0xEE}
_JPEG_LEFT_OUT = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
_SCAN, _END = 0xDA, 0xD9

_BROKEN = "This picture is broken or of a kind that is not taken. Take a PNG, JPEG, WebP or GIF."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was looked through: its content type and its bytes."""

    content_type: str
    content: bytes


NO_FACE = Picture(
    "image/svg+xml",
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="#8a8f98">'
    b'<circle cx="16" cy="12" r="6"/><path d="M4 30a12 10 0 0 1 24 0z"/></svg>',
)
"""What stands for somebody whose picture is gone."""


def checked_picture(content: bytes) -> Picture:
    """The picture without what is not drawn. Raises Invalid with what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Invalid(f"A picture has at most {MOST_BYTES // 1000} kB; this one has {-(-len(content) // 1000)}.")
    for begins, content_type, read in _KINDS:
        if content.startswith(begins):
            try:
                width, height, kept = read(content)
            except (struct.error, IndexError, ValueError):
                raise Invalid(_BROKEN) from None
            _check_size(width, height)
            return Picture(content_type, kept)
    raise Invalid(_BROKEN)


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise Invalid(f"A picture has at most {MOST_PIXELS} pixels in each direction; this one has {width} by {height}.")


def _png(content: bytes) -> tuple[int, int, bytes]:
    parts = list(_png_parts(content))
    if [kind for kind, _ in parts[:1]] != [b"IHDR"] or parts[-1][0] != b"IEND" or b"IDAT" not in {kind for kind, _ in parts}:
        raise ValueError("not in order")
    if sum(kind in (b"IHDR", b"IEND") for kind, _ in parts) != 2:
        raise ValueError("two pictures")
    width, height = struct.unpack(">II", parts[0][1][:8])
    return width, height, _PNG + b"".join(_png_part(kind, body) for kind, body in parts if kind in _PNG_KEPT)


def _png_parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if checksum != zlib.crc32(kind + body):
            raise ValueError("changed on the way")
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + length


def _png_part(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _gif(content: bytes) -> tuple[int, int, bytes]:
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at = 13 + _gif_colours(flags)
    kept = [content[:at]]
    # The first picture only: nobody wants a list in which people move.
    while content[at] == 0x21:
        end = _gif_blocks(content, at + 2)
        if content[at + 1] == 0xF9:
            kept.append(content[at:end])
        at = end
    if content[at] != 0x2C:
        raise ValueError("no picture")
    left, top, own_width, own_height, flags = struct.unpack_from("<HHHHB", content, at + 1)
    if left + own_width > width or top + own_height > height:
        raise ValueError("larger than its frame")
    end = _gif_blocks(content, at + 11 + _gif_colours(flags))
    return width, height, b"".join((*kept, content[at:end], b";"))


def _gif_colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks(content: bytes, at: int) -> int:
    """Where blocks, each with its length in front, end."""
    while content[at]:
        at += 1 + content[at]
    return at + 1


def _webp(content: bytes) -> tuple[int, int, bytes]:
    (size,) = struct.unpack_from("<I", content, 4)
    if content[8:12] != b"WEBP" or size + 8 > len(content):
        raise ValueError("not whole")
    parts = dict(_webp_parts(content, size + 8))
    if b"VP8X" in parts:
        # Of its marks only that for transparency: no movement, no colour profile, nothing about the camera.
        parts[b"VP8X"] = bytes([parts[b"VP8X"][0] & _WEBP_ALPHA]) + parts[b"VP8X"][1:10]
    kept = {kind: body for kind, body in parts.items() if kind in _WEBP_KEPT}
    width, height = _webp_size(kept)
    body = b"WEBP" + b"".join(_webp_part(kind, part) for kind, part in kept.items())
    return width, height, b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_part(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _webp_parts(content: bytes, end: int) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", content, at)
        if at + 8 + length > end:
            raise ValueError("not whole")
        yield kind, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_size(parts: dict[bytes, bytes]) -> tuple[int, int]:
    """The size that the picture itself says; the frame around it must say the same."""
    if lossless := parts.get(b"VP8L"):
        (bits,) = struct.unpack_from("<xI", lossless)
        found = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        picture = parts.get(b"VP8 ", b"")
        if picture[3:6] != b"\x9d\x01\x2a":
            raise ValueError("no picture")
        width, height = struct.unpack_from("<HH", picture, 6)
        found = width & 0x3FFF, height & 0x3FFF
    if frame := parts.get(b"VP8X"):
        sizes = int.from_bytes(frame[4:7], "little") + 1, int.from_bytes(frame[7:10], "little") + 1
        if sizes != found:
            raise ValueError("two sizes")
    return found


def _jpeg(content: bytes) -> tuple[int, int, bytes]:
    size: tuple[int, int] | None = None
    kept = [b"\xff\xd8"]
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no mark")
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        if mark == _END:
            break
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if mark in _FRAMES:
            if size is not None:
                raise ValueError("two pictures")
            height, width = struct.unpack_from(">HH", content, at + 5)
            size = width, height
        if mark == _SCAN:
            end = _scan_end(content, end)
        elif mark not in _JPEG_KEPT | _JPEG_LEFT_OUT:
            raise ValueError("unknown")
        if mark not in _JPEG_LEFT_OUT:
            kept.append(content[at:end])
        at = end
    if size is None:
        raise ValueError("no picture")
    return (*size, b"".join((*kept, b"\xff\xd9")))


def _scan_end(content: bytes, at: int) -> int:
    """Where the next mark is: in a scan, FF is followed by 00 or by the number of a restart."""
    while True:
        at = content.index(b"\xff", at)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2


_KINDS = (
    (_PNG, "image/png", _png),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg),
    (b"GIF87a", "image/gif", _gif),
    (b"GIF89a", "image/gif", _gif),
    (b"RIFF", "image/webp", _webp),
)
