"""Walks along the history: ancestors, children, and which commits touched a path."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from kallithea.lib.vcs.hg.commits import NULL_REVISION
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.walks import MOST_CHILDREN, Divergence

BOTH = 3
LOOKED_AT = 256
"""Commits between two looks at the clock."""
WINDOW = 512
"""Numbers that are looked at together where not all of them are ancestors; the next ones are eight times as many."""


def ancestors(repo: Any, heads: Sequence[int], excluding: Sequence[int]) -> Iterator[int]:
    """The numbers of the heads and their ancestors, the highest first: children come before parents."""
    log = repo.changelog
    if excluding:
        return iter(sorted(log.findmissingrevs(common=list(excluding), heads=list(heads)), reverse=True))
    return iter(log.ancestors(list(heads), inclusive=True))


def ancestors_from(repo: Any, heads: Sequence[int], start: int) -> Iterator[int]:
    """Those of the heads and their ancestors that have `start` or a lower number, the highest first.

    What lies above `start` costs next to nothing: with all heads every number is one of them, and else Mercurial's C code finds
    the way down.
    """
    log = repo.changelog
    if covers_all(repo, heads):
        hidden = log.filteredrevs
        return (number for number in range(start, -1, -1) if number not in hidden)
    return _reachable_from(log, list(heads), start)


def _reachable_from(log: Any, heads: list[int], start: int) -> Iterator[int]:
    window = WINDOW
    while start >= 0:
        lowest = max(0, start - window + 1)
        yield from sorted(reachable(log, heads, range(lowest, start + 1)), reverse=True)
        start, window = lowest - 1, window * 8


def reachable(log: Any, heads: Sequence[int], numbers: Sequence[int]) -> set[int]:
    """Those of the numbers that are heads or ancestors of heads."""
    if not numbers:
        return set()
    lowest = min(numbers)
    return set(numbers).intersection(
        log.reachableroots(lowest, [head for head in heads if head >= lowest], list(numbers), True)
    )


def divergence(repo: Any, base: int, other: int, *, seconds: float) -> Divergence | None:
    """How many commits each of two has that the other has not; None if there is no time to count them.

    Both go down together from the higher number; who carries one mark only belongs to one side (as git's `--left-right`).
    """
    parents_of = repo.changelog.parentrevs
    until = time.monotonic() + seconds
    marks = {base: 1}
    marks[other] = marks.get(other, 0) | 2
    waiting = [-number for number in marks]
    heapq.heapify(waiting)
    alone = {1: 0, 2: 0}
    open_sides = sum(1 for mark in marks.values() if mark != BOTH)
    while waiting and open_sides:
        number = -heapq.heappop(waiting)
        mark = marks.pop(number)
        if mark != BOTH:
            open_sides -= 1
            alone[mark] += 1
            if (alone[1] + alone[2]) % LOOKED_AT == 0 and time.monotonic() > until:
                return None
        for parent in parents_of(number):
            if parent == NULL_REVISION:
                continue
            before = marks.get(parent)
            if before is None:
                heapq.heappush(waiting, -parent)
            marks[parent] = now = (before or 0) | mark
            open_sides += (now != BOTH) - (before is not None and before != BOTH)
    return Divergence(ahead=alone[2], behind=alone[1])


def covers_all(repo: Any, heads: Sequence[int]) -> bool:
    """Whether every visible commit is one of these or an ancestor of one."""
    return set(repo.changelog.headrevs()) <= set(heads)


def touching(repo: Any, numbers: Iterator[int], path: FilePath) -> Iterator[int]:
    """Those of the commits that changed a file, or anything in a folder.

    Every commit lists the files that it changed; a file's own log would be faster to read, but does not know removals and names
    only the first of several commits that made the same content.
    """
    log = repo.changelog
    first = _first_possible(repo, path)
    as_file, as_folder = b"\n" + path.raw + b"\n", b"\n" + path.raw + b"/"
    for number in numbers:
        if number < first:
            return
        # The raw text holds the names line by line; taking it apart only on a hit makes long walks several times as fast.
        text = raw_text(log, number)
        if (as_file in text or as_folder in text) and names_path(log, number, path.raw):
            yield number


def raw_text(log: Any, number: int) -> bytes:
    """What is stored of a commit: nearly always the whole text, for which Mercurial's general way costs four times as much."""
    if log.deltaparent(number) == NULL_REVISION and not log.flags(number):
        return bytes(log._inner._chunk(number))
    return bytes(log.revision(number))


def names_path(log: Any, number: int, path: bytes) -> bool:
    """Whether a commit says that it changed a file, or anything in a folder."""
    inside = path + b"/"
    return any(name == path or name.startswith(inside) for name in log.readfiles(number))


def _first_possible(repo: Any, path: FilePath) -> int:
    """No commit with a lower number can have touched the path, known for files only."""
    try:
        file_log = repo.file(path.raw)
    except ValueError:  # longer than any name that Mercurial stores (mercurial/cext/pathencode.c): no commit has it
        return len(repo)
    return min((file_log.linkrev(revision) for revision in islice(file_log, 1)), default=0)


def children(repo: Any, number: int, *, seconds: float) -> tuple[list[int], bool]:
    """The numbers of the visible commits that have this one as a parent, and whether all were looked at."""
    log = repo.changelog
    parents = log.parentrevs
    until = time.monotonic() + seconds
    found: list[int] = []
    for other in log.revs(number + 1):
        if time.monotonic() > until:
            return found, False
        if number in parents(other):
            if len(found) == MOST_CHILDREN:
                return found, False
            found.append(other)
    return found, True


def count(repo: Any, heads: Sequence[int], *, limit: int) -> int:
    """How many commits the heads and their ancestors are, at most `limit`."""
    log = repo.changelog
    if covers_all(repo, heads):
        return min(limit, len(repo.unfiltered().changelog) - len(log.filteredrevs))
    return sum(1 for number in islice(log.ancestors(list(heads), inclusive=True), limit) if number != NULL_REVISION)
