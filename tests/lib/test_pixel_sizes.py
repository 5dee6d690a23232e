"""How large a picture is, from its first bytes."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.pixel_sizes import PixelSize, pixel_size

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 640, 480, 8, 2, 0, 0, 0)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xff\xc2\0\x11\x08" + struct.pack(">HH", 480, 640) + bytes(9)
WITH_A_PREVIEW = b"\xff\xd8\xff\xe1\xff\xff" + JPEG + bytes(0xFFFD - len(JPEG)) + JPEG[2:].replace(b"\x01\xe0", b"\x01\xe1")
WEBP = {
    "lossy": b"VP8 \0\0\0\0\x10\x02\0\x9d\x01\x2a" + struct.pack("<HH", 640 | 1 << 14, 480),
    "lossless": b"VP8L\0\0\0\0\x2f" + struct.pack("<I", 639 | 479 << 14),
    "extended": b"VP8X\0\0\0\0\x10\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little"),
}
AVIF = b"\0\0\0\x1cftypavif" + bytes(16) + b"ispe\0\0\0\0" + struct.pack(">II", 64, 48) + b"ispe\0\0\0\0"


@pytest.mark.parametrize(
    "head",
    [
        PNG,
        JPEG,
        b"GIF89a" + struct.pack("<HH", 640, 480),
        b"BM" + bytes(12) + struct.pack("<Iii", 40, 640, -480),
        b"BM" + bytes(12) + struct.pack("<IHH", 12, 640, 480),
        *(b"RIFF\0\0\0\0WEBP" + kind for kind in WEBP.values()),
        AVIF + struct.pack(">II", 640, 480),
        b'<?xml version="1.0"?>\n<!DOCTYPE svg>'
        b'\n<svg\n viewBox="0 0 9 9" height="480" data-width="3"\n width=\'640px\'><g width="1"/>',
    ],
    ids=["png", "jpeg", "gif", "bmp", "old bmp", *WEBP, "avif", "svg"],
)
def test_pixels_are_told_for_each_format_that_browsers_show(head: bytes) -> None:
    assert pixel_size(head) == PixelSize(640, 480)


def test_preview_inside_a_photograph_does_not_count() -> None:
    assert pixel_size(WITH_A_PREVIEW) == PixelSize(640, 481)


def test_icon_is_as_large_as_the_largest_in_it() -> None:
    assert pixel_size(b"\0\0\1\0\2\0" + b"\x10\x10" + bytes(14) + bytes(16)) == PixelSize(256, 256)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0" * 400,
        b"text",
        PNG[:20],
        PNG[:16] + bytes(8),
        PNG[:16] + b"\xff" * 8,
        JPEG[:21],
        b"\xff\xd8" + b"\xff\xe1\0\0" * 60_000,
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\0\0\1\0\xff\xff",
        AVIF,
        b'<svg width="100%" height="100%">',
        b'<svg width="0" height="7">',
        b"<svg " + b"width" * 50_000,
        b"<svg" + b" " * 250_000 + b">",
        zlib.compress(b"x"),
    ],
    ids=lambda head: ascii(head[:12]),
)
def test_what_does_not_say_so_has_no_size(head: bytes) -> None:
    assert pixel_size(head) is None


@given(st.sampled_from([PNG, JPEG, AVIF, b"BM", b"\0\0\1\0", b"GIF87a", b"<svg"]), st.binary(max_size=60), st.integers(0, 40))
def test_no_bytes_do_harm(head: bytes, rest: bytes, cut: int) -> None:
    pixel_size(head[: len(head) - cut] + rest)
