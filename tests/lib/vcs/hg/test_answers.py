"""Clones of the same state are answered from what was kept; whatever changes is seen at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kallithea.lib.vcs.hg.pool import Helper, HelperPool
from kallithea.lib.vcs.hg.store import HgStore
from tests.contracts.hg_history import HgHistory, run_hg
from tests.lib.vcs.hg.loopback import Loopback, serving
from tests.lib.vcs.hg.test_clients import heads


@pytest.fixture(name="taken")
def _taken(monkeypatch: pytest.MonkeyPatch) -> list[Helper]:
    """The helpers that were taken."""
    found: list[Helper] = []
    take = HelperPool.take

    def counted(pool: HelperPool) -> Helper:
        found.append(take(pool))
        return found[-1]

    monkeypatch.setattr(HelperPool, "take", counted)
    return found


def clone(door: Loopback, folder: Path, *options: str) -> str:
    """The heads that were cloned."""
    run_hg("clone", *options, door.address, str(folder), cwd=folder.parent)
    run_hg("verify", "--repository", str(folder), cwd=folder.parent)
    return heads(folder, folder.parent)


@pytest.mark.parametrize("options", [(), ("--stream",), ("--pull",), ("--rev", "0")])
def test_the_third_clone_takes_no_helper(
    history: HgHistory, door: Loopback, taken: list[Helper], tmp_path: Path, options: tuple[str, ...]
) -> None:
    history.commit({"a.txt": b"one\n", "folder/b.txt": bytes(range(256)) * 2_000})
    history.commit({"a.txt": b"more\n"}, branch="side")
    history.bookmark("here")
    history.publish()
    said = [clone(door, tmp_path / f"{number}", *options) for number in range(2)]
    taken.clear()

    assert clone(door, tmp_path / "third", *options) == said[0] == said[1]
    assert taken == []


def test_what_was_pushed_just_now_is_cloned(history: HgHistory, door: Loopback, tmp_path: Path) -> None:
    for number in range(3):
        commit = history.commit({"a.txt": b"%d\n" % number})
        history.hg("push", door.address)
        for attempt in range(3):
            assert clone(door, tmp_path / f"{number}.{attempt}").strip() == commit


def test_a_bookmark_and_a_phase_that_change_are_seen(history: HgHistory, store: HgStore, tmp_path: Path) -> None:
    commit = history.commit({"a.txt": b"one\n"})
    history.publish()
    run_hg("phase", "--repository", str(history.store), "--force", "--draft", "0", cwd=tmp_path)
    backend = store.open(history.store, publishing=False)
    with serving(backend) as door:
        for number in range(3):
            clone(door, tmp_path / f"{number}")
        run_hg("bookmark", "--repository", str(history.store), "--rev", commit, "news", cwd=tmp_path)
        run_hg("phase", "--repository", str(history.store), "--public", commit, cwd=tmp_path)

        clone(door, tmp_path / "after")

    said = run_hg("log", "--repository", str(tmp_path / "after"), "-T", "{bookmarks} {phase}", cwd=tmp_path)
    assert said == "news public"


def test_who_publishes_is_answered_apart_from_who_does_not(history: HgHistory, store: HgStore, tmp_path: Path) -> None:
    history.commit({"a.txt": b"one\n"})
    history.publish()
    run_hg("phase", "--repository", str(history.store), "--force", "--draft", "0", cwd=tmp_path)
    found = []
    for number in range(6):
        with serving(store.open(history.store, publishing=number % 2 == 0)) as door:
            clone(door, tmp_path / f"{number}")
        found.append(run_hg("log", "--repository", str(tmp_path / f"{number}"), "-T", "{phase}", cwd=tmp_path))
    assert found == ["public", "draft"] * 3


def test_what_became_secret_is_not_sent_any_more(history: HgHistory, store: HgStore, tmp_path: Path) -> None:
    first = history.commit({"a.txt": b"one\n"})
    secret = history.commit({"a.txt": b"password\n"})
    history.publish()
    with serving(store.open(history.store, publishing=False)) as door:
        for number in range(3):
            assert clone(door, tmp_path / f"{number}").strip() == secret
        run_hg("phase", "--repository", str(history.store), "--force", "--secret", secret, cwd=tmp_path)

        assert clone(door, tmp_path / "after").strip() == first


def test_an_error_is_never_kept(history: HgHistory, door: Loopback, taken: list[Helper], tmp_path: Path) -> None:
    """Of a store that is broken for a while."""
    commit = history.commit({"a.txt": b"one\n" * 1_000})
    history.publish()
    broken = history.store / ".hg" / "store" / "00manifest.i"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:20] + b"nonsense" * 8)
    for number in range(3):
        taken.clear()
        with pytest.raises(AssertionError):
            clone(door, tmp_path / f"{number}")
        assert taken
    broken.write_bytes(whole)

    assert clone(door, tmp_path / "after").strip() == commit
