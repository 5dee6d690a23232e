"""The statistics of repositories: kept in the ledger, counted by a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from kallithea.lib.clock import Clock
from kallithea.model import READY, Repository, Statistics
from kallithea.services.access.grants import ReadGrant, RepositoryFacts
from kallithea.services.jobs import JobFacts, Jobs
from kallithea.services.tally import Counts, Tally

COUNT = "count-statistics"
"""The kind of job that counts; its subject is the repository's number."""

ASKED_AT_ONCE = 100
"""Repositories whose first count is asked for in one go: what else keeps the disk busy comes in between."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The statistics of a repository as far as counting has come; `counts` is None before anything was counted."""

    counts: Counts | None
    counted: int
    expected: int
    at: datetime | None
    job: JobFacts | None

    @property
    def is_complete(self) -> bool:
        return self.counts is not None and self.counted >= self.expected


class StatisticsBook:
    """Reads and writes what was counted."""

    def __init__(self, session: Session, *, jobs: Jobs, clock: Clock) -> None:
        self._session = session
        self._jobs = jobs
        self._clock = clock

    def of(self, grant: ReadGrant[RepositoryFacts]) -> Counted:
        """What is known of a repository."""
        number = grant.target.id
        row = self._session.scalar(select(Statistics).where(Statistics.repository_id == number))
        job = self._jobs.find(f"{COUNT}:{number}")
        if row is None:
            return Counted(None, 0, 0, None, job)
        return Counted(Counts.unpacked(row.shown), row.counted, row.expected, row.counted_at, job)

    def ask_for_missing(self) -> int:
        """Have repositories counted that nobody has pushed to since there are statistics; how many, not too many at once."""
        unknown = ~select(Statistics.id).where(Statistics.repository_id == Repository.id).exists()
        statement = select(Repository.id).where(Repository.state == READY, unknown).order_by(Repository.id).limit(ASKED_AT_ONCE)
        numbers = self._session.scalars(statement).all()
        for number in numbers:
            self._jobs.ask(f"{COUNT}:{number}")
        return len(numbers)

    def tally(self, repository_id: int) -> Tally:
        """What counting goes on from."""
        statement = select(Statistics).where(Statistics.repository_id == repository_id).options(undefer(Statistics.tally))
        row = self._session.scalar(statement)
        return Tally() if row is None else Tally.unpacked(row.tally)

    def keep(self, repository_id: int, tally: Tally, counts: Counts, *, expected: int) -> None:
        """Write down how far counting has come."""
        row = self._session.scalar(select(Statistics).where(Statistics.repository_id == repository_id))
        if row is None:
            row = Statistics(repository_id=repository_id)
            self._session.add(row)
        row.counted_at = self._clock()
        row.counted, row.expected = tally.commits, expected
        row.tally, row.shown = tally.packed(), counts.packed()
        self._session.flush()

    def forget(self, repository_id: int) -> None:
        """Have everything counted anew."""
        self._session.execute(delete(Statistics).where(Statistics.repository_id == repository_id))
        self._jobs.ask(f"{COUNT}:{repository_id}")
