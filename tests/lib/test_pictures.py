"""Pictures of people: what is one is taken without what it does not need, and nothing else is."""

from __future__ import annotations

import base64
import random
import struct
import time
import zlib

import pytest

from kallithea.lib.errors import Invalid
from kallithea.lib.pictures import MOST_BYTES, MOST_PIXELS, checked_picture

SECRET = b"GPS 52.5200 13.4050"


def png_part(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 8, height: int = 8, *more: bytes) -> bytes:
    head = png_part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = png_part(b"IDAT", zlib.compress(b"\0" * (9 * 8)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + data + png_part(b"IEND", b"")


def jpeg(width: int = 8, height: int = 8, *more: bytes) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\0"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\0\0\x3f\0" + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + b"".join(more) + frame + scan + b"\xff\xd9"


def gif(width: int = 8, height: int = 8, *more: bytes) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0" * 6
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\0"
    return head + b"".join(more) + picture + b";"


def webp(width: int = 8, height: int = 8, *more: bytes) -> bytes:
    picture = b"\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + b"rest"
    parts = b"".join(more) + riff(b"VP8 ", picture)
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


def riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


SECRETS = {
    png: png_part(b"tEXt", SECRET),
    jpeg: b"\xff\xe1" + struct.pack(">H", len(SECRET) + 2) + SECRET,
    gif: b"\x21\xfe" + bytes([len(SECRET)]) + SECRET + b"\0",
    webp: riff(b"EXIF", SECRET),
}
TYPES = {png: "image/png", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp"}
# A picture by Chromium, of one pixel with a colour.
REAL_PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
kinds = pytest.mark.parametrize("make", TYPES, ids=lambda make: make.__name__)


@kinds
def test_picture_is_taken_as_it_is(make: type) -> None:
    found = checked_picture(make())

    assert (found.content_type, found.content) == (TYPES[make], make())


def test_real_picture_is_taken() -> None:
    assert checked_picture(REAL_PNG).content == REAL_PNG


@kinds
def test_what_is_not_drawn_is_left_out(make: type) -> None:
    given = make(8, 8, SECRETS[make])
    assert SECRET in given

    assert checked_picture(given).content == make()


@kinds
def test_what_stands_behind_a_picture_is_left_out(make: type) -> None:
    assert checked_picture(make() + b"<script>alert(1)</script>").content == make()


@kinds
@pytest.mark.parametrize("size", [(MOST_PIXELS + 1, 8), (8, MOST_PIXELS + 1), (16_383, 16_383)])
def test_picture_that_would_become_large_is_refused(make: type, size: tuple[int, int]) -> None:
    with pytest.raises(Invalid, match="pixels"):
        checked_picture(make(*size))


@kinds
def test_part_of_a_picture_is_refused(make: type) -> None:
    whole = make()
    for length in range(len(whole) - 1):
        with pytest.raises(Invalid):
            checked_picture(whole[:length])


@kinds
def test_changed_bytes_are_refused_or_harmless(make: type) -> None:
    chance = random.Random(7)
    for _ in range(2_000):
        content = bytearray(make(8, 8, SECRETS[make]))
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            found = checked_picture(bytes(content))
        except Invalid:
            continue
        assert found.content_type in TYPES.values()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a/*<script>*/=1;alert(1)",
        b"BM" + b"\0" * 100,
        b"\xff\xd8\xff" + b"\xff" * 1000,
        b"\x89PNG\r\n\x1a\n" + png_part(b"IEND", b""),
        png(0, 8),
        png()[:8] + png()[8:33] + png()[8:],
        webp(8, 8, riff(b"VP8X", b"\0" * 4 + b"\xff\x0f\0" * 2)),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        checked_picture(content)


def test_large_file_is_refused() -> None:
    with pytest.raises(Invalid, match="200 kB"):
        checked_picture(png(8, 8, png_part(b"tEXt", b"x" * MOST_BYTES)))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff" * (MOST_BYTES - 2),
        b"\xff\xd8\xff\xfe\x00\x02" * (MOST_BYTES // 6),
        b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0, 0, 0) + b"\x21\xfe\0" * (MOST_BYTES // 3 - 5),
        b"\x89PNG\r\n\x1a\n" + png_part(b"tEXt", b"") * (MOST_BYTES // 12 - 1),
        b"RIFF" + struct.pack("<I", MOST_BYTES - 8) + b"WEBP" + b"XXXX\0\0\0\0" * (MOST_BYTES // 8 - 2),
    ],
    ids=["marks", "remarks", "blocks", "parts", "chunks"],
)
def test_no_file_is_slow(content: bytes) -> None:
    began = time.process_time()

    with pytest.raises(Invalid):
        checked_picture(content)

    assert time.process_time() - began < 1.0
