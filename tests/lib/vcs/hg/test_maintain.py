"""Maintenance of hg repositories: caches, and the format."""

from __future__ import annotations

from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.hg.maintain import BRANCH_CACHE, MANY_COLD
from kallithea.lib.vcs.hg.store import HgStore
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
