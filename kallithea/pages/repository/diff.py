"""The changes between two commits, as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup

from kallithea.lib.diff.painting import Colours, Painter
from kallithea.lib.vcs import PART_FILES, PART_LINES, Change, CommitId, Diff, DiffLine, FileDiff, FilePath, Hunk, LineKind
from kallithea.pages.parts import Choice, choices, one_line
from kallithea.pages.repository.diff_notes import ShownImages, notes, shown_images
from kallithea.pages.repository.diff_tree import Branch, file_tree
from kallithea.pages.urls import Urls, file_query
from kallithea.services.surroundings import NO_SURROUNDINGS, Surroundings

USUAL_CONTEXT = 3
CONTEXTS = (USUAL_CONTEXT, 10, 50)
"""Lines around a change that one may choose."""
WIDER = (25, 100, 400, 1000)
"""Lines around the changes of one file, for who wants to see more of it and has no script."""
MANY_LINES = 400
"""A file with more changed lines than this starts folded."""
STEP = 20
"""Lines that come at once where the lines between two changes are asked for."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a diff; each has one anchor, which is that of the new side for lines that are on both."""

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
class Gap:
    """Lines that did not change and are not shown: from number `start` to `end` of the new side (None: to the end of the file),
    the first being number `old_start` of the old side."""

    start: int
    end: int | None
    old_start: int
    is_above: bool

    @property
    def is_small(self) -> bool:
        """Whether it can be shown in one step."""
        return self.end is not None and self.end - self.start < STEP


@dataclass(frozen=True, slots=True)
class ShownHunk:
    """`lines` are for below each other, `pairs` for side by side; what is not shown is empty."""

    heading: str
    lines: tuple[ShownLine, ...]
    pairs: tuple[LinePair, ...]
    above: Gap | None = None


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A changed file; `notes` says in words what the lines cannot, such as a rename or a new mode.

    `below` are the lines behind the last change. `wider_url` shows the file alone with more lines around its changes,
    `alone_url` what was left out of them here; `lines_url` gives lines that did not change.
    """

    anchor: str
    name: str
    old_name: str | None
    change: str
    added: str
    removed: str
    bar: tuple[int, int]
    notes: tuple[str, ...]
    images: ShownImages | None
    hunks: tuple[ShownHunk, ...]
    below: Gap | None
    is_open: bool
    url: str | None
    wider_url: str | None
    alone_url: str | None
    lines_url: str | None


@dataclass(frozen=True, slots=True)
class DiffView:
    """How a visitor wants to see changes, and which: as in DiffOptions, `path` alone and `first` for where to begin.

    `number` is what the file of the path has among all of them.
    """

    ignores_whitespace: bool = False
    context: int = USUAL_CONTEXT
    is_split: bool = False
    path: FilePath | None = None
    first: int = 0
    number: int = 1


@dataclass(frozen=True, slots=True)
class DiffControls:
    """The form with which one says so; `hidden` has the rest of the address."""

    action: str
    hidden: tuple[tuple[str, str], ...]
    contexts: tuple[Choice, ...]
    ignores_whitespace: bool
    is_split: bool


@dataclass(frozen=True, slots=True)
class DiffParts:
    """What is shown of a large diff, in words, and the ways to the rest."""

    text: str
    previous_url: str | None
    next_url: str | None
    all_url: str | None


@dataclass(frozen=True, slots=True)
class ShownDiff:
    """`parts` is there when this is not the whole, `cut_url` when not everything is shown of it: it leads to all of it."""

    files: tuple[ShownFile, ...]
    tree: Branch
    file_count: str
    added: str
    removed: str
    parts: DiffParts | None
    cut_url: str | None
    controls: DiffControls


@dataclass(frozen=True, slots=True)
class Side:
    """A commit in the repository at a path."""

    repository: str
    commit: CommitId


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared; `old` is None for nothing."""

    old: Side | None
    new: Side


def shown_diff(
    urls: Urls,
    sides: Sides,
    diff: Diff,
    view: DiffView,
    action: str,
    whole_url: str,
    around: Surroundings = NO_SURROUNDINGS,
) -> ShownDiff:
    """The changes from one side to the other. `action` is the address of the page, `whole_url` leads to what is left out."""
    links = _Links(urls, sides, action, view)
    first = 0 if view.path is not None else view.first
    painter = Painter()
    shown = diff.files[first : first + PART_FILES]
    number = view.number if view.path is not None else first + 1
    files = tuple(_file(links, f"f{at}", file, around, painter) for at, file in enumerate(shown, start=number))
    at_least = "" if diff.is_counted else "at least "
    return ShownDiff(
        files=files,
        tree=file_tree(files),
        file_count={0: "No files", 1: "1 file"}.get(len(diff.files), f"{len(diff.files):,} files"),
        added=f"{at_least}+{sum(file.added for file in diff.files):,}",
        removed=f"{at_least}−{sum(file.removed for file in diff.files):,}",
        parts=_parts(links, diff),
        cut_url=whole_url if diff.is_cut or any(file.is_cut for file in diff.files) else None,
        controls=links.controls(),
    )


class _Links:
    """The addresses of one page of changes."""

    def __init__(self, urls: Urls, sides: Sides, action: str, view: DiffView) -> None:
        self.urls = urls
        self.sides = sides
        self.view = view
        self._action, _, query = action.partition("?")
        self._rest = tuple(parse_qsl(query))

    def controls(self) -> DiffControls:
        view = self.view
        alone = tuple(self._of_file(view.path, view.number)) if view.path is not None else ()
        return DiffControls(
            action=self._action,
            hidden=(*self._rest, *alone),
            contexts=choices(
                [(str(lines), f"{lines} lines around") for lines in sorted({*CONTEXTS, view.context})], str(view.context)
            ),
            ignores_whitespace=view.ignores_whitespace,
            is_split=view.is_split,
        )

    def page(self, *, first: int = 0, path: FilePath | None = None, number: int = 1, context: int | None = None) -> str:
        """The page of the same changes, seen in the same way."""
        lines = self.view.context if context is None else context
        query = [
            *self._rest,
            *([("split", "1")] if self.view.is_split else []),
            *([("ignorews", "1")] if self.view.ignores_whitespace else []),
            *([("context", str(lines))] if lines != USUAL_CONTEXT else []),
            *(self._of_file(path, number) if path is not None else []),
            *([("first", str(first))] if first else []),
        ]
        return self._action + (f"?{urlencode(query)}" if query else "")

    def wider(self, path: FilePath, anchor: str) -> str | None:
        context = next((lines for lines in WIDER if lines > self.view.context), None)
        return None if context is None else f"{self.page(path=path, number=int(anchor[1:]), context=context)}#{anchor}"

    def alone(self, path: FilePath, anchor: str) -> str:
        return f"{self.page(path=path, number=int(anchor[1:]))}#{anchor}"

    def lines(self, path: FilePath) -> str:
        return self.urls.diff_lines(self.sides.new.repository, self.sides.new.commit, path)

    @staticmethod
    def _of_file(path: FilePath, number: int) -> list[tuple[str, str]]:
        return [*file_query(path).items(), ("file", str(number))]


def _parts(links: _Links, diff: Diff) -> DiffParts | None:
    first, view = links.view.first, links.view
    if view.path is not None:
        is_cut = any(file.is_cut for file in diff.files)
        kept = sum(len(hunk.lines) for file in diff.files for hunk in file.hunks)
        text = f"Only {one_line(view.path.text)} is shown" + (f", from line {first + 1:,} of its changes." if first else ".")
        return DiffParts(
            text=text,
            previous_url=links.page(path=view.path, number=view.number, first=max(0, first - PART_LINES)) if first else None,
            next_url=links.page(path=view.path, number=view.number, first=first + kept) if is_cut and kept else None,
            all_url=links.page(),
        )
    total = len(diff.files)
    if total <= PART_FILES and not first:
        return None
    last = min(total, first + PART_FILES)
    return DiffParts(
        text=f"Files {first + 1:,} to {last:,} of {total:,}." if first < total else f"There are {total:,} files only.",
        previous_url=links.page(first=max(0, first - PART_FILES)) if first else None,
        next_url=links.page(first=last) if last < total else None,
        all_url=None,
    )


def _file(links: _Links, anchor: str, file: FileDiff, around: Surroundings, painter: Painter) -> ShownFile:
    is_moved = file.change in (Change.RENAMED, Change.COPIED)
    is_gone = file.change is Change.REMOVED
    gaps, below = _gaps(file, links.view) if _has_rest(file, links.view) else ([None] * len(file.hunks), None)
    has_gaps = below is not None or any(gap is not None for gap in gaps)
    new = links.sides.new
    colours = painter.read(file.new_path.name, _lines_down(file, links.view, around.texts.get(file.new_path)))
    return ShownFile(
        anchor=anchor,
        name=one_line((file.old_path if is_gone else file.new_path).text),
        old_name=one_line(file.old_path.text) if is_moved else None,
        change=file.change.value,
        added=f"+{file.added:,}" if file.added else "",
        removed=f"−{file.removed:,}" if file.removed else "",
        bar=_bar(file.added, file.removed),
        notes=notes(file),
        images=shown_images(links.urls, links.sides, file, around.pixels.get(file.new_path)),
        hunks=tuple(
            _hunk(anchor, file.new_path.name, hunk, gap, links.view, painter, colours)
            for hunk, gap in zip(file.hunks, gaps, strict=True)
        ),
        below=below,
        is_open=links.view.path is not None or file.added + file.removed <= MANY_LINES,
        url=None if is_gone else links.urls.files(new.repository, new.commit.hex, file.new_path),
        wider_url=links.wider(file.new_path, anchor) if has_gaps else None,
        alone_url=links.alone(file.new_path, anchor) if file.is_cut and links.view.path is None else None,
        lines_url=links.lines(file.new_path) if has_gaps else None,
    )


def _lines_down(file: FileDiff, view: DiffView, content: bytes | None) -> dict[str, list[list[bytes]]]:
    """The lines of a file down to those of its last hunk, as `Painter.read` takes them, out of the whole new content: undoing
    the changes gives those of the old side."""
    if content is None or not file.hunks:
        return {}
    last = file.hunks[-1]
    new = content.split(b"\n", last.new_start + last.new_length)[: last.new_start + last.new_length]
    old: list[list[bytes]] = []
    both: list[list[bytes]] = []
    at = 0
    for hunk in file.hunks:
        # Of a side without lines, a hunk names the line in front of it.
        begin = hunk.new_start - (1 if hunk.new_length else 0)
        end = begin + hunk.new_length
        old += [new[at:begin], [line.content for line in hunk.lines if line.old_number is not None]]
        both += [new[at:begin], new[begin:end]]
        at = end
    # Behind the first part of the changes, the ones before are not known.
    has_old = file.removed and not (view.path is not None and view.first)
    return {"-": old, "+": both} if has_old else {"+": both}


def _bar(added: int, removed: int) -> tuple[int, int]:
    """How many of five squares are added and removed; each kind that is there has one at least."""
    total = added + removed
    if not total:
        return 0, 0
    squares = min(5, total)
    green = min(squares - (1 if removed else 0), max(1 if added else 0, round(squares * added / total)))
    return green, squares - green


def _has_rest(file: FileDiff, view: DiffView) -> bool:
    """Whether a file has lines beside those of its hunks that can be shown."""
    return (
        file.change not in (Change.ADDED, Change.REMOVED)
        and file.new_mode not in ("120000", "160000")
        and file.old_mode not in ("120000", "160000")
        and not file.is_cut
        and not view.first
        and view.context > 0
    )


def _gaps(file: FileDiff, view: DiffView) -> tuple[list[Gap | None], Gap | None]:
    """The lines above each hunk that are not shown, and those below the last."""
    gaps: list[Gap | None] = []
    old, new = 1, 1
    for hunk in file.hunks:
        # Of a side without lines, a hunk names the line in front of it.
        begin = hunk.new_start if hunk.new_length else hunk.new_start + 1
        gaps.append(Gap(new, begin - 1, old, is_above=bool(gaps)) if begin > new else None)
        old = (hunk.old_start if hunk.old_length else hunk.old_start + 1) + hunk.old_length
        new = begin + hunk.new_length
    if not file.hunks:
        return gaps, None
    last = file.hunks[-1].lines
    tail = [line.kind is LineKind.CONTEXT for line in last[-view.context :]]
    ends = any(line.ends_file_without_newline for line in last) or len(tail) < view.context or not all(tail)
    return gaps, None if ends else Gap(new, None, old, is_above=True)


_LOOKS = {LineKind.CONTEXT: "", LineKind.ADDED: "add", LineKind.REMOVED: "del"}
_SIGNS = {LineKind.CONTEXT: "", LineKind.ADDED: "+", LineKind.REMOVED: "−"}


def _hunk(anchor: str, name: str, hunk: Hunk, gap: Gap | None, view: DiffView, painter: Painter, colours: Colours) -> ShownHunk:
    span = f"@@ −{hunk.old_start},{hunk.old_length} +{hunk.new_start},{hunk.new_length} @@"
    heading = f"{span} {one_line(hunk.heading)}".rstrip()
    lines, pairs = shown_lines(anchor, name, hunk.lines, view, painter, colours)
    return ShownHunk(heading, lines, pairs, gap)


def shown_lines(
    anchor: str, name: str, lines: Sequence[DiffLine], view: DiffView, painter: Painter, colours: Colours
) -> tuple[tuple[ShownLine, ...], tuple[LinePair, ...]]:
    """Neighbouring lines of the file `name`, either below each other or side by side."""
    numbers = {"-": [line.old_number for line in lines], "+": [line.new_number for line in lines]}
    painted = painter.paint(name, [(line.kind.value, line.content) for line in lines], numbers=numbers, colours=colours)
    shown = tuple(_line(anchor, line, html) for line, html in zip(lines, painted, strict=True))
    return ((), _pairs(shown)) if view.is_split else (shown, ())


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
        old_anchor=f"{anchor}-o{line.old_number}" if line.kind is LineKind.REMOVED else None,
        new_anchor=None if line.new_number is None else f"{anchor}-n{line.new_number}",
        html=html,
        lacks_newline=line.ends_file_without_newline,
    )
