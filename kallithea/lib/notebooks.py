"""Reads Jupyter notebooks (nbformat 4, and 3 of before 2015): what their cells say, and what came out of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import Any

READ_LIMIT = 8_000_000
"""Bytes of a notebook, most of which are pictures."""
CELLS_SHOWN = 500
OUTPUTS_SHOWN = 20
"""Of one cell."""
TEXT_SHOWN = 20_000
"""Characters of one output."""
PICTURE_LIMIT = 1_500_000
"""Characters of one picture, as the page carries it."""
PICTURES_LIMIT = 4_000_000
DIGITS = 20
"""Of the longest number that a notebook has."""
CAPTION = 200
"""Characters of the text that stands for a picture."""

_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
"""The kinds that are shown, and how their bytes begin."""
_OLD_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
}
"""How format 3 calls kinds of outputs."""
_COLOURS = re.compile("\x1b\\[[0-9;:?]{0,50}[A-Za-z]")


class NotANotebook(Exception):
    """What is said is no notebook that can be read."""


class CellKind(str, Enum):
    MARKDOWN = "markdown"
    CODE = "code"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Output:
    """Text, or a picture as a `data:` address; `note` says what is left out."""

    text: str = ""
    picture: str = ""
    note: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """`number` counts the runs of code, None where it was not run. `attachments` has the pictures that the text of the cell
    names as `attachment:NAME`, as `data:` addresses."""

    kind: CellKind
    text: str
    number: int | None = None
    outputs: tuple[Output, ...] = ()
    attachments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notebook:
    """`language` is what the code cells are written in; `cell_count` counts those beyond the limit too."""

    language: str
    cells: tuple[Cell, ...]
    cell_count: int


def read_notebook(content: bytes) -> Notebook:
    """The notebook that a file holds. Raises NotANotebook."""
    try:
        found = json.loads(content, parse_int=_number)
    # RecursionError: brackets within brackets. ValueError also stands for bytes that are no text.
    except (ValueError, RecursionError):
        raise NotANotebook from None
    cells = _all_cells(found) if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise NotANotebook
    room = _Room(PICTURES_LIMIT)
    shown = tuple(_cell(cell, room) for cell in cells[:CELLS_SHOWN] if isinstance(cell, dict))
    return Notebook(_language(found), shown, len(cells))


def _all_cells(found: Mapping[str, Any]) -> Any:
    """The cells as format 4 has them; in format 3 they lie in worksheets, of which programs made one."""
    if found.get("nbformat") == 4:
        return found.get("cells")
    sheets = found.get("worksheets")
    if found.get("nbformat") != 3 or not isinstance(sheets, list):
        return None
    cells = (cell for sheet in sheets for cell in _list(_mapping(sheet).get("cells")))
    return [_newer(cell) if isinstance(cell, dict) else cell for cell in cells]


def _newer(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell of format 3 as format 4 writes it (nbformat's v4/convert.py says what changed)."""
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        marks = "#" * min(max(level, 1), 6) if isinstance(level, int) else "#"
        return {"cell_type": "markdown", "source": f"{marks} {_text(cell.get('source'))}"}
    if cell.get("cell_type") != "code":
        return dict(cell)
    return {
        "cell_type": "code",
        "source": cell.get("input"),
        "execution_count": cell.get("prompt_number"),
        "outputs": [_newer_output(output) if isinstance(output, dict) else output for output in _list(cell.get("outputs"))],
    }


def _newer_output(output: Mapping[str, Any]) -> dict[str, Any]:
    kind = output.get("output_type")
    if kind == "stream":
        return {**output, "name": output.get("stream")}
    if kind == "pyerr":
        return {**output, "output_type": "error"}
    data = {name: output[short] for short, name in _OLD_TYPES.items() if short in output}
    return {"output_type": "display_data", "data": data}


class _Room:
    """How much a page may still carry."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        if size > self._left:
            return False
        self._left -= size
        return True


def _language(notebook: Mapping[str, Any]) -> str:
    metadata = _mapping(notebook.get("metadata"))
    name = _mapping(metadata.get("language_info")).get("name") or _mapping(metadata.get("kernelspec")).get("language")
    return name if isinstance(name, str) else "python"


def _cell(cell: Mapping[str, Any], room: _Room) -> Cell:
    try:
        kind = CellKind(cell.get("cell_type"))
    except ValueError:
        kind = CellKind.RAW
    text = _text(cell.get("source"))
    if kind is not CellKind.CODE:
        return Cell(kind, text, attachments=_attachments(_mapping(cell.get("attachments")), room))
    outputs = cell.get("outputs")
    number = cell.get("execution_count")
    return Cell(
        kind,
        text,
        number if isinstance(number, int) else None,
        tuple(_outputs(outputs if isinstance(outputs, list) else [], room)),
    )


def _attachments(found: Mapping[str, Any], room: _Room) -> dict[str, str]:
    pictures = {name: _best(_mapping(data), room).picture for name, data in islice(found.items(), OUTPUTS_SHOWN)}
    return {name: picture for name, picture in pictures.items() if picture}


def _outputs(outputs: list[Any], room: _Room) -> Iterator[Output]:
    for output in outputs[:OUTPUTS_SHOWN]:
        if isinstance(output, dict):
            yield _output(output, room)
    if len(outputs) > OUTPUTS_SHOWN:
        yield Output(note=f"{len(outputs) - OUTPUTS_SHOWN:,} more outputs are left out.")


def _output(output: Mapping[str, Any], room: _Room) -> Output:
    kind = output.get("output_type")
    if kind == "stream":
        return _of_text(_text(output.get("text")), is_error=output.get("name") == "stderr")
    if kind == "error":
        lines = output.get("traceback")
        traceback = "\n".join(map(_text, lines)) if isinstance(lines, list) else ""
        return _of_text(traceback or f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}", is_error=True)
    return _best(_mapping(output.get("data")), room)


def _best(data: Mapping[str, Any], room: _Room) -> Output:
    """The nicest form of one result that is safe to show: a picture, else text. HTML, SVG and scripts are not run."""
    note = ""
    for kind in _PICTURES:
        if kind in data:
            picture = _picture(kind, _text(data[kind]))
            if picture and room.take(len(picture)):
                return Output(picture=picture, text=_text(data.get("text/plain"))[:CAPTION])
            note = "A picture is left out: it is too large, or broken."
    if "text/plain" in data:
        found = _of_text(_text(data["text/plain"]))
        return Output(found.text, note=note or found.note)
    other = ", ".join(sorted(kind for kind in data if isinstance(kind, str))[:5])
    return Output(note=note or f"An output that is not shown here: {other or 'of an unknown kind'}.")


def _picture(kind: str, encoded: str) -> str:
    """The picture as an address, checked to be what it says; empty where it is not, or is too large."""
    compact = "".join(encoded.split())
    if len(compact) > PICTURE_LIMIT:
        return ""
    try:
        content = base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return f"data:{kind};base64,{compact}" if content.startswith(_PICTURES[kind]) else ""


def _of_text(text: str, *, is_error: bool = False) -> Output:
    note = f"{len(text) - TEXT_SHOWN:,} more characters are left out." if len(text) > TEXT_SHOWN else ""
    return Output(_COLOURS.sub("", text[:TEXT_SHOWN]), note=note, is_error=is_error)


def _number(digits: str) -> int:
    # Python takes the square of their number to make sense of digits.
    if len(digits) > DIGITS:
        raise ValueError
    return int(digits)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A text that may be given as a list of its lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable) and not isinstance(value, dict):
        return "".join(piece for piece in value if isinstance(piece, str))
    return ""
