"""Jobs: asked for in the transaction that causes them, claimed by one worker at a time, tried again when they fail."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, and_, case, delete, func, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.lib.errors import NotFound
from kallithea.model import Job, UtcDateTime
from kallithea.services.audit import Audit, Target

MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=5)
"""How long a worker is believed to live that says nothing; longer than clocks of machines differ."""
FARTHEST = timedelta(days=2)
"""No job is due later than this: what is, was written while a clock was ahead."""
CANDIDATES = 20
"""How many due jobs a worker looks at: others may be faster at the first ones."""
LONGEST_TEXT = 2000


class JobState(enum.Enum):
    """How a job is doing, in the word that administrators see."""

    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    """It failed and is tried no more, until somebody asks for it again."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class JobFacts:
    """One job, as it is listed."""

    key: str
    state: JobState
    due_at: datetime | None
    attempts: int
    worker: str | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do one job until the lease ends."""

    job_id: int
    key: str
    asked: int
    attempt: int
    worker: str

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]

    @property
    def subject(self) -> str:
        """What is behind the kind, such as the number of a repository."""
        return self.key.partition(":")[2]


class Jobs:
    """Asks for jobs and looks at them, inside a unit of work."""

    def __init__(self, session: Session, *, audit: Audit, clock: Clock) -> None:
        self._session = session
        self._audit = audit
        self._clock = clock

    def ask(self, key: str, *, after: timedelta = timedelta()) -> None:
        """Have a job done once this transaction holds. A job that waits already keeps its time if that is earlier, and after a
        failure in any case; one that runs is done again."""
        now = self._clock()
        wanted = _moment(now + after)
        waits_for_its_turn = and_(Job.error.is_(None), Job.due_at > wanted)
        first = {"key": key, "asked": 1, "asked_at": now, "due_at": now + after, "attempts": 0}
        # In this order: MySQL computes each value from those before it.
        again = {
            "asked": Job.asked + 1,
            "asked_at": now,
            "attempts": case((Job.due_at.is_(None), 0), else_=Job.attempts),
            "due_at": case((waits_for_its_turn, wanted), else_=func.coalesce(Job.due_at, wanted)),
        }
        self._session.execute(_upsert(self._session.get_bind().dialect.name, first, again))

    def expect(self, key: str) -> None:
        """See to it that a job that comes again and again has its row, due at once if it is new."""
        if self._session.scalar(select(Job.id).where(Job.key == key)) is None:
            self.ask(key)

    def again(self, key: str) -> None:
        """Have a job tried now, whatever became of it. Raises NotFound."""
        row = self._session.scalar(select(Job).where(Job.key == key))
        if row is None:
            raise NotFound(f"There is no job {key}.", hint="kallithea-cli job-list shows all of them.")
        row.asked += 1
        row.asked_at = row.due_at = self._clock()
        row.attempts = 0
        self._audit.record("job.retry", Target("job", row.id, key))

    def find(self, key: str) -> JobFacts | None:
        """How one job is doing; None if nobody asked for it, or it ended long ago."""
        row = self._session.scalar(select(Job).where(Job.key == key))
        return None if row is None else _facts(row, self._clock())

    def all(self) -> Sequence[JobFacts]:
        """Every job: what runs and what fails first, then by when it is due or ended."""
        now = self._clock()
        found = [_facts(row, now) for row in self._session.scalars(select(Job).order_by(Job.due_at, Job.ended_at.desc()))]
        order = list(JobState)
        return sorted(found, key=lambda job: order.index(job.state))

    def first(self, state: JobState, limit: int) -> Sequence[JobFacts]:
        """The first jobs in a state: by when they are due, or those that ended last."""
        now = self._clock()
        statement = select(Job).where(_state_of(now) == state.value).order_by(Job.due_at, Job.ended_at.desc()).limit(limit)
        return [_facts(row, now) for row in self._session.scalars(statement)]

    def retry_failed(self) -> Sequence[str]:
        """Have all jobs tried now that are tried no more; their keys."""
        failed = self._session.scalars(select(Job.key).where(_state_of(self._clock()) == JobState.FAILED.value)).all()
        for key in failed:
            self.again(key)
        return failed

    def counts(self) -> Mapping[JobState, int]:
        """How many jobs there are in each state, in one statement."""
        state = _state_of(self._clock())
        rows = self._session.execute(select(state, func.count()).group_by(state)).all()
        counted = {JobState(word): number for word, number in rows}
        return {state: counted.get(state, 0) for state in JobState}


def _state_of(now: datetime) -> Any:
    """The state of a job as the database sees it."""
    return case(
        (and_(Job.worker.is_not(None), Job.leased_until > now), JobState.RUNNING.value),
        (Job.due_at.is_not(None), JobState.WAITING.value),
        (Job.error.is_not(None), JobState.FAILED.value),
        else_=JobState.DONE.value,
    )


class JobClaims:
    """Hands each due job to one worker. Every change is its own transaction, so that all workers see it at once."""

    def __init__(self, reading: sessionmaker[Session], own_transaction: sessionmaker[Session], clock: Clock) -> None:
        self._reading = reading
        self._own_transaction = own_transaction
        self._clock = clock

    def due(self, kinds: Sequence[str]) -> Sequence[tuple[int, str]]:
        """The numbers and keys of jobs of these kinds that wait for a worker, the longest waiting first."""
        now = self._clock()
        of_kinds = or_(*(or_(Job.key == kind, Job.key.startswith(f"{kind}:", autoescape=True)) for kind in kinds))
        statement = select(Job.id, Job.key).where(_is_free(now), of_kinds).order_by(Job.due_at, Job.id).limit(CANDIDATES)
        with self._reading() as session:
            return [(row.id, row.key) for row in session.execute(statement)]

    def claim(self, job_id: int, worker: str, *, place: str | None = None) -> Claim | None:
        """The right to do a job; None if somebody else has it, or takes the place of which there is one."""
        now = self._clock()
        try:
            with self._own_transaction.begin() as session:
                if place is not None:
                    # Who died at work does not keep the place.
                    gone = and_(Job.place == place, _lease_is_over(now))
                    session.execute(update(Job).where(gone).values(place=None, worker=None, leased_until=None))
                taken = session.execute(
                    update(Job)
                    .where(Job.id == job_id, _is_free(now))
                    .values(worker=worker, leased_until=now + LEASE, place=place, attempts=Job.attempts + 1, started_at=now)
                )
                if _count(taken) != 1:
                    return None
                row = session.get_one(Job, job_id)
                return Claim(row.id, row.key, row.asked, row.attempts, worker)
        except IntegrityError:
            return None  # the place is taken

    def renew(self, claim: Claim) -> bool:
        """Go on for another lease; False if the job was given to somebody else meanwhile."""
        with self._own_transaction.begin() as session:
            return _count(session.execute(_of(claim).values(leased_until=self._clock() + LEASE))) == 1

    def done(self, claim: Claim, outcome: str, *, every: timedelta | None = None) -> None:
        """It ended well. It is due again after `every`, or at once if it was asked for meanwhile."""
        now = self._clock()
        again_at = None if every is None else now + every
        ended = {
            **_FREE,
            "attempts": 0,
            "ended_at": now,
            "outcome": outcome[:LONGEST_TEXT],
            "error": None,
            "due_at": case((Job.asked == claim.asked, _moment(again_at)), else_=_moment(now)),
        }
        with self._own_transaction.begin() as session:
            session.execute(_of(claim).values(ended))

    def failed(self, claim: Claim, error: str, *, every: timedelta | None = None) -> None:
        """It went wrong: try again after a pause that doubles, in the end not before somebody asks, or `every` has passed."""
        now = self._clock()
        is_last = claim.attempt >= MOST_ATTEMPTS
        pause = every if is_last else min(FIRST_PAUSE * 2 ** (claim.attempt - 1), LONGEST_PAUSE)
        ended = {**_FREE, "ended_at": now, "error": error[:LONGEST_TEXT], "due_at": None if pause is None else now + pause}
        if is_last and every is not None:
            ended["attempts"] = 0  # what comes by itself is begun afresh, or it would fail for ever without being tried
        with self._own_transaction.begin() as session:
            session.execute(_of(claim).values(ended))

    def give_back(self, claim: Claim) -> None:
        """It was not the job's fault that it did not end: due at once, for any worker, and the attempt does not count."""
        with self._own_transaction.begin() as session:
            session.execute(_of(claim).values({**_FREE, "attempts": Job.attempts - 1, "due_at": self._clock()}))

    def forget_ended(self, *, done_for: timedelta, failed_for: timedelta) -> int:
        """Delete the rows of jobs that ended so long ago and are not due again; how many."""
        now = self._clock()
        over = Job.due_at.is_(None)
        long_done = and_(Job.error.is_(None), Job.ended_at < now - done_for)
        long_failed = and_(Job.error.is_not(None), Job.ended_at < now - failed_for)
        with self._own_transaction.begin() as session:
            return _count(session.execute(delete(Job).where(over, or_(long_done, long_failed))))


_FREE: Mapping[str, Any] = {"worker": None, "leased_until": None, "place": None}


def _moment(when: datetime | None) -> Any:
    """A moment inside an expression, where its column cannot say how it is kept."""
    return literal(when, UtcDateTime())


def _is_free(now: datetime) -> Any:
    is_due = or_(Job.due_at <= now, Job.due_at > now + FARTHEST)
    return and_(is_due, or_(Job.leased_until.is_(None), _lease_is_over(now)))


def _lease_is_over(now: datetime) -> Any:
    # Nobody gets a lease of twice the time: one that seems to have it is from a clock that was ahead.
    return or_(Job.leased_until <= now, Job.leased_until > now + 2 * LEASE)


def _of(claim: Claim) -> Any:
    return update(Job).where(Job.id == claim.job_id, Job.worker == claim.worker)


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def _upsert(dialect: str, first: Mapping[str, Any], again: Mapping[str, Any]) -> Any:
    """Insert the row, or change the one that is there: one statement, so that two who ask at once neither fail nor wait."""
    # Imported here: a server uses one of the three, and each costs its start a twentieth of a second.
    if dialect in ("mysql", "mariadb"):
        from sqlalchemy.dialects import mysql

        return mysql.insert(Job).values(first).on_duplicate_key_update([*again.items()])
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        insert: Any = postgresql.insert(Job)
    else:
        from sqlalchemy.dialects import sqlite

        insert = sqlite.insert(Job)
    return insert.values(first).on_conflict_do_update(index_elements=[Job.key], set_=again)


def _facts(row: Job, now: datetime) -> JobFacts:
    return JobFacts(
        key=row.key,
        state=_state(row, now),
        due_at=row.due_at,
        attempts=row.attempts,
        worker=row.worker,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        error=row.error,
    )


def _state(row: Job, now: datetime) -> JobState:
    if row.worker is not None and row.leased_until is not None and now < row.leased_until <= now + 2 * LEASE:
        return JobState.RUNNING
    if row.due_at is not None:
        return JobState.WAITING
    return JobState.DONE if row.error is None else JobState.FAILED
