"""Notebooks are read for what they say; nothing in them runs, and none is too much."""

import base64
import json
import time
from typing import Any

import pytest

from kallithea.lib.notebooks import (
    CELLS_SHOWN,
    OUTPUTS_SHOWN,
    PICTURE_LIMIT,
    PICTURES_LIMIT,
    TEXT_SHOWN,
    CellKind,
    NotANotebook,
    Output,
    read_notebook,
)

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 20).decode()


def written(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "cells": cells, **more}).encode()


def output_of(**output: Any) -> Output:
    [cell] = read_notebook(written({"cell_type": "code", "source": "", "outputs": [output]})).cells
    [found] = cell.outputs
    return found


def shown(**data: Any) -> Output:
    return output_of(output_type="display_data", data={name.replace("_", "/"): value for name, value in data.items()})


def test_cells_say_what_they_are() -> None:
    found = read_notebook(
        written(
            {"cell_type": "markdown", "source": ["# a\n", "b"]},
            {"cell_type": "code", "source": "x", "execution_count": 7, "outputs": []},
            {"cell_type": "new kind", "source": "y"},
            metadata={"kernelspec": {"language": "julia"}},
        )
    )

    assert found.language == "julia"
    assert [(cell.kind, cell.text, cell.number) for cell in found.cells] == [
        (CellKind.MARKDOWN, "# a\nb", None),
        (CellKind.CODE, "x", 7),
        (CellKind.RAW, "y", None),
    ]


def test_outputs_are_text_without_the_colours_of_a_terminal() -> None:
    assert output_of(output_type="stream", name="stderr", text=["a\n", "\x1b[1;31mb"]) == Output("a\nb", is_error=True)
    assert output_of(output_type="error", ename="E", evalue="v", traceback=[]) == Output("E: v", is_error=True)


def test_a_picture_is_shown_before_its_text_and_text_before_html() -> None:
    assert shown(image_png=PNG, text_plain="<Figure>") == Output("<Figure>", f"data:image/png;base64,{PNG}")
    assert shown(text_html="<script>", text_plain="x") == Output("x")


def test_what_would_have_to_run_is_named_only() -> None:
    found = shown(text_html="<script>", **{"application/javascript": "alert()", "image/svg+xml": "<svg onload=x>"})

    assert found == Output(note="An output that is not shown here: application/javascript, image/svg+xml, text/html.")


@pytest.mark.parametrize(
    "content",
    [
        base64.b64encode(b"<svg onload=alert(1)>").decode(),
        f'{PNG}" onerror="alert(1)',
        "not base64!",
        PNG[:-4] + "é===",
        base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * PICTURE_LIMIT).decode(),
        {"a": "b"},
        7,
    ],
    ids=["an SVG", "an attribute", "no base64", "no ASCII", "too large", "a mapping", "a number"],
)
def test_a_picture_that_is_none_is_left_out(content: Any) -> None:
    found = shown(image_png=content)

    assert (found.picture, found.note) == ("", "A picture is left out: it is too large, or broken.")


def test_all_pictures_together_have_a_limit() -> None:
    large = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 1_000_000).decode()
    picture = {"output_type": "display_data", "data": {"image/png": large}}
    found = read_notebook(written(*[{"cell_type": "code", "source": "", "outputs": [picture]}] * 5))

    assert sum(len(cell.outputs[0].picture) for cell in found.cells) <= PICTURES_LIMIT
    assert found.cells[-1].outputs[0].note


def test_cells_outputs_and_texts_have_limits() -> None:
    stream = {"output_type": "stream", "text": "x" * (TEXT_SHOWN + 7)}
    many = read_notebook(written(*[{"cell_type": "raw", "source": ""}] * (CELLS_SHOWN + 3)))
    [cell] = read_notebook(written({"cell_type": "code", "source": "", "outputs": [stream] * (OUTPUTS_SHOWN + 1)})).cells

    assert (len(many.cells), many.cell_count) == (CELLS_SHOWN, CELLS_SHOWN + 3)
    assert (len(cell.outputs), cell.outputs[-1].note) == (OUTPUTS_SHOWN + 1, "1 more outputs are left out.")
    assert (len(cell.outputs[0].text), cell.outputs[0].note) == (TEXT_SHOWN, "7 more characters are left out.")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"nbformat": 2, "worksheets": []}',
            b'{"nbformat": 3, "worksheets": {}}', b'{"nbformat": 4, "cells": {}}',
        b"\xff\xfe{", b"[" * 1_000_000, b'{"a":' * 500_000, b"\x80", b'{"nbformat": ' + b"9" * 100_000 + b"}",
    ],
    ids=lambda content: ascii(content[:12]),
)  # fmt: skip
def test_what_is_no_notebook_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotANotebook):
        read_notebook(content)


@pytest.mark.parametrize(
    "cell",
    [
        None, 1, [], {}, {"cell_type": []}, {"cell_type": "code", "outputs": {}},
        {"cell_type": "code", "outputs": [1, None, {}]},
        {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": []}], "execution_count": {}},
        {"cell_type": "markdown", "source": {"a": 1}}, {"cell_type": "markdown", "source": [1, None, ["a"]]},
        {"cell_type": "code", "source": "", "outputs": [{"output_type": "error", "traceback": {"a": 1}}]},
    ],
)  # fmt: skip
def test_any_cell_is_read(cell: Any) -> None:
    read_notebook(written(cell, metadata=[], language_info=3))


def test_a_large_notebook_is_read_in_time() -> None:
    content = written(*[{"cell_type": "code", "source": ["a\n"] * 1000, "outputs": [{}] * 100}] * 900)
    began = time.thread_time()

    read_notebook(content)

    assert time.thread_time() - began < 1.5


def old(*cells: Any) -> bytes:
    return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()


def test_notebooks_of_format_3_say_the_same() -> None:
    outputs = [
        {"output_type": "stream", "stream": "stderr", "text": ["a\n"]},
        {"output_type": "pyout", "prompt_number": 7, "text": ["42"], "html": ["<b>42</b>"]},
        {"output_type": "display_data", "png": PNG},
        {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": []},
    ]
    code = {"cell_type": "code", "input": ["x = ", "1"], "prompt_number": 7, "outputs": outputs, "language": "python"}
    title, rest = {"cell_type": "heading", "level": 2, "source": "Title"}, {"cell_type": "raw", "source": "r"}

    found = read_notebook(old(title, code, rest))

    assert [(cell.kind, cell.text, cell.number) for cell in found.cells] == [
        (CellKind.MARKDOWN, "## Title", None),
        (CellKind.CODE, "x = 1", 7),
        (CellKind.RAW, "r", None),
    ]
    said, result, picture, error = found.cells[1].outputs
    assert (said, result) == (Output("a\n", is_error=True), Output("42"))
    assert picture.picture.startswith("data:image/png;base64,")
    assert error == Output("E: v", is_error=True)


BROKEN: list[Any] = [None, 7, {}, {"cell_type": "heading", "level": "9"}, {"cell_type": "code", "outputs": {"a": 1}}]


@pytest.mark.parametrize("cell", BROKEN)
def test_broken_cells_of_format_3_do_no_harm(cell: Any) -> None:
    assert len(read_notebook(old(cell)).cells) <= 1


def test_pictures_that_are_attached_to_a_text_are_kept_if_they_are_pictures() -> None:
    evil = {"evil.svg": {"image/svg+xml": "<svg onload=x()>"}, "broken.png": {"image/png": "AAAA"}, "none": 7}
    attachments = {"a.png": {"image/png": PNG}, **evil}

    [cell] = read_notebook(written({"cell_type": "markdown", "source": "", "attachments": attachments})).cells

    assert cell.attachments == {"a.png": f"data:image/png;base64,{PNG}"}


def test_attachments_beyond_the_room_of_a_page_are_left_out() -> None:
    large = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 1_000_000).decode()
    cells = [{"cell_type": "markdown", "source": "", "attachments": {"a.png": {"image/png": large}}}] * 9

    kept = [cell.attachments["a.png"] for cell in read_notebook(written(*cells)).cells if cell.attachments]

    assert sum(map(len, kept)) <= PICTURES_LIMIT
    assert len(kept) == 2
