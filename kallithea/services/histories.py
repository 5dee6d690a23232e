"""Lists of commits, a page at a time: of branches, of what somebody searches for, of one file."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kallithea.lib.errors import Invalid, NotFound
from kallithea.lib.vcs import Commit, CommitFilter, CommitId, FilePath, Origin, Reader, Refs

SEARCH_SECONDS = 3.0
"""Seconds after which a search shows what it has found so far."""
RENAMES_FOLLOWED = 20
"""Former names of a file on one page."""
PLACE = re.compile(r"([0-9]{1,9})~(.{1,8000})")


@dataclass(frozen=True, slots=True)
class CommitList:
    """A page of a history. `total` counts up to COUNTED_AT_MOST + 1, None where counting would cost too much.

    `first` is the number of its first commit in the list, from 0. `after` says where the next page begins, empty at the end;
    with `looked_at` a search had no time for more than so many commits. `renames` has by commit what a file was called before,
    and `path` and `start` are the name and the commit with which its history goes on.
    """

    commits: tuple[Commit, ...]
    refs: Refs
    total: int | None
    has_more: bool
    first: int = 0
    after: str = ""
    looked_at: int | None = None
    renames: Mapping[CommitId, Origin] = field(default_factory=dict)
    path: FilePath | None = None
    start: CommitId | None = None


def part(
    reader: Reader,
    refs: Refs,
    heads: Sequence[CommitId],
    wanted: CommitFilter,
    *,
    page: int,
    size: int,
    after: str,
    total: int | None,
) -> CommitList:
    """The page-th `size` commits from these heads on, or those after a place. Raises Invalid."""
    first, at = _place(after) if after else ((page - 1) * size, "")
    skip = 0 if after else first
    found = reader.stretch(heads, wanted, at=at, skip=skip, size=size, seconds=SEARCH_SECONDS)
    return CommitList(
        found.commits,
        refs,
        total,
        has_more=found.at is not None,
        first=first,
        after=f"{first + len(found.commits)}~{found.at}" if found.at is not None else "",
        looked_at=None if found.is_complete else found.looked_at,
    )


def of_path(reader: Reader, start: Commit, path: FilePath, *, page: int, size: int, after: str) -> CommitList:
    """The page-th `size` commits that changed a path, also under its former names. Raises Invalid, NotFound."""
    first, at = _place(after) if after else (0, "")
    walk = _PathWalk(reader, path, start.id, at, time.monotonic() + SEARCH_SECONDS)
    # Skipped commits are read, as renames among them decide what follows; who goes on from page to page skips none.
    skip = 0 if after else (page - 1) * size
    walk.run(skip + size)
    if not walk.found and walk.is_complete and not after and page == 1:
        raise NotFound(f"There never was a file {path} up to this commit.")
    return CommitList(
        tuple(walk.found[skip:]),
        reader.refs(),
        None,
        has_more=walk.at is not None,
        first=first + skip,
        after=f"{first + len(walk.found)}~{walk.at or START}" if walk.at is not None else "",
        looked_at=None if walk.is_complete else walk.looked_at,
        renames=walk.renames,
        path=walk.path,
        start=walk.start,
    )


START = "-"
"""Stands in a place for the beginning of a history."""


class _PathWalk:
    """Goes along the history of a path; where it was renamed, on to that of its former name."""

    def __init__(self, reader: Reader, path: FilePath, start: CommitId, at: str, until: float) -> None:
        self.path = path
        self.start = start
        self.at: str | None = "" if at == START else at
        self.found: list[Commit] = []
        self.renames: dict[CommitId, Origin] = {}
        self.looked_at = 0
        self.is_complete = True
        self._reader = reader
        self._until = until

    def run(self, size: int) -> None:
        while self.at is not None and len(self.found) < size and self.is_complete:
            left = max(0.1, self._until - time.monotonic())
            wanted = CommitFilter(path=self.path)
            some = self._reader.stretch([self.start], wanted, at=self.at, size=size - len(self.found), seconds=left)
            self.found += some.commits
            self.looked_at += some.looked_at
            self.is_complete = some.is_complete
            self.at = some.at
            if self.at is None:
                self._follow()

    def _follow(self) -> None:
        """Go on with the former name, if the oldest commit of this one gave it."""
        oldest = self.found[-1] if self.found else None
        if oldest is None or oldest.id in self.renames or len(self.renames) >= RENAMES_FOLLOWED:
            return
        origin = self._reader.origin(oldest.id, self.path)
        if origin is not None and origin.path != self.path:
            self.renames[oldest.id] = origin
            self.path, self.start, self.at = origin.path, origin.commit, ""


def _place(after: str) -> tuple[int, str]:
    """The number of the commits before a place, and the place in the words of the backend. Raises Invalid."""
    match = PLACE.fullmatch(after)
    if match is None:
        raise Invalid("This address does not say where in the history to go on.", hint="Begin again with the newest commits.")
    return int(match[1]), match[2]
