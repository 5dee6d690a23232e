"""Changes of an instance can be paused, for all processes that see its folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kallithea.lib.errors import Unavailable
from kallithea.lib.pausing import FILE, LOCK, LONGEST, WriteGate


def gate(folder: Path, *, patience: float = 0.0, places: int = 4, now: float | None = None) -> WriteGate:
    given = {} if now is None else {"now": lambda: now}
    return WriteGate(folder, patience=patience, places=places, **given)


def test_nothing_is_paused_at_first(tmp_path: Path) -> None:
    with gate(tmp_path).passing():
        assert not gate(tmp_path).is_paused()


def test_another_gate_on_the_same_folder_is_closed_too(tmp_path: Path) -> None:
    gate(tmp_path).close(60, "an upgrade", drain=0)
    with pytest.raises(Unavailable, match="an upgrade"):
        gate(tmp_path).enter()


def test_it_opens_again(tmp_path: Path) -> None:
    gate(tmp_path).close(60, "", drain=0)
    assert gate(tmp_path).open()
    gate(tmp_path).enter()()
    assert not gate(tmp_path).open()


def test_it_ends_by_itself(tmp_path: Path) -> None:
    gate(tmp_path, now=1000.0).close(60, "", drain=0)
    gate(tmp_path, now=1061.0).enter()()


def test_no_pause_is_longer_than_the_longest(tmp_path: Path) -> None:
    gate(tmp_path, now=1000.0).close(10 * LONGEST, "", drain=0)
    gate(tmp_path, now=1001.0 + LONGEST).enter()()


def test_a_clock_that_was_set_back_does_not_make_a_pause_longer(tmp_path: Path) -> None:
    gate(tmp_path, now=10.0**9).close(60, "", drain=0)
    gate(tmp_path, now=1000.0).enter()()


def test_who_pauses_waits_for_who_writes(tmp_path: Path) -> None:
    leave = gate(tmp_path).enter()
    threading.Timer(0.3, leave).start()
    gate(tmp_path).close(60, "", drain=30)
    assert gate(tmp_path).is_paused()


def test_nothing_is_paused_if_they_need_too_long(tmp_path: Path) -> None:
    leave = gate(tmp_path).enter()
    with pytest.raises(Unavailable, match="still under way"):
        gate(tmp_path).close(60, "", drain=0.1)
    leave()
    assert not gate(tmp_path).is_paused()


def test_a_writer_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from kallithea.lib.pausing import WriteGate;"
        "WriteGate(Path(sys.argv[1]), patience=0, places=1).enter(); print('in', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdin=-1, stdout=-1) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"in\n"
        with pytest.raises(Unavailable):
            gate(tmp_path).close(60, "", drain=0.1)
        writer.kill()
        writer.wait()
    gate(tmp_path).close(60, "", drain=1)


def test_a_damaged_file_pauses_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'\xff{"until": 1e99')
    gate(tmp_path).enter()()


def test_a_folder_that_cannot_be_written_to_pauses_nothing(tmp_path: Path) -> None:
    gate(tmp_path / "missing").enter()()


def test_a_pause_that_follows_another_leaves_no_moment_between_them(tmp_path: Path) -> None:
    """Written in two steps it would be half there in between, and nothing is paused by half a file."""
    gate(tmp_path).close(60, "", drain=0)
    seen: list[bool] = []
    ended = threading.Event()

    def look() -> None:
        reader = gate(tmp_path)
        while not ended.is_set():
            seen.append(reader.is_paused())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(60):
        gate(tmp_path).close(60, "why " * (number % 2 * 500), drain=0)
    ended.set()
    reader.join()
    assert len(seen) > 60
    assert all(seen)


def test_a_pause_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk nothing is paused, and what was begun is gone."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        gate(tmp_path).close(60, "", drain=0)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]
    gate(tmp_path).enter()()


def test_only_some_wait_and_the_others_are_told_at_once(tmp_path: Path) -> None:
    gate(tmp_path).close(60, "", drain=0)
    waiting = gate(tmp_path, patience=30, places=1)
    first = threading.Thread(target=lambda: waiting.enter()())
    first.start()
    while waiting._places._value:  # until the first one waits
        pass
    with pytest.raises(Unavailable):
        waiting.enter()
    waiting.open()
    first.join(10)
    assert not first.is_alive()


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        gate(tmp_path).enter()()
        gate(tmp_path).close(60, "", drain=0)
        with pytest.raises(Unavailable):
            gate(tmp_path).enter()
        gate(tmp_path).open()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
