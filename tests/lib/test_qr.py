"""The picture for a phone has the pattern by which cameras find it, inside its margin."""

from __future__ import annotations

import re

from kallithea.lib.qr import qr_code

MARGIN = 4


def _dark(path: str) -> set[tuple[int, int]]:
    runs = [tuple(map(int, found)) for found in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", path)]
    assert re.sub(r"M(\d+) (\d+)h(\d+)v1H\1z", "", path) == ""
    return {(x, y) for left, y, width in runs for x in range(left, left + width)}


def test_picture_has_its_three_corners_and_a_margin() -> None:
    code = qr_code("otpauth://totp/House:ann?secret=ABCD")
    dark = _dark(code.path)
    far = code.size - MARGIN - 7

    for left, top in ((MARGIN, MARGIN), (far, MARGIN), (MARGIN, far)):
        assert {(left + n, top) for n in range(7)} <= dark
        assert {(left + n, top + 1) for n in range(1, 6)} & dark == set()
    assert all(MARGIN <= n < code.size - MARGIN for unit in dark for n in unit)


def test_another_text_is_another_picture() -> None:
    assert qr_code("a").path != qr_code("b").path
