"""The history of a repository or of one file, with its graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from kallithea.lib.graph import GraphRow, lay_out
from kallithea.lib.vcs import Commit, FilePath, Refs
from kallithea.pages.parts import (
    Choice,
    CommitLine,
    Labels,
    Link,
    Pager,
    RepositoryHeader,
    Room,
    ShownRepository,
    choices,
    commit_line,
    counted,
    one_line,
    repository_header,
)
from kallithea.pages.repository.changelog_filters import FilterForm, Wanted, filter_form
from kallithea.pages.repository.revisions import PathCrumbs, path_crumbs
from kallithea.pages.urls import Urls
from kallithea.services.histories import CommitList

COLUMN = 14
ROW_HEIGHT = 52
MIDDLE = ROW_HEIGHT // 2
COLUMNS_SHOWN = 9
"""Further columns are drawn over each other in the last one, so that a wild history still leaves room for its text."""
COLOURS = 5
BRANCHES_SHOWN = 200
"""Branches in the menu; the page of branches has them all."""


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
    """`former` leads to the history of the name that a file had before this commit."""

    commit: CommitLine
    drawing: Drawing | None
    former: Link | None = None


@dataclass(frozen=True, slots=True)
class ChangelogPage:
    """`path` is set for the history of one file, which has no graph and no `form`. `stopped` says how far a search came."""

    header: RepositoryHeader
    lines: tuple[HistoryLine, ...]
    graph_width: int
    branches: tuple[Choice, ...]
    action: str
    size: int
    form: FilterForm | None
    is_filtered: bool
    path: PathCrumbs | None
    files_url: str | None
    count: str | None
    stopped: Link | None
    pager: Pager
    all_url: str
    compare_url: str
    feed_url: str


NOTHING = CommitList((), Refs((), (), (), None, ""), None, has_more=False)


def changelog_page(
    urls: Urls,
    repository: ShownRepository,
    found: CommitList,
    wanted: Wanted,
    *,
    page_size: int,
    size: int = 0,
    error: str | None = None,
    hint: str | None = None,
) -> ChangelogPage:
    """One page of history. `size` is the size of the page if the address says it; `error` is what is wrong with a filter."""
    path, commits = repository.path, found.commits
    rows = () if wanted.is_search else lay_out([(commit.id, commit.parents) for commit in commits])
    labels = Labels(urls, path, found.refs)
    drawings: list[Drawing | None] = [_drawing(row) for row in rows] if rows else [None] * len(commits)

    def address(page: int = 1, after: str = "") -> str:
        return urls.changelog(path, branch=wanted.branch, filters=wanted.filters, size=size, page=page, after=after)

    return ChangelogPage(
        header=repository_header(
            urls, repository, room=Room.HISTORY, canonical=urls.changelog(path, branch=wanted.branch), branch=wanted.branch
        ),
        lines=tuple(
            HistoryLine(commit_line(urls, path, commit, labels.of(commit), told=repository), drawing)
            for commit, drawing in zip(commits, drawings, strict=True)
        ),
        graph_width=COLUMN * (1 + min(COLUMNS_SHOWN, max((row.width for row in rows), default=1))),
        branches=_branch_choices(found.refs, wanted.branch),
        action=urls.changelog(path),
        size=size,
        form=filter_form(urls, repository, wanted, size=size, error=error, hint=hint),
        is_filtered=wanted.is_search or bool(wanted.branch),
        path=None,
        files_url=None,
        count=None if found.total is None else "1 commit" if found.total == 1 else f"{counted(found.total)} commits",
        stopped=_stopped(found, address(after=found.after)),
        pager=_pager(found, page_size, address, address(after=found.after)),
        all_url=urls.changelog(path),
        compare_url=urls.compare(path),
        feed_url=urls.feed(path, "atom", branch=wanted.branch),
    )


def file_changelog_page(
    urls: Urls,
    repository: ShownRepository,
    found: CommitList,
    *,
    revision: str,
    path: FilePath,
    page_size: int,
    size: int = 0,
) -> ChangelogPage:
    """One page of the commits that changed a file or folder, seen from a revision."""
    name = repository.path
    labels = Labels(urls, name, found.refs)
    # Behind a rename, the list goes on with the history of the former name.
    has_moved = found.path not in (None, path) and found.path is not None and found.start is not None
    where = (found.start.hex, found.path) if has_moved and found.start and found.path else (revision, path)
    older_url = urls.file_changelog(name, *where, after=found.after, size=size)

    def address(page: int = 1) -> str:
        return urls.file_changelog(name, revision, path, page=page, size=size)

    return ChangelogPage(
        header=repository_header(
            urls,
            repository,
            room=Room.HISTORY,
            revision=revision,
            canonical=urls.file_changelog(name, revision, path),
            branch=revision,
            path_of_feed=path,
        ),
        lines=tuple(
            HistoryLine(
                commit_line(urls, name, commit, labels.of(commit), told=repository), None, _former(urls, name, found, commit)
            )
            for commit in found.commits
        ),
        graph_width=0,
        branches=(),
        action=urls.changelog(name),
        size=size,
        form=None,
        is_filtered=True,
        path=path_crumbs(urls, name, revision, path),
        files_url=urls.files(name, revision, path),
        count=None,
        stopped=_stopped(found, older_url),
        pager=_pager(found, page_size, address, older_url),
        all_url=urls.changelog(name),
        compare_url=urls.compare(name),
        feed_url=urls.feed(name, "atom", branch=revision, file=path),
    )


def _former(urls: Urls, repository: str, found: CommitList, commit: Commit) -> Link | None:
    origin = found.renames.get(commit.id)
    if origin is None:
        return None
    return Link(one_line(origin.path.text), urls.file_changelog(repository, origin.commit.hex, origin.path))


def _branch_choices(refs: Refs, chosen: str) -> tuple[Choice, ...]:
    """The branches to choose from: the first ones where there are too many for a menu, and the one that is shown."""
    names = [ref.name for ref in islice((ref for ref in refs.branches if not ref.is_closed), BRANCHES_SHOWN * 2)]
    shown = [*dict.fromkeys(names)][:BRANCHES_SHOWN]
    if chosen and chosen not in shown:
        shown.append(chosen)
    return choices([("", "All branches"), *((name, one_line(name)) for name in shown)], chosen)


def _stopped(found: CommitList, url: str) -> Link | None:
    if found.looked_at is None:
        return None
    commits = "1 commit" if found.looked_at == 1 else f"{found.looked_at:,} commits"
    return Link(f"Looked at {commits}, then the time was over.", url)


def _pager(found: CommitList, page_size: int, address: Callable[[int], str], older_url: str) -> Pager:
    """`51 to 100 of more than 1,000`; the newer ones have the number of a page, the older ones a place to go on from."""
    first, last = found.first + 1, found.first + len(found.commits)
    total = "" if found.total is None else f" of {counted(found.total)}"
    newer = found.first // page_size if found.first % page_size == 0 else 1
    return Pager(
        text=f"{first:,} to {last:,}{total}" if found.commits else "Nothing here",
        newer_url=address(newer) if found.first else None,
        older_url=older_url if found.has_more else None,
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
