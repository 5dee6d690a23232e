"""Asking for jobs, claiming them, and what becomes of them."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import sessionmaker

from kallithea.config import database
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import NotFound
from kallithea.services.jobs import LEASE, MOST_ATTEMPTS, Claim, JobClaims, JobFacts, JobState
from tests.services.conftest import FakeClock, Ledger


@pytest.fixture(name="claims")
def _claims(ledger: Ledger, clock: FakeClock) -> JobClaims:
    engine = ledger.app.engine
    return JobClaims(sessionmaker(engine), sessionmaker(database.writing(engine)), clock)


def claims_of(url: str, clock: object) -> JobClaims:
    engine = database.make_engine(url)
    return JobClaims(sessionmaker(engine), sessionmaker(database.writing(engine)), clock)


def ask(ledger: Ledger, *keys: str, after: timedelta = timedelta()) -> None:
    with ledger.app.system_scope() as scope:
        for key in keys:
            scope.jobs.ask(key, after=after)


def only(ledger: Ledger) -> JobFacts:
    with ledger.app.system_scope() as scope:
        (job,) = scope.jobs.all()
    return job


def taken(claims: JobClaims, kind: str = "work", *, place: str | None = None, worker: str = "me") -> Claim | None:
    """The first due job, claimed."""
    return next((claim for number, _ in claims.due([kind]) if (claim := claims.claim(number, worker, place=place))), None)


def certainly(claim: Claim | None) -> Claim:
    assert claim is not None
    return claim


def test_what_is_asked_for_in_a_transaction_that_fails_is_never_done(ledger: Ledger, claims: JobClaims) -> None:
    with ledger.app.system_scope() as scope:
        scope.jobs.ask("work:1")
        scope.abandoned = True

    assert claims.due(["work"]) == []


def test_ten_who_ask_are_one_job(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, *["work:1"] * 10)

    claims.done(certainly(taken(claims)), "fine")

    assert taken(claims) is None
    assert only(ledger).state is JobState.DONE


def test_a_job_that_waits_keeps_its_time_when_it_is_asked_for_again(
    ledger: Ledger, clock: FakeClock, claims: JobClaims
) -> None:
    ask(ledger, "work:1", after=timedelta(seconds=60))
    clock.advance(seconds=59)
    ask(ledger, "work:1", after=timedelta(seconds=60))
    assert taken(claims) is None

    clock.advance(seconds=1)

    assert taken(claims) is not None


def test_a_job_asked_for_while_it_runs_is_done_once_more(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    claim = certainly(taken(claims))
    ask(ledger, "work:1")
    assert taken(claims) is None

    claims.done(claim, "fine")
    claims.done(certainly(taken(claims)), "fine")

    assert taken(claims) is None


def test_kinds_whose_names_begin_alike_are_told_apart(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, "work-hard", "work_1", "work")

    assert [key for _, key in claims.due(["work"])] == ["work"]


def test_a_failed_job_is_tried_again_after_pauses_that_grow(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    pauses = []
    while claim := taken(claims):
        claims.failed(claim, f"failure {claim.attempt}")
        due = only(ledger).due_at
        if due is None:
            break
        pauses.append(int((due - clock()).total_seconds()) // 60)
        clock.now = due

    assert pauses == [1, 2, 4, 8, 16, 32, 60]
    assert (only(ledger).state, only(ledger).error) == (JobState.FAILED, f"failure {MOST_ATTEMPTS}")


def test_a_job_that_was_given_up_begins_anew_when_it_is_asked_for(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    for _ in range(MOST_ATTEMPTS):
        claims.failed(certainly(taken(claims)), "no")
        clock.advance(hours=1)
    assert taken(claims) is None

    ask(ledger, "work:1")

    assert certainly(taken(claims)).attempt == 1


def test_a_failure_is_forgotten_when_the_job_ends_well(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    claims.failed(certainly(taken(claims)), "no")
    clock.advance(minutes=1)

    claims.done(certainly(taken(claims)), "packed")

    assert (only(ledger).error, only(ledger).outcome, only(ledger).attempts) == (None, "packed", 0)


def test_a_worker_that_died_loses_its_job_to_another(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    dead = certainly(taken(claims, worker="dead"))
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert taken(claims, worker="other") is None

    clock.advance(seconds=1)

    assert certainly(taken(claims, worker="other")).attempt == 2
    assert not claims.renew(dead)


def test_a_worker_that_says_it_lives_keeps_its_job(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    claim = certainly(taken(claims))
    clock.advance(seconds=LEASE.total_seconds() - 1)

    assert claims.renew(claim)

    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert taken(claims, worker="other") is None


def test_what_a_worker_that_lost_its_job_says_counts_nothing(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    late = certainly(taken(claims, worker="late"))
    clock.advance(seconds=LEASE.total_seconds())
    certainly(taken(claims, worker="other"))

    claims.done(late, "fine")

    assert (only(ledger).state, only(ledger).worker) == (JobState.RUNNING, "other")


def test_a_job_that_was_given_back_is_due_at_once_and_lost_no_attempt(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, "work:1")

    claims.give_back(certainly(taken(claims)))

    assert certainly(taken(claims)).attempt == 1


def test_of_jobs_for_one_place_only_one_runs(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, "work:1", "work:2")
    first = certainly(taken(claims, place="disk"))
    assert taken(claims, place="disk", worker="other") is None

    claims.done(first, "fine")

    assert certainly(taken(claims, place="disk", worker="other")).key == "work:2"


def test_who_died_at_work_does_not_keep_the_place(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:1")
    certainly(taken(claims, place="disk", worker="dead"))
    ask(ledger, "work:2")

    clock.advance(seconds=LEASE.total_seconds())

    assert taken(claims, place="disk", worker="other") is not None


def test_a_job_that_comes_again_and_again_is_due_after_its_time(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    with ledger.app.system_scope() as scope:
        scope.jobs.expect("work")
        scope.jobs.expect("work")

    claims.done(certainly(taken(claims)), "fine", every=timedelta(hours=1))

    assert only(ledger).due_at == clock() + timedelta(hours=1)


def test_a_job_that_comes_again_and_again_is_never_given_up(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work")
    for _ in range(3 * MOST_ATTEMPTS):
        claims.failed(certainly(taken(claims)), "no", every=timedelta(hours=6))
        clock.advance(hours=6)

    assert taken(claims) is not None


def test_administrators_have_a_job_tried_now(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, "work:1", after=timedelta(days=1))

    with ledger.app.system_scope() as scope:
        scope.jobs.again("work:1")

    assert taken(claims) is not None


def test_a_job_that_there_is_not_cannot_be_tried(ledger: Ledger) -> None:
    with pytest.raises(NotFound), ledger.app.system_scope() as scope:
        scope.jobs.again("work:1")


def test_jobs_are_counted_by_state(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:done", "work:failed", "work:runs")
    for _ in range(MOST_ATTEMPTS):
        claims.failed(certainly(taken(claims, "work:failed")), "no")
        clock.advance(hours=1)
    claims.done(certainly(taken(claims, "work:done")), "fine")
    certainly(taken(claims, "work:runs"))
    ask(ledger, "work:waits")

    with ledger.app.system_scope() as scope:
        counted = scope.jobs.counts()
        listed = [job.state for job in scope.jobs.all()]

    assert counted == dict.fromkeys(JobState, 1)
    assert sorted(listed, key=list(JobState).index) == list(JobState)


def test_ended_jobs_are_forgotten_after_a_while(ledger: Ledger, clock: FakeClock, claims: JobClaims) -> None:
    ask(ledger, "work:old")
    claims.done(certainly(taken(claims)), "fine")
    clock.advance(days=8)
    ask(ledger, "work:young")
    claims.done(certainly(taken(claims)), "fine")
    ask(ledger, "work:waits", after=timedelta(days=1))
    week = timedelta(days=7)

    gone = claims.forget_ended(done_for=week, failed_for=week)

    with ledger.app.system_scope() as scope:
        assert (gone, {job.key for job in scope.jobs.all()}) == (1, {"work:young", "work:waits"})


def claim_all(url: str, name: str, found: Any, start: Any) -> None:
    """Claim and end jobs until there are none; tell which."""
    claims = claims_of(url, utc_now)
    start.wait(60)
    mine: list[str] = []
    while claim := taken(claims, worker=name):
        mine.append(claim.key)
        claims.done(claim, name)
    found.put(mine)


def test_two_processes_never_do_the_same_job(ledger: Ledger) -> None:
    keys = [f"work:{number}" for number in range(40)]
    ask(ledger, *keys)
    spawned = multiprocessing.get_context("spawn")
    found, start = spawned.Queue(), spawned.Event()
    url = ledger.app.settings.sqlalchemy_url
    workers = [spawned.Process(target=claim_all, args=(url, f"worker{n}", found, start)) for n in range(2)]
    for worker in workers:
        worker.start()

    start.set()

    done = [found.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert sorted(key for mine in done for key in mine) == sorted(keys)


def test_a_job_that_waits_for_its_turn_is_done_when_it_is_asked_for(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, "work")
    claims.done(certainly(taken(claims)), "done", every=timedelta(hours=1))
    assert claims.due(["work"]) == []

    ask(ledger, "work")

    assert len(claims.due(["work"])) == 1


def test_a_job_that_failed_keeps_its_pause_whoever_asks(ledger: Ledger, claims: JobClaims) -> None:
    ask(ledger, "work")
    claims.failed(certainly(taken(claims)), "no", every=timedelta(hours=1))

    ask(ledger, "work")

    assert claims.due(["work"]) == []


def test_a_job_that_comes_by_itself_is_tried_however_often_it_failed(
    ledger: Ledger, claims: JobClaims, clock: FakeClock
) -> None:
    ask(ledger, "work")
    attempts = []
    for _ in range(2 * MOST_ATTEMPTS):
        claim = certainly(taken(claims))
        attempts.append(claim.attempt)
        claims.failed(claim, "no", every=timedelta(hours=1))
        clock.advance(hours=1)

    assert attempts == [*range(1, MOST_ATTEMPTS + 1)] * 2
