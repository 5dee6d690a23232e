"""Jobs are done by workers: what each kind does, what becomes of failures, and how workers begin and end."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from kallithea.jobs.embedded import EmbeddedWorkers
from kallithea.jobs.table import BY_THEMSELVES, KINDS
from kallithea.jobs.worker import Worker
from kallithea.lib.vcs import Kind
from kallithea.lib.vcs.locks import maintenance_lock
from kallithea.services.actors import Member, Origin
from kallithea.services.jobs import JobFacts, JobState
from kallithea.services.pushes import CALM, MAINTAIN
from tests.services.conftest import FakeClock, Ledger

PATIENCE = 120.0


@pytest.fixture(name="worker")
def _worker(ledger: Ledger) -> Worker:
    return Worker(ledger.app.job_tools(), list(KINDS))


def ask(ledger: Ledger, key: str) -> None:
    with ledger.app.system_scope() as scope:
        scope.jobs.ask(key)


def job(ledger: Ledger, key: str) -> JobFacts | None:
    with ledger.app.system_scope() as scope:
        return next((job for job in scope.jobs.all() if job.key == key), None)


def known(ledger: Ledger, key: str) -> JobFacts:
    found = job(ledger, key)
    assert found is not None
    return found


def all_done(worker: Worker) -> None:
    while worker.run_one():
        pass


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def pushed(ledger: Ledger, path: str) -> int:
    """Enter a push in the ledger, as the wire does; the repository's number."""
    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(path))
        scope.pushes.record(grant, (), Origin("127.0.0.1", "a client", "http"))
        return grant.target.id


@pytest.mark.parametrize("kind", ["hg", "git"])
def test_a_push_has_its_repository_looked_after_a_little_later(
    ledger: Ledger, admin: Member, clock: FakeClock, worker: Worker, kind: str
) -> None:
    ledger.repository("shop", admin, kind=kind)
    number = pushed(ledger, "shop")
    assert not worker.run_one()

    clock.advance(seconds=CALM.total_seconds())
    all_done(worker)

    assert known(ledger, f"{MAINTAIN}:{number}").state is JobState.DONE


def test_a_repository_that_is_gone_needs_nothing(ledger: Ledger, worker: Worker) -> None:
    ask(ledger, f"{MAINTAIN}:4711")

    all_done(worker)

    assert known(ledger, f"{MAINTAIN}:4711").outcome == "the repository is gone"


def test_a_job_that_fails_says_why_and_waits(ledger: Ledger, admin: Member, worker: Worker) -> None:
    number = ledger.repository("shop", admin)
    with ledger.app.system_scope() as scope:
        place = scope.repositories.place_of(number)
    assert place is not None
    ask(ledger, f"{MAINTAIN}:{number}")

    with maintenance_lock(ledger.app.vault.open(Kind.GIT, place.location).path):
        all_done(worker)

    failed = known(ledger, f"{MAINTAIN}:{number}")
    assert (failed.state, failed.attempts) == (JobState.WAITING, 1)
    assert "Somebody else" in (failed.error or "")


def test_a_defect_in_one_job_does_not_keep_others_from_being_done(ledger: Ledger, worker: Worker) -> None:
    ask(ledger, f"{MAINTAIN}:not-a-number")
    ask(ledger, "clean-files")

    all_done(worker)

    assert "incident" in (known(ledger, f"{MAINTAIN}:not-a-number").error or "")
    assert known(ledger, "clean-files").error is None


def test_jobs_that_come_by_themselves_come_again(ledger: Ledger, clock: FakeClock, worker: Worker) -> None:
    worker.expect()
    all_done(worker)
    ended = {key: known(ledger, key) for key in BY_THEMSELVES}

    assert {key: found.error for key, found in ended.items()} == dict.fromkeys(BY_THEMSELVES)
    assert {key: found.due_at for key, found in ended.items()} == {
        key: clock() + (KINDS[key].every or timedelta()) for key in BY_THEMSELVES
    }


def test_expired_sessions_are_deleted(ledger: Ledger, admin: Member, clock: FakeClock, worker: Worker) -> None:
    with ledger.app.system_scope() as scope:
        scope.accounts.start_session(admin, Origin("127.0.0.1", "a browser", "http"), remember=False)
    clock.advance(days=1)
    ask(ledger, "clean-sessions")

    all_done(worker)

    assert known(ledger, "clean-sessions").outcome == "1 expired sessions deleted"


def test_abandoned_files_are_removed_and_young_ones_stay(ledger: Ledger, worker: Worker) -> None:
    incoming = ledger.app.settings.cache_dir / "hg/incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    for name in ("old", "young"):
        (incoming / name).touch()
    os.utime(incoming / "old", (1, 1))
    ask(ledger, "clean-files")

    all_done(worker)

    assert [path.name for path in incoming.iterdir()] == ["young"]


def deleted(ledger: Ledger, path: str) -> None:
    with ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at(path)))


@pytest.mark.parametrize("days", [None, 30])
def test_deleted_repositories_are_purged_if_the_settings_say_when(
    ledger: Ledger, admin: Member, clock: FakeClock, days: int | None
) -> None:
    for path in ("old", "young"):
        ledger.repository(path, admin)
    deleted(ledger, "old")
    clock.advance(days=30)
    deleted(ledger, "young")
    object.__setattr__(ledger.app.settings, "purge_deleted_after", days or 0)
    ask(ledger, "purge-deleted")

    all_done(Worker(ledger.app.job_tools(), list(KINDS)))

    assert [found.path for found in ledger.app.vault.discarded()] == (["young"] if days else ["old", "young"])
    with ledger.app.system_scope() as scope:
        purged = [entry.target_name for entry in scope.audit.latest() if entry.action == "repository.purge"]
    assert purged == (["old"] if days else [])


def test_a_worker_that_shall_end_gives_its_job_back(ledger: Ledger, admin: Member) -> None:
    number = ledger.repository("shop", admin)
    ask(ledger, f"{MAINTAIN}:{number}")
    worker = Worker(ledger.app.job_tools(), list(KINDS), poll=0.01)
    (job_id, key) = worker.due()[0]
    worker.stop()

    # As if the signal had come while it was at work.
    worker.run_job(job_id, key)

    given_back = known(ledger, key)
    assert (given_back.state, given_back.attempts, given_back.error) in [
        (JobState.WAITING, 0, None),
        (JobState.DONE, 0, None),
    ]


def test_workers_in_the_server_begin_once_and_end_with_it(ledger: Ledger) -> None:
    before = threading.active_count()
    workers = EmbeddedWorkers(ledger.app.job_tools(), poll=0.01)
    ask(ledger, "clean-files")

    for _ in range(3):
        workers.start_once()
    assert threading.active_count() == before + 3
    until(lambda: known(ledger, "clean-files").state is JobState.WAITING and known(ledger, "clean-files").ended_at)
    workers.stop()

    assert threading.active_count() == before


def test_a_worker_outlives_its_database(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    workers = EmbeddedWorkers(ledger.app.job_tools(), poll=0.01)
    with ledger.app.system_scope() as scope:
        scope.jobs.expect("clean-files")
    caplog.set_level("INFO", logger="kallithea.jobs")
    with ledger.app.session() as session:
        session.execute(text("ALTER TABLE job RENAME TO hidden"))
        session.commit()
        workers.start_once()
        until(lambda: "wait, the database" in caplog.text)
        session.execute(text("ALTER TABLE hidden RENAME TO job"))
        session.commit()

    until(lambda: known(ledger, "clean-files").ended_at)
    workers.stop()

    assert caplog.text.count("wait, the database cannot be used") <= 3


def test_a_job_under_way_ends_its_program_and_is_given_back_when_the_server_ends(ledger: Ledger, admin: Member) -> None:
    number = ledger.repository("shop", admin)
    with ledger.app.system_scope() as scope:
        place = scope.repositories.place_of(number)
    assert place is not None
    folder = ledger.app.vault.open(Kind.GIT, place.location).path
    fill(folder)
    ask(ledger, f"{MAINTAIN}:{number}")
    workers = EmbeddedWorkers(ledger.app.job_tools(), poll=0.01)
    workers.start_once()
    until(lambda: known(ledger, f"{MAINTAIN}:{number}").state is not JobState.WAITING)

    workers.stop()

    after = known(ledger, f"{MAINTAIN}:{number}")
    assert after.state in (JobState.WAITING, JobState.DONE)
    assert (after.attempts, after.error) == (0, None)
    assert subprocess.run(["git", "fsck", "--full"], cwd=folder, capture_output=True, check=False).returncode == 0


def fill(folder: Path) -> None:
    """Some thousand objects, in packs that want to be gathered."""
    for pack in range(10):
        stream = (
            b"".join(b"blob\nmark :%d\ndata 12\n%012d" % (n + 1, pack * 1000 + n) for n in range(300))
            + b"commit refs/heads/b%d\ncommitter a <a@b> %d +0000\ndata 1\nx\n" % (pack, pack)
            + b"".join(b"M 100644 :%d f%d\n" % (n + 1, n) for n in range(300))
        )
        subprocess.run(
            ["git", "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--force"],
            cwd=str(folder),
            input=stream,
            check=True,
        )
