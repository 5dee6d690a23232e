"""A clock that goes wrong is named at the start; everybody works on meanwhile, and all is well when it is right again."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy.orm import sessionmaker

from kallithea.config import clocks, database
from kallithea.jobs.table import KINDS
from kallithea.lib.errors import Unauthenticated
from kallithea.services.actors import Credentials, Member, NamePassword, Origin, SessionToken
from kallithea.services.jobs import FARTHEST, JobClaims, JobState
from tests.services.conftest import FakeClock, Ledger

RIGHT = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
WRONG = {"behind": datetime(1971, 1, 1, tzinfo=timezone.utc), "ahead": datetime(2400, 1, 1, tzinfo=timezone.utc)}
wrong_both_ways = pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
HERE = Origin("192.0.2.1", "a browser", "http")


def session_of(ledger: Ledger, member: Member) -> Credentials:
    with ledger.app.scope(Credentials(origin=HERE), writes=True) as scope:
        return Credentials(SessionToken(scope.accounts.start_session(member, HERE, remember=False)[0]), HERE)


def name_of(ledger: Ledger, credentials: Credentials) -> str:
    with ledger.app.scope(credentials) as scope:
        assert isinstance(scope.actor, Member)
        return scope.actor.name


@wrong_both_ways
def test_people_sign_in_and_work_meanwhile_and_afterwards(ledger: Ledger, clock: FakeClock, wrong: datetime) -> None:
    alice = ledger.user("alice")

    for now in (wrong, RIGHT):
        clock.now = now
        with pytest.raises(Unauthenticated):
            name_of(ledger, Credentials(NamePassword("alice", "wrong"), HERE))
        assert name_of(ledger, session_of(ledger, alice)) == "alice"
        ledger.repository(f"shop{now.year}", alice)


def test_a_clock_that_is_behind_ends_no_session(ledger: Ledger, clock: FakeClock) -> None:
    before = session_of(ledger, ledger.user("alice"))

    for now in (WRONG["behind"], RIGHT + timedelta(hours=1)):
        clock.now = now
        assert name_of(ledger, before) == "alice"


@wrong_both_ways
@pytest.mark.parametrize("is_running", [False, True])
def test_jobs_go_on_when_the_clock_is_right_again(ledger: Ledger, clock: FakeClock, wrong: datetime, is_running: bool) -> None:
    engine = ledger.app.engine
    claims = JobClaims(sessionmaker(engine), sessionmaker(database.writing(engine)), clock)
    clock.now = wrong
    with ledger.app.system_scope() as scope:
        scope.jobs.expect("work")
    [(number, _)] = claims.due(["work"])
    claim = claims.claim(number, "worker", place="disk")
    assert claim is not None
    if not is_running:
        claims.done(claim, "fine", every=timedelta(hours=1))
    clock.now = RIGHT

    with ledger.app.system_scope() as scope:
        assert scope.jobs.all()[0].state is JobState.WAITING
    assert [key for _, key in claims.due(["work"])] == ["work"]
    assert claims.claim(number, "other", place="disk") is not None


def test_no_job_comes_by_itself_so_seldom_that_it_looks_like_a_wrong_clock() -> None:
    assert all(kind.every is None or kind.every < FARTHEST for kind in KINDS.values())


def test_the_start_names_a_clock_that_is_behind(ledger: Ledger, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    session_of(ledger, ledger.user("alice"))
    with caplog.at_level(logging.WARNING):
        clocks.tell_doubts(ledger.app.engine, RIGHT + timedelta(seconds=-60))
        assert not caplog.messages

        clocks.tell_doubts(ledger.app.engine, WRONG["behind"])

    (said,) = caplog.messages
    assert "says 1971-01-01 00:00, but something happened at 2026-01-01 12:00 (UTC)" in said
    assert "timedatectl" in said


def test_a_clock_that_was_ahead_once_is_not_held_against_it(
    ledger: Ledger, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    alice = ledger.user("alice")
    clock.now = WRONG["ahead"]
    session_of(ledger, alice)
    clock.now = RIGHT
    session_of(ledger, alice)

    with caplog.at_level(logging.WARNING):
        clocks.tell_doubts(ledger.app.engine, RIGHT)

    assert not caplog.messages


def test_looking_at_the_clock_waits_for_no_writer(ledger: Ledger) -> None:
    with ledger.app.system_scope():
        began = time.monotonic()
        clocks.tell_doubts(ledger.app.engine, RIGHT)

        assert time.monotonic() - began < database.BUSY_TIMEOUT / 2
