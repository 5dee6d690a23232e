"""Lines of a file that no change touched, as a diff shows them: what a reader sees who asks for more around a change."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.lib.diff.painting import Painter
from kallithea.lib.vcs import Commit, DiffLine, FilePath, LineKind
from kallithea.pages.parts import Link, RepositoryHeader, Room, ShownRepository, one_line, repository_header
from kallithea.pages.repository.diff import DiffView, LinePair, ShownLine, shown_lines
from kallithea.pages.urls import Urls
from kallithea.services.commits import FileLines


@dataclass(frozen=True, slots=True)
class DiffLinesPage:
    """`has_more` tells whether the file goes on behind them."""

    header: RepositoryHeader
    file: Link
    lines: tuple[ShownLine, ...]
    pairs: tuple[LinePair, ...]
    has_more: bool


def diff_lines_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    commit: Commit,
    path: FilePath,
    found: FileLines,
    start: int,
    old_start: int,
    number: int,
    is_split: bool,
) -> DiffLinesPage:
    """The lines from number `start` of the new side, which is number `old_start` of the old one, of file `number` of a diff."""
    lines = [
        DiffLine(LineKind.CONTEXT, old_start + at, start + at, content, found.lacks_newline and at == len(found.lines) - 1)
        for at, content in enumerate(found.lines)
    ]
    painter = Painter()
    colours = painter.read(path.name, {"+": [found.above, found.lines]})
    shown, pairs = shown_lines(f"f{number}", path.name, lines, DiffView(is_split=is_split), painter, colours)
    return DiffLinesPage(
        header=repository_header(urls, repository, room=Room.HISTORY, revision=commit.id.hex),
        file=Link(one_line(path.text), urls.files(repository.path, commit.id.hex, path)),
        lines=shown,
        pairs=pairs,
        has_more=found.has_more,
    )
