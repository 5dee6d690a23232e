"""The files in which processes count, where several begin and end at once."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

from kallithea.config.metrics import CountsFolder


def test_a_process_that_begins_waits_for_one_that_adds_up(tmp_path: Path) -> None:
    folder = CountsFolder(tmp_path)
    for file in tmp_path.iterdir():
        if file.name != "lock":
            file.unlink()
    beginning = threading.Thread(target=CountsFolder, args=(tmp_path,))

    with folder.settled():
        beginning.start()
        beginning.join(0.3)
        assert {file.name for file in tmp_path.iterdir()} == {"lock"}
    beginning.join(10)

    assert len([*folder.living()]) == 1
    assert len([*tmp_path.glob("*.db")]) == 3


def test_a_forked_process_never_waits_for_a_lock_that_it_holds_itself(tmp_path: Path) -> None:
    """Two of them in one process, as tests leave them behind: the second finds the lock of the first, which never goes away."""
    first = CountsFolder(tmp_path / "one")
    second = CountsFolder(tmp_path / "two")
    second.path = first.path

    child = multiprocessing.get_context("fork").Process(target=lambda: None)
    child.start()
    child.join(20)

    assert child.exitcode == 0
