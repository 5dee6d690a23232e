"""The changes between two commits, as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from urllib.parse import parse_qsl

from markupsafe import Markup

from kallithea.lib.diff.painting import Painter
from kallithea.lib.vcs import Change, Commit, Diff, DiffLine, FileDiff, Hunk, LineKind
from kallithea.pages.parts import Choice, choices, one_line
from kallithea.pages.urls import Urls

CONTEXTS = (3, 10, 50)
"""Lines around a change that one may choose."""
MOST_FILES = 300
"""So many changed files are shown; browsers grow slow with more, and nobody reads them."""
MANY_LINES = 400
"""A file with more changed lines than this starts folded."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a diff; an anchor is None on the side where the line is not."""

    look: str
    sign: str
    old_number: int | None
    new_number: int | None
    old_anchor: str | None
    new_anchor: str | None
    html: Markup
    lacks_newline: bool


@dataclass(frozen=True, slots=True)
class LinePair:
    """What stands side by side; None where one side has nothing."""

    old: ShownLine | None
    new: ShownLine | None


@dataclass(frozen=True, slots=True)
class ShownHunk:
    """`lines` are for below each other, `pairs` for side by side; what is not shown is empty."""

    heading: str
    lines: tuple[ShownLine, ...]
    pairs: tuple[LinePair, ...]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A changed file; `notes` says in words what the lines cannot, such as a rename or a new mode."""

    anchor: str
    name: str
    old_name: str | None
    change: str
    added: str
    removed: str
    bar: tuple[int, int]
    notes: tuple[str, ...]
    hunks: tuple[ShownHunk, ...]
    is_open: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class DiffView:
    """How a visitor wants to see changes."""

    ignores_whitespace: bool = False
    context: int = 3
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class DiffControls:
    """The form with which one says so; `hidden` has the rest of the address."""

    action: str
    hidden: tuple[tuple[str, str], ...]
    contexts: tuple[Choice, ...]
    ignores_whitespace: bool
    is_split: bool


@dataclass(frozen=True, slots=True)
class ShownDiff:
    """`cut_url` is there when not everything is shown: it leads to the whole."""

    files: tuple[ShownFile, ...]
    file_count: str
    added: str
    removed: str
    cut_url: str | None
    controls: DiffControls


def shown_diff(
    urls: Urls, repository: str, commit: Commit, diff: Diff, view: DiffView, action: str, whole_url: str
) -> ShownDiff:
    """The changes up to a commit. `action` is the address of the page, `whole_url` leads to what is left out of it."""
    numbered = enumerate(diff.files[:MOST_FILES], start=1)
    painter = Painter()
    return ShownDiff(
        files=tuple(_file(urls, repository, commit, f"f{number}", file, view, painter) for number, file in numbered),
        file_count={0: "No files", 1: "1 file"}.get(len(diff.files), f"{len(diff.files):,} files"),
        added=f"+{sum(file.added for file in diff.files):,}",
        removed=f"−{sum(file.removed for file in diff.files):,}",
        cut_url=whole_url if _is_cut(diff) else None,
        controls=DiffControls(
            action=action.partition("?")[0],
            hidden=tuple(parse_qsl(action.partition("?")[2])),
            contexts=choices(
                [(str(lines), f"{lines} lines around") for lines in sorted({*CONTEXTS, view.context})], str(view.context)
            ),
            ignores_whitespace=view.ignores_whitespace,
            is_split=view.is_split,
        ),
    )


def _is_cut(diff: Diff) -> bool:
    return diff.is_cut or len(diff.files) > MOST_FILES or any(file.is_cut for file in diff.files)


def _file(
    urls: Urls, repository: str, commit: Commit, anchor: str, file: FileDiff, view: DiffView, painter: Painter
) -> ShownFile:
    is_moved = file.change in (Change.RENAMED, Change.COPIED)
    return ShownFile(
        anchor=anchor,
        name=one_line((file.old_path if file.change is Change.REMOVED else file.new_path).text),
        old_name=one_line(file.old_path.text) if is_moved else None,
        change=file.change.value,
        added=f"+{file.added:,}" if file.added else "",
        removed=f"−{file.removed:,}" if file.removed else "",
        bar=_bar(file.added, file.removed),
        notes=_notes(file),
        hunks=tuple(_hunk(anchor, file.new_path.name, hunk, view, painter) for hunk in file.hunks),
        is_open=file.added + file.removed <= MANY_LINES,
        url=None if file.change is Change.REMOVED else urls.files(repository, commit.id.hex, file.new_path),
    )


def _bar(added: int, removed: int) -> tuple[int, int]:
    """How many of five squares are added and removed; each kind that is there has one at least."""
    total = added + removed
    if not total:
        return 0, 0
    squares = min(5, total)
    green = min(squares - (1 if removed else 0), max(1 if added else 0, round(squares * added / total)))
    return green, squares - green


_MODES = {"100644": "a plain file", "100755": "executable", "120000": "a symbolic link", "160000": "a submodule"}


def _notes(file: FileDiff) -> tuple[str, ...]:
    notes = []
    if file.is_binary:
        notes.append("This is a binary file; its bytes are not compared here.")
    if file.is_cut:
        notes.append("The changes of this file are left out here, because there are very many.")
    if file.old_mode and file.new_mode and file.old_mode != file.new_mode:
        before, after = (_MODES.get(mode, mode) for mode in (file.old_mode, file.new_mode))
        notes.append(f"Was {before}, is now {after}.")
    elif file.change is Change.ADDED and file.new_mode in ("100755", "120000", "160000"):
        notes.append(f"New: {_MODES[file.new_mode]}.")
    if not (file.hunks or notes):
        if file.change in (Change.RENAMED, Change.COPIED):
            notes.append("The content is the same.")
        else:
            notes.append("An empty file." if file.change is not Change.MODIFIED else "No line has changed.")
    return tuple(notes)


_LOOKS = {LineKind.CONTEXT: "", LineKind.ADDED: "add", LineKind.REMOVED: "del"}
_SIGNS = {LineKind.CONTEXT: "", LineKind.ADDED: "+", LineKind.REMOVED: "−"}


def _hunk(anchor: str, name: str, hunk: Hunk, view: DiffView, painter: Painter) -> ShownHunk:
    span = f"@@ −{hunk.old_start},{hunk.old_length} +{hunk.new_start},{hunk.new_length} @@"
    painted = painter.paint(name, [(line.kind.value, line.content) for line in hunk.lines])
    heading = f"{span} {one_line(hunk.heading)}".rstrip()
    lines = tuple(_line(anchor, line, html) for line, html in zip(hunk.lines, painted, strict=True))
    return ShownHunk(heading, (), _pairs(lines)) if view.is_split else ShownHunk(heading, lines, ())


def _pairs(lines: Sequence[ShownLine]) -> tuple[LinePair, ...]:
    """Both sides of each row: a run of removed lines stands beside the added ones that follow it."""
    pairs: list[LinePair] = []
    removed: list[ShownLine] = []
    added: list[ShownLine] = []

    def close() -> None:
        pairs.extend(LinePair(old, new) for old, new in zip_longest(removed, added))
        removed.clear()
        added.clear()

    for line in lines:
        if line.look == "del":
            if added:
                close()
            removed.append(line)
        elif line.look == "add":
            added.append(line)
        else:
            close()
            pairs.append(LinePair(line, line))
    close()
    return tuple(pairs)


def _line(anchor: str, line: DiffLine, html: Markup) -> ShownLine:
    return ShownLine(
        look=_LOOKS[line.kind],
        sign=_SIGNS[line.kind],
        old_number=line.old_number,
        new_number=line.new_number,
        old_anchor=None if line.old_number is None else f"{anchor}-o{line.old_number}",
        new_anchor=None if line.new_number is None else f"{anchor}-n{line.new_number}",
        html=html,
        lacks_newline=line.ends_file_without_newline,
    )
