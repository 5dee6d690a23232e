"""Tables in files: values separated by commas, semicolons, tabs or bars (RFC 4180, and what people make of it)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from kallithea.lib.visible import visible_text

ROWS_SHOWN = 1_000
COLUMNS_SHOWN = 100
CELLS_SHOWN = 20_000
CELL_LENGTH = 1_000
"""Characters of one cell that are shown."""
SNIFFED_ROWS = 20

ENDINGS = (".csv", ".tsv", ".tab", ".psv")
_BY_ENDING = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Table:
    """The first row is the header. All rows have as many cells as the widest, as far as columns are shown.

    `row_count` and `column_count` are those of the whole text; rows below the header count.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_count: int
    column_count: int


def read_table(name: str, text: str) -> Table | None:
    """A text as a table, as many rows and columns of it as are shown; None where it is none."""
    delimiter = _BY_ENDING.get(name[name.rfind(".") :].lower()) or _delimiter(text)
    try:
        rows = [row for row in csv.reader(_lines(text), delimiter=delimiter) if row]
    except csv.Error:  # a cell of more than 128 kB, or a NUL
        return None
    if not rows:
        return None
    width = max(map(len, rows))
    columns = min(width, COLUMNS_SHOWN)
    shown = rows[: 1 + min(ROWS_SHOWN, CELLS_SHOWN // columns)]
    header, *body = (_padded(row, columns) for row in shown)
    return Table(header, tuple(body), len(rows) - 1, width)


def _delimiter(text: str) -> str:
    """The one that gives the first rows the most columns that they agree about."""
    lines = list(islice(_lines(text), SNIFFED_ROWS))
    return max(_DELIMITERS, key=lambda delimiter: _agreement(lines, delimiter))


def _agreement(lines: list[str], delimiter: str) -> tuple[int, int]:
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return 0, 0
    common = max(set(widths), key=widths.count, default=1)
    return (widths.count(common), common) if common > 1 else (0, 0)


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends; unlike `splitlines` this cuts at nothing else."""
    return io.StringIO(text, newline="")


def _padded(row: list[str], columns: int) -> tuple[str, ...]:
    cells = [visible_text(cell if len(cell) <= CELL_LENGTH else f"{cell[:CELL_LENGTH]}…") for cell in row[:columns]]
    return (*cells, *[""] * (columns - len(cells)))
