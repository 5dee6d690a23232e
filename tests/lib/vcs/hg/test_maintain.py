"""Maintenance of hg repositories: caches, and the format."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.hg.maintain import BRANCH_CACHE, MANY_COLD
from kallithea.lib.vcs.hg.store import HgStore
from kallithea.lib.vcs.locks import MAINTENANCE_FILE, writer_lock
from tests.contracts.hg_history import HgHistory, run_hg

OLD_FORMAT = ("--config", "format.sparse-revlog=no")


@pytest.fixture(name="old")
def _old(tmp_path: Path) -> Backend:
    """A repository in the format of some years ago, with a history."""
    history = HgHistory(tmp_path)
    history.commit({"a": b"1"})
    run_hg("init", str(tmp_path / "old"), *OLD_FORMAT, cwd=tmp_path)
    history.push(str(tmp_path / "old"))
    return HgStore(tmp_path / "cache", 1).open(tmp_path / "old")


def with_commits(folder: Path, count: int) -> None:
    """Linear commits, made by one command."""
    run_hg("debugbuilddag", f"+{count}", cwd=folder)


def test_caches_are_warmed_once_many_commits_are_not_in_them(tmp_path: Path) -> None:
    run_hg("init", str(tmp_path / "made"), cwd=tmp_path)
    with_commits(tmp_path / "made", MANY_COLD)
    (tmp_path / "made" / BRANCH_CACHE).unlink(missing_ok=True)
    backend = HgStore(tmp_path / "cache", 1).open(tmp_path / "made")
    before = backend.reader.fingerprint()

    done = [backend.keeper.maintain().done for _ in range(2)]

    assert done == [("warmed the caches",), ()]
    assert (tmp_path / "made" / BRANCH_CACHE).stat().st_size == 8 * MANY_COLD
    assert backend.reader.fingerprint() == before


def test_an_upgrade_is_offered_and_not_made(old: Backend) -> None:
    before = (old.path / ".hg/requires").read_bytes()

    maintained = old.keeper.maintain(thorough=True)

    assert maintained.offered == ("can be upgraded to sparserevlog (--upgrade)",)
    assert (old.path / ".hg/requires").read_bytes() == before


def test_an_upgrade_is_made_when_it_is_asked_for(old: Backend) -> None:
    tip = old.reader.resolve("")

    done = old.keeper.maintain(upgrade=True).done

    assert "upgraded to sparserevlog" in done
    assert old.reader.resolve("") == tip
    assert old.keeper.verify() == ()
    assert old.keeper.maintain(thorough=True).offered == ()


def test_locks_of_the_dead_are_removed(old: Backend) -> None:
    (old.path / ".hg/store/lock").symlink_to("another-machine:4711")

    old.keeper.maintain(thorough=True)

    assert not (old.path / ".hg/store/lock").is_symlink()


def test_programs_named_inside_a_repository_do_not_run(old: Backend, tmp_path: Path) -> None:
    (old.path / ".hg/hgrc").write_text(
        f"[hooks]\npre-debugupdatecaches = touch {tmp_path}/harm\n[extensions]\nx = {tmp_path}/x.py\n"
    )

    old.keeper.maintain(thorough=True)

    assert not (tmp_path / "harm").exists()


def test_killed_at_any_moment_nothing_is_lost(tmp_path: Path) -> None:
    chance = random.Random(11)
    history = HgHistory(tmp_path)
    backend = HgStore(tmp_path / "cache", 1).open(history.store)
    code = (
        "import sys; from pathlib import Path; from kallithea.lib.vcs.hg.maintain import maintain\n"
        "maintain(Path(sys.argv[1]), thorough=True, upgrade=False, stop=None)"
    )
    for number in range(3):
        tip = history.commit({f"{number}": b"x"})
        history.publish()
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(history.store)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and not (history.store / MAINTENANCE_FILE).exists():
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 1))
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        process.kill()
        process.wait(60)

        assert backend.reader.resolve("").id.hex == tip

    with writer_lock(history.store, patience=60):
        pass  # whoever outlived the kill has ended
    backend.keeper.maintain(thorough=True)
    assert backend.keeper.verify() == ()
