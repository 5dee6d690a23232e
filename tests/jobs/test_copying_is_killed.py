"""The process that copies is killed at any moment: there is never half a fork, and the next one makes it whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from kallithea.jobs.copying import clean_copies
from kallithea.jobs.worker import Worker
from kallithea.lib.vcs import Kind
from kallithea.services.actors import Member
from kallithea.services.forks import COPY, NewFork
from kallithea.services.jobs import LEASE, Claim
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.services.conftest import FakeClock, Ledger

ROUNDS = 4
MOST_SECONDS = 1.2
PROGRAM = """
import sys, time
from pathlib import Path
from kallithea.lib.vcs import Kind, open_vault
vault = open_vault(Path(sys.argv[1]), cache=Path(sys.argv[2]))
print("begun", flush=True)
vault.copy(Kind(sys.argv[3]), sys.argv[4], sys.argv[5])
"""


@pytest.mark.parametrize("kind", ["hg", "git"])
def test_a_killed_copy_is_made_anew_and_never_seen_half(
    ledger: Ledger, admin: Member, clock: FakeClock, tmp_path: Path, kind: str
) -> None:
    number = ledger.repository("shop", admin, kind=kind)
    (tmp_path / "history").mkdir()
    history = HgHistory(tmp_path / "history") if kind == "hg" else GitHistory(tmp_path / "history")
    with ledger.app.system_scope() as scope:
        place = scope.repositories.place_of(number)
    assert place is not None
    history.store = ledger.app.vault.open(Kind(kind), place.location).path
    for commit in range(5):
        history.commit({f"{commit}-{name}.txt": os.urandom(200) for name in range(60)})
    history.publish()
    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at("shop"))
        fork = scope.forks.fork(grant, NewFork("fork"), owner=scope.accounts.get(admin.id))
        fork_id, location = fork.id, fork.location
    target = ledger.app.vault.open(Kind(kind), location)
    settings = ledger.app.settings
    command = [sys.executable, "-c", PROGRAM, str(settings.repos_path), str(settings.cache_dir), kind, place.location, location]

    for _ in range(ROUNDS):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(random.uniform(0, MOST_SECONDS))
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        if target.path.is_dir():
            assert target.keeper.verify() == ()

    worker = Worker(ledger.app.job_tools(), [COPY])
    for _ in range(20):  # a program that outlived its killed server is waited for
        while worker.run_one():
            pass
        with ledger.app.system_scope() as scope:
            if scope.repositories.place_of(fork_id) is not None:
                break
        clock.advance(seconds=max(LEASE, timedelta(hours=1)).total_seconds())
        time.sleep(0.5)

    assert target.keeper.verify() == ()
    assert target.reader.refs() == ledger.app.vault.open(Kind(kind), place.location).reader.refs()
    assert ledger.app.vault.copies() == ()


def test_what_is_left_of_a_deleted_fork_is_removed(ledger: Ledger) -> None:
    vault = ledger.app.vault
    left = vault.root / ".incoming" / "0123456789abcdef" / "copy"
    left.mkdir(parents=True)
    (left / "HEAD").write_text("ref: refs/heads/main\n")
    half = vault.root / ".store" / "0123456789abcdef"
    half.mkdir(parents=True)

    class Never:
        def wait(self, _timeout: float) -> bool:
            return False

    said = clean_copies(ledger.app.job_tools(), Claim(1, "clean-copies", 1, 1, "a worker"), Never())

    assert said == "1 abandoned copies removed"
    assert vault.copies() == ()
    assert not half.exists()
