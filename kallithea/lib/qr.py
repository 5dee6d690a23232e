"""Pictures for the camera of a phone."""

from __future__ import annotations

from dataclasses import dataclass

import segno


@dataclass(frozen=True, slots=True)
class QrCode:
    """A square of `size` units with its margin; `path` draws the dark ones, as the attribute `d` of SVG has it."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """The picture of a text."""
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(border=4)]
    path = "".join(f"M{start} {y}h{end - start}v1H{start}z" for y, row in enumerate(rows) for start, end in _runs(row))
    return QrCode(len(rows), path)


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Where dark units begin and end."""
    found, start = [], None
    for x, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            found.append((start, x))
            start = None
    return found
