"""The history of a repository or of one file, with its graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.lib.graph import GraphRow, lay_out
from kallithea.lib.vcs import Commit, FilePath, Refs
from kallithea.pages.parts import (
    Choice,
    CommitLine,
    Labels,
    Pager,
    RepositoryHeader,
    Room,
    ShownRepository,
    choices,
    commit_line,
    counted,
    one_line,
    pager,
    repository_header,
)
from kallithea.pages.repository.revisions import PathCrumbs, path_crumbs
from kallithea.pages.urls import Urls

COLUMN = 14
ROW_HEIGHT = 52
MIDDLE = ROW_HEIGHT // 2
COLUMNS_SHOWN = 9
"""Further columns are drawn over each other in the last one, so that a wild history still leaves room for its text."""
COLOURS = 5


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line of the graph: the data of an SVG path, and which colour it has."""

    path: str
    colour: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """One row of the graph."""

    strokes: tuple[Stroke, ...]
    x: int
    colour: int
    is_merge: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    commit: CommitLine
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class ChangelogPage:
    """`path` is set for the history of one file, which has no graph."""

    header: RepositoryHeader
    lines: tuple[HistoryLine, ...]
    graph_width: int
    branches: tuple[Choice, ...]
    action: str
    is_filtered: bool
    path: PathCrumbs | None
    files_url: str | None
    count: str | None
    pager: Pager
    all_url: str
    compare_url: str
    feed_url: str


def changelog_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    commits: Sequence[Commit],
    refs: Refs,
    page: int,
    page_size: int,
    total: int | None,
    branch: str = "",
) -> ChangelogPage:
    """One page of history, of all branches or of one. `total` need not count beyond 1,001; None if it was not counted."""
    path = repository.path
    rows = lay_out([(commit.id, commit.parents) for commit in commits])
    labels = Labels(urls, path, refs)
    names = dict.fromkeys(ref.name for ref in refs.branches if not ref.is_closed)
    if branch:
        names.setdefault(branch)
    return ChangelogPage(
        header=repository_header(
            urls, repository, room=Room.HISTORY, canonical=urls.changelog(path, branch=branch, page=page), branch=branch
        ),
        lines=tuple(
            HistoryLine(
                commit_line(urls, path, commit, labels.of(commit), told=repository),
                _drawing(row),
            )
            for commit, row in zip(commits, rows, strict=True)
        ),
        graph_width=COLUMN * (1 + min(COLUMNS_SHOWN, max((row.width for row in rows), default=1))),
        branches=choices([("", "All branches"), *((name, one_line(name)) for name in names)], branch),
        action=urls.changelog(path),
        is_filtered=bool(branch),
        path=None,
        files_url=None,
        count=None if total is None else "1 commit" if total == 1 else f"{counted(total)} commits",
        pager=pager(
            page=page,
            page_size=page_size,
            shown=len(commits),
            total=total,
            newer_url=urls.changelog(path, branch=branch, page=page - 1),
            older_url=urls.changelog(path, branch=branch, page=page + 1),
        ),
        all_url=urls.changelog(path),
        compare_url=urls.compare(path),
        feed_url=urls.feed(path, "atom", branch=branch),
    )


def file_changelog_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    commits: Sequence[Commit],
    refs: Refs,
    revision: str,
    path: FilePath,
    page: int,
    page_size: int,
    has_more: bool,
) -> ChangelogPage:
    """One page of the commits that changed a file or folder, seen from a revision."""
    name = repository.path
    labels = Labels(urls, name, refs)
    first = (page - 1) * page_size + 1
    return ChangelogPage(
        header=repository_header(
            urls,
            repository,
            room=Room.HISTORY,
            revision=revision,
            canonical=urls.file_changelog(name, revision, path, page=page),
            branch=revision,
            path_of_feed=path,
        ),
        lines=tuple(
            HistoryLine(commit_line(urls, name, commit, labels.of(commit), told=repository), None) for commit in commits
        ),
        graph_width=0,
        branches=(),
        action=urls.changelog(name),
        is_filtered=True,
        path=path_crumbs(urls, name, revision, path),
        files_url=urls.files(name, revision, path),
        count=None,
        pager=Pager(
            text=f"{first:,} to {first + len(commits) - 1:,}" if commits else "Nothing here",
            newer_url=urls.file_changelog(name, revision, path, page=page - 1) if page > 1 else None,
            older_url=urls.file_changelog(name, revision, path, page=page + 1) if has_more else None,
        ),
        all_url=urls.changelog(name),
        compare_url=urls.compare(name),
        feed_url=urls.feed(name, "atom", branch=revision, file=path),
    )


def _x(column: int) -> int:
    return COLUMN * (1 + min(column, COLUMNS_SHOWN - 1))


def _drawing(row: GraphRow) -> Drawing:
    node = _x(row.column)
    strokes = [Stroke(_down(_x(above), 0, _x(below), ROW_HEIGHT), _colour(colour)) for above, below, colour in row.passing]
    strokes += [Stroke(_down(_x(column), 0, node, MIDDLE), _colour(colour)) for column, colour in row.arriving]
    strokes += [Stroke(_down(node, MIDDLE, _x(column), ROW_HEIGHT), _colour(colour)) for column, colour in row.leaving]
    return Drawing(tuple(strokes), node, _colour(row.colour), row.is_merge)


def _colour(number: int) -> int:
    return number % COLOURS + 1


def _down(x: int, y: int, to_x: int, to_y: int) -> str:
    """The path from one point down to another: straight, or an S that leaves and arrives upright."""
    if x == to_x:
        return f"M{x} {y}V{to_y}"
    bend = (y + to_y) // 2
    return f"M{x} {y}C{x} {bend} {to_x} {bend} {to_x} {to_y}"
