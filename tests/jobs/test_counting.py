"""Statistics are counted by a job: what came since the last time, on where it was cut off, anew after a push with force."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kallithea.jobs import counting
from kallithea.jobs.table import KINDS
from kallithea.jobs.worker import Worker
from kallithea.lib.vcs import Kind, MaintenanceStopped
from kallithea.services.actors import Credentials, Member, OwnMachine
from kallithea.services.jobs import Claim
from kallithea.services.statistics import COUNT, Counted
from kallithea.services.tally import Tally
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory, run_hg
from tests.services.conftest import Ledger

both_kinds = pytest.mark.parametrize("kind", ["hg", "git"])
RealHistory = HgHistory | GitHistory


@pytest.fixture(name="worker")
def _worker(ledger: Ledger) -> Worker:
    return Worker(ledger.app.job_tools(), list(KINDS))


class Counting:
    """A repository, its history, and its statistics."""

    def __init__(self, ledger: Ledger, admin: Member, folder: Path, kind: str) -> None:
        self.ledger = ledger
        self._made = 0
        self.number = ledger.repository("shop", admin, kind=kind)
        with ledger.app.system_scope() as scope:
            place = scope.repositories.place_of(self.number)
        assert place is not None
        folder.mkdir()
        self.history: RealHistory = HgHistory(folder) if kind == "hg" else GitHistory(folder)
        self.history.store = ledger.app.vault.open(Kind(kind), place.location).path

    def commits(self, number: int, **options: str) -> list[str]:
        found = []
        for n in range(number):
            self._made += 1
            found.append(self.history.commit({f"file{n}.py": b"x = %04d\n" % self._made}, f"Change {n}", **options))
        self.history.publish()
        return found

    def count(self, stop: object = None) -> str:
        """Do the job, outside of a worker."""
        claim = Claim(1, f"{COUNT}:{self.number}", 1, 1, "a worker")
        return counting.count_statistics(self.ledger.app.job_tools(), claim, stop or NeverStop())  # type: ignore[arg-type]

    def known(self) -> Counted:
        with self.ledger.app.scope(Credentials(OwnMachine())) as scope:
            return scope.statistics.of(scope.access.administer_repository(scope.access.at("shop")))

    def tally(self) -> Tally:
        with self.ledger.app.system_scope() as scope:
            return scope.statistics.tally(self.number)

    def fresh(self) -> Tally:
        """What a count from the beginning says."""
        with self.ledger.app.system_scope() as scope:
            scope.statistics.forget(self.number)
        self.count()
        return self.tally()


class NeverStop:
    def wait(self, _timeout: float) -> bool:
        return False


class StopAfter:
    """Stops at the n-th rest."""

    def __init__(self, rests: int) -> None:
        self._left = rests

    def wait(self, timeout: float) -> bool:
        if timeout == 0:
            return False
        self._left -= 1
        return self._left < 0


@pytest.fixture(name="case", params=["hg", "git"])
def _case(ledger: Ledger, admin: Member, tmp_path: Path, request: pytest.FixtureRequest) -> Counting:
    return Counting(ledger, admin, tmp_path / "history", request.param)


def test_it_counts_commits_authors_weeks_and_files(case: Counting) -> None:
    case.commits(3)
    case.commits(2, author="Bob <bob@example.com>")

    case.count()

    known = case.known()
    assert known.is_complete
    assert known.counts is not None
    assert (known.counts.commits, known.counts.merges, known.counts.author_count) == (5, 0, 2)
    assert [(author.name, author.commits) for author in known.counts.authors] == [("Ann Author", 3), ("Bob", 2)]
    assert [(day.isoformat(), number) for day, number in known.counts.weeks] == [("2019-12-30", 5)]
    assert [(one.ending, one.files, one.size) for one in known.counts.endings] == [(".py", 3, 27)]


def test_a_mailmap_makes_two_authors_one_who_were_counted_before(case: Counting) -> None:
    case.commits(3)
    case.commits(2, author="Bob <bob@example.com>")
    case.count()
    case.history.commit({".mailmap": b"Robert <bob@example.com>\nRobert <bob@example.com> <ann@example.com>\n"}, "Names")
    case.history.publish()

    assert case.count() == "1 commits counted, 6 in all"

    counts = case.known().counts
    assert counts is not None
    assert [(author.name, author.commits) for author in counts.authors] == [("Robert", 6)]


def test_a_second_count_reads_only_what_came_since(case: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    case.commits(3)
    case.count()
    read: list[str] = []
    add = Tally.add

    def noted(self: Tally, commit: object, **options: int) -> None:
        read.append(commit.id)  # type: ignore[attr-defined]
        add(self, commit, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Tally, "add", noted)
    new = case.commits(2, branch="side")

    assert case.count() == "2 commits counted, 5 in all"
    assert set(read) == set(new)
    assert case.tally() == case.fresh()


def test_counting_goes_on_where_it_was_cut_off(case: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    case.commits(7)
    case.history.commit({"side.txt": b"1"}, branch="side")
    case.commits(3)
    monkeypatch.setattr(counting, "PIECE", 2)
    monkeypatch.setattr(counting, "PIECE_SECONDS", 1e6)
    monkeypatch.setattr(counting, "EACH", 1)

    with pytest.raises(MaintenanceStopped):
        case.count(StopAfter(7))
    known, cut = case.known(), case.tally()
    assert not known.is_complete
    assert (known.counted, known.expected) == (6, 11)
    assert cut.frontier

    assert case.count() == "5 commits counted, 11 in all"
    assert case.known().is_complete
    assert case.tally() == case.fresh()


def test_what_is_pushed_while_it_is_cut_off_is_counted_too(case: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    case.commits(6)
    monkeypatch.setattr(counting, "PIECE", 2)
    monkeypatch.setattr(counting, "PIECE_SECONDS", 1e6)
    monkeypatch.setattr(counting, "EACH", 1)
    with pytest.raises(MaintenanceStopped):
        case.count(StopAfter(3))

    case.commits(2, branch="later")
    case.count()

    assert case.tally().commits == 8
    assert case.tally() == case.fresh()


def test_a_push_with_force_or_a_strip_has_everything_counted_anew(case: Counting) -> None:
    ids = case.commits(5)
    case.count()

    if isinstance(case.history, GitHistory):
        case.history.git("reset", "-q", "--hard", ids[1])
        case.history.publish()
    else:
        run_hg("debugstrip", "--no-backup", "--rev", ids[2], "--config", "extensions.strip=", cwd=case.history.store)

    case.count()
    assert case.tally().commits == 2
    assert case.known().counts.commits == 2  # type: ignore[union-attr]


def test_objects_that_are_gone_have_everything_counted_anew(ledger: Ledger, admin: Member, tmp_path: Path) -> None:
    case = Counting(ledger, admin, tmp_path / "history", "git")
    ids = case.commits(5)
    case.count()
    assert isinstance(case.history, GitHistory)
    case.history.git("reset", "-q", "--hard", ids[1])
    case.history.publish()
    subprocess.run(["git", "gc", "-q", "--prune=now"], cwd=case.history.store, check=True)

    case.count()

    assert case.tally().commits == 2


def test_commits_that_readers_do_not_see_are_not_counted(ledger: Ledger, admin: Member, tmp_path: Path) -> None:
    case = Counting(ledger, admin, tmp_path / "history", "hg")
    ids = case.commits(4)
    run_hg("phase", "--force", "--secret", "--rev", ids[3], cwd=case.history.store)

    case.count()

    assert case.tally().commits == 3


def test_an_empty_repository_is_counted_at_once(case: Counting) -> None:
    assert case.count() == "0 commits counted, 0 in all"
    assert case.known().is_complete


def test_what_nobody_pushes_to_is_counted_by_itself(case: Counting, worker: Worker) -> None:
    case.commits(2)
    assert case.known().counts is None

    worker.expect()
    while worker.run_one():
        pass

    assert case.known().is_complete


def test_a_deleted_repository_needs_no_count(case: Counting, ledger: Ledger) -> None:
    with ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("shop")))

    assert case.count() == "the repository is gone"
