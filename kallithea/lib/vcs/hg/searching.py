"""Parts of the history of an hg repository. A position is a number: below it lies what is still to come."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import dropwhile
from typing import Any

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs.hg import walking
from kallithea.lib.vcs.hg.commits import commit_at
from kallithea.lib.vcs.hg.file_log import numbers_of_file
from kallithea.lib.vcs.walks import CommitFilter, Matcher, Stretch

LOOKED_AT = 64
"""Commits between two looks at the clock."""
LONGEST_NUMBER = 10


def stretch(
    repo: Any,
    heads: Sequence[int],
    wanted: CommitFilter,
    *,
    chosen: Sequence[int] | None,
    at: str,
    skip: int,
    size: int,
    seconds: float,
) -> Stretch:
    """The next `size` wanted commits; `chosen` are those that a query found, the highest number first. Raises Invalid."""
    until = time.monotonic() + seconds
    start = min(_number(at), len(repo.unfiltered()) - 1) if at else max(heads, default=-1)
    found: list[int] = []
    looked_at = 0
    matcher = Matcher(wanted)
    log = repo.changelog
    if wanted.is_empty and not log.filteredrevs and walking.covers_all(repo, heads):
        start, skip = start - skip, 0  # every number is a commit that is wanted
    for count, number in enumerate(_candidates(repo, heads, wanted, chosen, start)):
        if wanted.looks_inside or _is_searched(wanted, chosen):
            if count % LOOKED_AT == 0 and time.monotonic() > until:
                return Stretch(_commits(repo, found), str(number), looked_at, is_complete=False)
            looked_at += 1
            if not _fits(log, number, wanted, matcher):
                continue
        if skip:
            skip -= 1
        elif len(found) == size:
            return Stretch(_commits(repo, found), str(number), looked_at)
        else:
            found.append(number)
    return Stretch(_commits(repo, found), None, looked_at)


def _candidates(
    repo: Any, heads: Sequence[int], wanted: CommitFilter, chosen: Sequence[int] | None, start: int
) -> Iterable[int]:
    """The numbers from `start` down that may be wanted."""
    if chosen is None and wanted.path.raw and len(heads) == 1:
        chosen = numbers_of_file(repo, wanted.path, heads[0])
        if chosen is not None:
            return dropwhile(lambda number: number > start, chosen)
    if chosen is None:
        return walking.ancestors_from(repo, heads, start)
    below = list(dropwhile(lambda number: number > start, chosen))
    if walking.covers_all(repo, heads):
        return below
    among = walking.reachable(repo.changelog, heads, below)
    return [number for number in below if number in among]


def _is_searched(wanted: CommitFilter, chosen: Sequence[int] | None) -> bool:
    return bool(wanted.path.raw) or chosen is not None


def _fits(log: Any, number: int, wanted: CommitFilter, matcher: Matcher) -> bool:
    """Whether a commit is wanted. Its text: manifest, author, date, changed files line by line, a blank line, the message."""
    text = walking.raw_text(log, number)
    path = wanted.path.raw
    if path:
        is_named = b"\n" + path + b"\n" in text or b"\n" + path + b"/" in text
        if not (is_named and walking.names_path(log, number, path)):
            return False
    if not wanted.looks_inside:
        return True
    head, _, message = text.partition(b"\n\n")
    _, author, date = (*head.split(b"\n", 3), b"", b"")[:3]
    try:
        seconds = float(date.split(b" ", 1)[0])
    except ValueError:
        seconds = 0.0
    return matcher.fits(seconds, author, message)


def _commits(repo: Any, numbers: Iterable[int]) -> tuple[Any, ...]:
    return tuple(commit_at(repo, number) for number in numbers)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise Invalid("This address does not say where in the history to go on.", hint="Begin again with the newest commits.")
    return int(text)
