"""Counts the histories of repositories, a piece at a time, so that it can go on where it stopped.

What is counted is closed: with a commit, everything in the count that comes from it. So what is left are the ancestors of
the edge, and the edge is all that has to be remembered.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing, suppress

from kallithea.jobs.tools import JobTools
from kallithea.lib.vcs import (
    Backend,
    CommitId,
    CommitNotFound,
    CountedCommit,
    MaintenanceFailed,
    MaintenanceStopped,
    StopSignal,
)
from kallithea.services.commits import every_head
from kallithea.services.jobs import Claim
from kallithea.services.repositories import Place
from kallithea.services.tally import EndingCount, Tally, counts_of, endings_of, latest_week

PIECE = 20_000
"""Commits after which what was counted is written down."""
PIECE_SECONDS = 15.0
MOST = 10**9
BREATH, EACH = 0.01, 500
"""Seconds of rest after so many commits: counting in this process takes turns with pages."""


def count_statistics(tools: JobTools, claim: Claim, stop: StopSignal) -> str:
    """Count what came to one repository since the last time; its number is the subject."""
    number = int(claim.subject)
    with tools.scope() as scope:
        place = scope.repositories.place_of(number)
        tally = scope.statistics.tally(number) if place else Tally()
    if place is None:
        return "the repository is gone"
    return _Count(tools, place, tally, stop).run()


def count_missing(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Ask for the first counts of repositories that nobody pushes to."""
    with tools.scope() as scope:
        return f"{scope.statistics.ask_for_missing()} first counts asked for"


class _Count:
    """One count of one repository."""

    def __init__(self, tools: JobTools, place: Place, tally: Tally, stop: StopSignal) -> None:
        self._tools = tools
        self._place = place
        self._stop = stop
        self._tally = tally
        self._backend: Backend = tools.vault.open(place.kind, place.location)

    def run(self) -> str:
        before = self._tally.commits
        heads = sorted(one.hex for one in every_head(self._backend.reader.refs()))
        if self._tally.frontier and self._can_go_on(heads):
            self._count()
        self._aim(heads)
        self._count()
        return f"{self._tally.commits - before} commits counted, {self._tally.commits} in all"

    def _can_go_on(self, heads: list[str]) -> bool:
        """Whether a count that was cut off is still about this history."""
        tally = self._tally
        return self._are_there(tally.frontier + tally.base) and self._keeps(tally.goal, heads)

    def _aim(self, heads: list[str]) -> None:
        """Count from where the last count ended up to these heads, or anew where it did not end or commits went away."""
        tally = self._tally
        if not tally.frontier and tally.heads and self._keeps(tally.heads, heads):
            tally.base, tally.goal, tally.frontier = tally.heads, heads, [one for one in heads if one not in tally.heads]
        else:
            self._tally = Tally(goal=heads, frontier=heads)

    def _count(self) -> None:
        """Count up to the goal."""
        expected = self._backend.reader.count([CommitId(one) for one in self._tally.goal], limit=MOST)
        while self._tally.frontier:
            self._count_piece()
            if self._tally.frontier:
                self._keep(expected)
        self._tally.heads, self._tally.base, self._tally.goal = self._tally.goal, [], []
        self._keep(self._tally.commits)

    def _keeps(self, counted: list[str], heads: list[str]) -> bool:
        """Whether all that comes before `counted` also comes before `heads`; a push with force, or a strip, drops some."""
        if not self._are_there(counted):
            return False
        with suppress(MaintenanceFailed), closing(self._walk(counted, heads)) as dropped:
            return next(dropped, None) is None
        return False

    def _are_there(self, ids: list[str]) -> bool:
        try:
            for one in ids:
                self._backend.reader.commit(CommitId(one))
        except CommitNotFound:
            return False
        return True

    def _count_piece(self) -> None:
        """Count some of what is left, and put the edge behind it."""
        tally, week = self._tally, latest_week(self._tools.clock())
        edge = dict.fromkeys(tally.frontier)
        seen: set[str] = set()
        ends = time.monotonic() + PIECE_SECONDS
        with closing(self._walk(tally.frontier, tally.base)) as commits:
            for number, commit in enumerate(commits, start=1):
                tally.add(commit, latest_week=week)
                edge.pop(commit.id, None)
                seen.add(commit.id)
                edge.update(dict.fromkeys(parent for parent in commit.parents if parent not in seen))
                if number % EACH == 0:
                    self._rest()
                if number >= PIECE or time.monotonic() > ends:
                    break
            else:
                edge = {}
        tally.frontier = list(edge)

    def _rest(self) -> None:
        if self._stop.wait(BREATH):
            raise MaintenanceStopped("Counting was stopped.")

    def _walk(self, heads: list[str], excluding: list[str]) -> Generator[CountedCommit, None, None]:
        ids, left_out = [CommitId(one) for one in heads], [CommitId(one) for one in excluding]
        yield from self._backend.counter.commits(ids, excluding=left_out, stop=self._stop)

    def _keep(self, expected: int) -> None:
        endings = () if self._tally.frontier else self._endings()
        counts = counts_of(self._tally, endings, self._tools.vault.mailmap(self._place.kind, self._place.location))
        with self._tools.scope() as scope:
            if scope.repositories.place_of(self._place.id) is not None:
                scope.statistics.keep(self._place.id, self._tally, counts, expected=expected)

    def _endings(self) -> tuple[EndingCount, ...]:
        try:
            tip = self._backend.reader.resolve("")
        except CommitNotFound:
            return ()
        return endings_of(self._backend.counter.sizes(tip.id, stop=self._stop))
