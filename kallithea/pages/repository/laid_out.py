"""Files that are more than their lines: documents, tables and notebooks."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from kallithea.lib import notebooks, tables
from kallithea.lib.documents import MarkdownPieces, is_document, render_document
from kallithea.lib.highlight import SIZE_LIMIT, escaped, highlight_snippet, is_binary
from kallithea.lib.notebooks import CellKind, NotANotebook, Notebook, Output, read_notebook
from kallithea.lib.sanitizing import LinkResolver
from kallithea.lib.tables import Table, read_table
from kallithea.lib.vcs import FilePath
from kallithea.lib.visible import decoded
from kallithea.pages.parts import one_line

NOTEBOOK = ".ipynb"
COLOURED = 100_000
"""Characters of code in one notebook that have colours."""


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """What came out of a cell: `text`, or a `picture` with the words that stand for it."""

    text: Markup
    picture: str
    words: str
    note: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class ShownCell:
    """`label` is `In [3]` for code; `prose` is there for Markdown, `code` for all else."""

    label: str
    prose: Markup | None
    code: Markup | None
    outputs: tuple[ShownOutput, ...]


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A file as its readers want it; exactly one of `document`, `table` and `cells` is there."""

    document: Markup | None = None
    table: Table | None = None
    cells: tuple[ShownCell, ...] | None = None
    facts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def can_be_laid_out(path: FilePath) -> bool:
    """Whether a file of this name has another look than its lines."""
    name = path.name.lower()
    return is_document(name) or name.endswith((*tables.ENDINGS, NOTEBOOK))


def read_limit(path: FilePath) -> int:
    """How many bytes of a file to read for its page: one more than are shown, so that more can be told from enough."""
    return (notebooks.READ_LIMIT if path.name.lower().endswith(NOTEBOOK) else SIZE_LIMIT) + 1


def laid_out(path: FilePath, content: bytes, size: int, *, link: LinkResolver, image: LinkResolver) -> LaidOut | None:
    """The other look of a file; None where it has none, or is broken, or too large for it."""
    name = path.name.lower()
    if name.endswith(NOTEBOOK):
        return _notebook(content, link, image) if size <= notebooks.READ_LIMIT else None
    if is_binary(content):
        return None
    if name.endswith(tables.ENDINGS):
        return _table(name, content[:SIZE_LIMIT], is_cut=size > SIZE_LIMIT)
    if not is_document(name) or size > SIZE_LIMIT:
        return None
    shown = render_document(path.name, content, link=link, image=image)
    return LaidOut(document=shown.html, remarks=(shown.remark,) if shown.remark else ())


def _table(name: str, content: bytes, *, is_cut: bool) -> LaidOut | None:
    if is_cut:
        content = content[: content.rfind(b"\n") + 1]
    table = read_table(name, decoded(content))
    if table is None:
        return None
    remarks = []
    rows = f"{table.row_count:,}" if not is_cut else f"more than {table.row_count:,}"
    if is_cut or len(table.rows) < table.row_count:
        remarks.append(f"The first {len(table.rows):,} of {rows} rows are shown.")
    if len(table.header) < table.column_count:
        remarks.append(f"The first {len(table.header):,} of {table.column_count:,} columns are shown.")
    columns = "1 column" if table.column_count == 1 else f"{table.column_count:,} columns"
    facts = ("1 row" if rows == "1" else f"{rows} rows", columns)
    return LaidOut(table=table, facts=facts, remarks=tuple(remarks))


def _notebook(content: bytes, link: LinkResolver, image: LinkResolver) -> LaidOut | None:
    try:
        found = read_notebook(content)
    except NotANotebook:
        return None
    remarks: tuple[str, ...] = ()
    if len(found.cells) < found.cell_count:
        remarks = (f"The first {len(found.cells):,} of {found.cell_count:,} cells are shown.",)
    facts = ("1 cell" if found.cell_count == 1 else f"{found.cell_count:,} cells",)
    return LaidOut(cells=_cells(found, link, image), facts=facts, remarks=remarks)


def _cells(notebook: Notebook, link: LinkResolver, image: LinkResolver) -> tuple[ShownCell, ...]:
    pieces = MarkdownPieces(link=link, image=image)
    coloured = 0
    shown = []
    for cell in notebook.cells:
        if cell.kind is CellKind.MARKDOWN:
            shown.append(ShownCell("", pieces.render(cell.text, cell.attachments), None, ()))
            continue
        coloured += len(cell.text)
        has_colours = cell.kind is CellKind.CODE and coloured <= COLOURED
        code = highlight_snippet(cell.text, notebook.language) if has_colours else None
        label = f"In [{' ' if cell.number is None else cell.number}]" if cell.kind is CellKind.CODE else ""
        outputs = tuple(_output(one) for one in cell.outputs)
        shown.append(ShownCell(label, None, escaped(cell.text) if code is None else code, outputs))
    return tuple(shown)


def _output(output: Output) -> ShownOutput:
    return ShownOutput(
        text=escaped(output.text),
        picture=output.picture,
        words=one_line(output.text) or "A picture that this cell made",
        note=one_line(output.note),
        is_error=output.is_error,
    )
