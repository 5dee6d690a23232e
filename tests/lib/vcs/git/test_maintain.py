"""Maintenance of git repositories: what it does, and that nothing is ever lost by it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import MaintenanceStopped, RepositoryBusy
from kallithea.lib.vcs.git.maintain import MANY_LOOSE, MANY_PACKS, THOROUGH_AFTER, UNREACHABLE_FOR, holdings
from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.locks import MAINTENANCE_FILE, maintenance_lock, writer_lock
from tests.contracts.git_history import GitHistory
from tests.lib.vcs.git.loopback import serving

ROOT = Path(__file__).parents[4]
KILLS = int(os.environ.get("KALLITHEA_KILLS", "4"))


def git(backend: Backend, *arguments: str, stdin: str = "") -> str:
    """The real git on the repository in the store."""
    run = subprocess.run(["git", *arguments], cwd=backend.path, input=stdin, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def pushed(client: GitHistory, backend: Backend, *names: str) -> str:
    """Push a commit with some new files as clients of ours do: received and kept as it comes."""
    commit = client.commit({name: name.encode() * 40 for name in names}, f"Add {names[0]}")
    client.git("push", "-q", str(backend.path), "HEAD:refs/heads/main")
    return commit


def with_many_packs(client: GitHistory, backend: Backend, count: int = MANY_PACKS) -> None:
    git(backend, "config", "receive.unpackLimit", "1")
    for number in range(count):
        pushed(client, backend, f"file{number}")


def has(backend: Backend, object_id: str) -> bool:
    run = subprocess.run(["git", "cat-file", "-e", object_id], cwd=backend.path, capture_output=True, check=False)
    return run.returncode == 0


def age(path: Path, seconds: float) -> None:
    """Let everything below have been written so long ago."""
    when = time.time() - seconds
    for found in path.rglob("*"):
        os.utime(found, (when, when))


def test_an_empty_repository_needs_nothing(backend: Backend) -> None:
    assert backend.keeper.maintain().done == ()


def test_a_few_objects_are_left_alone_but_for_the_graph(client: GitHistory, backend: Backend) -> None:
    pushed(client, backend, "a")
    before = holdings(backend.path)

    done = backend.keeper.maintain().done

    assert done == ("wrote the commit graph",)
    assert holdings(backend.path) == before


def test_many_packs_become_few_with_an_index_and_bitmaps(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend)

    backend.keeper.maintain()

    assert len(holdings(backend.path).packs) == 1
    names = {path.name.split("-")[0] for path in (backend.path / "objects/pack").iterdir()}
    assert "multi" in names
    assert list((backend.path / "objects/pack").glob("multi-pack-index-*.bitmap"))
    assert backend.keeper.verify() == ()


def test_many_loose_objects_are_packed(client: GitHistory, backend: Backend) -> None:
    git(backend, "config", "receive.unpackLimit", "100000")
    pushed(client, backend, *(f"file{number}" for number in range(MANY_LOOSE)))

    backend.keeper.maintain()

    assert holdings(backend.path).loose == 0
    assert backend.keeper.verify() == ()


def test_the_graph_knows_which_paths_commits_change(client: GitHistory, backend: Backend) -> None:
    pushed(client, backend, "a")

    backend.keeper.maintain()

    (graph,) = (backend.path / "objects/info/commit-graphs").glob("*.graph")
    assert b"BDAT" in graph.read_bytes()


def test_many_refs_are_packed_and_stay(client: GitHistory, backend: Backend) -> None:
    commit = pushed(client, backend, "a")
    git(backend, "update-ref", "--stdin", stdin="".join(f"create refs/heads/b{n} {commit}\n" for n in range(120)))
    before = backend.reader.refs()

    done = backend.keeper.maintain().done

    assert "packed 121 refs" in done
    assert backend.reader.refs() == before


def test_pages_stay_remembered_when_no_ref_is_packed(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend)
    age(backend.path / "refs", 10)
    os.utime(backend.path / "refs", (1, 1))
    os.utime(backend.path / "HEAD", (1, 1))
    before = backend.reader.fingerprint()

    backend.keeper.maintain()

    assert backend.reader.fingerprint() == before


def test_what_was_opened_before_is_read_after(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend)
    tip = backend.reader.resolve("main")

    backend.keeper.maintain(thorough=True)

    commits = list(backend.reader.history([tip.id]))
    assert [entry.path.raw for entry in backend.reader.tree(commits[-1].id)] == [b"file0"]
    assert len(commits) == MANY_PACKS


def unreachable(client: GitHistory, backend: Backend) -> str:
    """A commit that was pushed to a branch which is gone."""
    client.git("checkout", "-q", "-b", "side")
    commit = client.commit({"side": b"side"})
    client.git("push", "-q", str(backend.path), "side")
    client.git("push", "-q", str(backend.path), ":side")
    client.git("checkout", "-q", "main")
    return commit


@pytest.mark.parametrize("limit", ["1", "100"])
def test_what_was_long_unreachable_goes(client: GitHistory, backend: Backend, limit: str) -> None:
    git(backend, "config", "receive.unpackLimit", limit)
    tip = pushed(client, backend, "a")
    side = unreachable(client, backend)
    age(backend.path / "objects", UNREACHABLE_FOR + 60)

    backend.keeper.maintain(thorough=True)

    assert not has(backend, side)
    assert has(backend, tip)
    assert backend.keeper.verify() == ()


@pytest.mark.parametrize("limit", ["1", "100"])
def test_what_became_unreachable_lately_stays(client: GitHistory, backend: Backend, limit: str) -> None:
    git(backend, "config", "receive.unpackLimit", limit)
    pushed(client, backend, "a")
    side = unreachable(client, backend)

    for _ in range(2):
        backend.keeper.maintain(thorough=True)

    assert has(backend, side)


def test_what_is_unreachable_goes_from_its_pack_in_its_time(client: GitHistory, backend: Backend) -> None:
    pushed(client, backend, "a")
    side = unreachable(client, backend)
    age(backend.path / "objects", UNREACHABLE_FOR - 3600)
    backend.keeper.maintain(thorough=True)
    assert has(backend, side)
    (mtimes,) = (backend.path / "objects/pack").glob("*.mtimes")
    _make_older(mtimes, 7200)

    backend.keeper.maintain(thorough=True)

    assert not has(backend, side)
    assert backend.keeper.verify() == ()


def _make_older(mtimes: Path, seconds: int) -> None:
    """Let the objects of a pack of unreachable ones be older (gitformat-pack(5): header of 12, 4 bytes each, two checksums)."""
    raw = mtimes.read_bytes()
    times, pack = raw[12:-40], raw[-40:-20]
    older = b"".join((int.from_bytes(times[n : n + 4]) - seconds).to_bytes(4) for n in range(0, len(times), 4))
    body = raw[:12] + older + pack
    mtimes.chmod(0o644)
    mtimes.write_bytes(body + hashlib.sha1(body).digest())


@dataclass
class Meddler:
    """Does something at the moment when maintenance starts its n-th program."""

    act: Callable[[], object]
    at: int
    started: int = 0

    def wait(self, timeout: float) -> bool:
        if timeout == 0:
            self.started += 1
            if self.started == self.at:
                self.act()
        else:
            time.sleep(timeout)
        return False


def test_nothing_goes_when_an_old_branch_comes_back_meanwhile(client: GitHistory, backend: Backend) -> None:
    pushed(client, backend, "a")
    side = unreachable(client, backend)
    age(backend.path / "objects", UNREACHABLE_FOR + 60)
    # Behind pack-refs and the pack of what is reachable, before that of the rest.
    meddler = Meddler(lambda: git(backend, "update-ref", "refs/heads/side", side), at=3)

    backend.keeper.maintain(thorough=True, stop=meddler)

    assert has(backend, side)
    assert backend.keeper.verify() == ()


def test_a_repository_that_grew_is_packed_anew_after_a_month(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend, 2)
    age(backend.path / "objects", THOROUGH_AFTER + 60)

    done = backend.keeper.maintain().done

    assert any(phrase.startswith("packed anew") for phrase in done)
    assert len(holdings(backend.path).packs) == 1
    assert not any(phrase.startswith("packed anew") for phrase in backend.keeper.maintain().done)


def test_one_maintains_at_a_time(client: GitHistory, backend: Backend) -> None:
    pushed(client, backend, "a")

    with maintenance_lock(backend.path), pytest.raises(RepositoryBusy):
        backend.keeper.maintain()


def test_a_push_that_takes_long_keeps_nobody_from_packing(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend)

    with writer_lock(backend.path):
        backend.keeper.maintain()

    assert len(holdings(backend.path).packs) == 1


def test_temporary_files_of_the_dead_are_removed_and_those_of_the_living_stay(client: GitHistory, backend: Backend) -> None:
    pushed(client, backend, "a")
    packs = backend.path / "objects/pack"
    (packs / "tmp_pack_young").touch()
    (packs / "tmp_pack_old").touch()
    (backend.path / "objects/tmp_objdir-incoming-x").mkdir()
    os.utime(packs / "tmp_pack_old", (1, 1))

    backend.keeper.maintain()

    assert [path.name for path in packs.glob("tmp_*")] == ["tmp_pack_young"]
    assert list((backend.path / "objects").glob("tmp_objdir-*")) == []


def test_after_one_that_was_cut_off_its_locks_are_removed(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend)
    with suppress(InterruptedError), maintenance_lock(backend.path):
        (backend.path / "objects/pack/multi-pack-index.lock").touch()
        raise InterruptedError

    backend.keeper.maintain()

    assert len(holdings(backend.path).packs) == 1
    assert list(backend.path.rglob("*.lock")) == [*backend.path.glob("kallithea*.lock")]


def test_packs_that_it_dropped_when_it_was_killed_are_gone_after_the_next(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend)
    with suppress(InterruptedError), maintenance_lock(backend.path):
        git(backend, "repack", "-a", "-q")
        dropped = next((backend.path / "objects/pack").glob("*.idx"))
        dropped.unlink()
        raise InterruptedError

    backend.keeper.maintain(thorough=True)

    assert not list(backend.path.glob(f"objects/pack/{dropped.stem}.*"))
    assert backend.keeper.verify() == ()


def test_a_pack_stays_while_a_push_puts_its_index_beside_it(client: GitHistory, backend: Backend) -> None:
    pushed(client, backend, "a")
    fresh = backend.path / f"objects/pack/pack-{'1' * 40}.pack"
    fresh.touch()

    with suppress(InterruptedError), maintenance_lock(backend.path):
        raise InterruptedError
    with writer_lock(backend.path):
        backend.keeper.maintain()
    assert fresh.exists()

    backend.keeper.maintain(thorough=True)
    assert fresh.exists()  # young, and the one before ended well

    age(fresh.parent, 2 * 86400)
    backend.keeper.maintain(thorough=True)
    assert not fresh.exists()


def test_it_ends_when_it_shall(client: GitHistory, backend: Backend) -> None:
    with_many_packs(client, backend)
    stop = threading.Event()
    stop.set()

    with pytest.raises(MaintenanceStopped):
        backend.keeper.maintain(thorough=True, stop=stop)


def maintenance(backend: Backend, cache: Path) -> subprocess.Popen[bytes]:
    """Thorough maintenance in a process of its own, which can be killed with all that it started."""
    code = (
        "import sys; from pathlib import Path; from kallithea.lib.vcs.git.store import GitStore\n"
        "GitStore(Path(sys.argv[2])).open(Path(sys.argv[1])).keeper.maintain(thorough=True)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(backend.path), str(cache)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def children(pid: int) -> list[int]:
    """The processes below one, the deepest first."""
    with suppress(OSError):
        found = [Path(f"/proc/{pid}/task/{task.name}/children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        direct = [int(child) for line in found for child in line.split()]
        return [below for child in direct for below in (*children(child), child)]
    return []


@pytest.mark.parametrize("victim", ["all", "git", "server"])
def test_killed_at_any_moment_nothing_is_lost(client: GitHistory, backend: Backend, tmp_path: Path, victim: str) -> None:
    chance = random.Random(victim)
    git(backend, "config", "receive.unpackLimit", "5")
    kept: list[str] = []
    for number in range(KILLS):
        kept.append(pushed(client, backend, *(f"{number}/{part}" for part in range(chance.choice([1, 40])))))
        process = maintenance(backend, tmp_path / "cache")
        wait_until_begun(backend, process)
        time.sleep(chance.uniform(0, 0.5))
        below = children(process.pid)
        for pid in {"all": [*below, process.pid], "git": below, "server": [process.pid]}[victim]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(60)

        assert backend.keeper.verify() == ()
        assert git(backend, "rev-parse", "main") == kept[-1]

    wait_until_free(backend)
    backend.keeper.maintain(thorough=True)
    assert backend.keeper.verify() == ()
    assert all(has(backend, commit) for commit in kept)
    assert not [*backend.path.glob("objects/pack/*tmp*"), *backend.path.glob("objects/pack/*.lock")]


def wait_until_begun(backend: Backend, process: subprocess.Popen[bytes]) -> None:
    lock = backend.path / MAINTENANCE_FILE
    while process.poll() is None and not (lock.exists() and lock.stat().st_size):
        time.sleep(0.01)


def wait_until_free(backend: Backend) -> None:
    """A git that outlived the process which looked after the repository keeps others out until it ends."""
    until = time.monotonic() + 60
    with (backend.path / MAINTENANCE_FILE).open("rb") as file:
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError("still at it")


def test_pushes_clones_and_pages_go_on_meanwhile(client: GitHistory, store: GitStore, backend: Backend, tmp_path: Path) -> None:
    git(backend, "config", "receive.unpackLimit", "3")
    pushed(client, backend, "first")
    ended = threading.Event()
    failures: list[str] = []

    def maintain() -> None:
        while not ended.is_set():
            backend.keeper.maintain(thorough=True)

    def read() -> None:
        while not ended.is_set():
            reader = store.open(backend.path).reader
            for commit in reader.history([reader.resolve("main").id]):
                reader.tree(commit.id)

    def clone() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            target = tmp_path / f"clone{number}"
            run = subprocess.run(
                ["git", "clone", "-q", "--bare", "--no-local", str(backend.path), str(target)], capture_output=True, check=False
            )
            if run.returncode:
                failures.append(run.stderr.decode())

    def noted(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever fails in a thread is told in the test's own
            failures.append(repr(error))

    works = [threading.Thread(target=noted, args=(work,)) for work in (maintain, read, clone)]
    for work in works:
        work.start()
    try:
        with serving(lambda: store.open(backend.path)) as (address, _):
            kept = []
            for number in range(15):
                kept.append(client.commit({f"{number}/{part}": b"%d" % part for part in range(1 + number % 5)}))
                client.git("push", "-q", address, "HEAD:refs/heads/main")
    finally:
        ended.set()
        for work in works:
            work.join(120)

    assert failures == []
    assert git(backend, "rev-parse", "main") == kept[-1]
    assert all(has(backend, commit) for commit in kept)
    assert backend.keeper.verify() == ()
