"""Which repositories stay open, and for whom."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from kallithea.lib.vcs.hg import opened
from tests.contracts.hg_history import HgHistory


@pytest.fixture(name="folder")
def _folder(history: HgHistory) -> Path:
    history.commit({"a": b"1"})
    history.publish()
    return history.store


def served_in_a_thread(folder: Path, end: threading.Event) -> tuple[threading.Thread, Any]:
    """What a thread that goes on until the end has open."""
    found: list[Any] = []
    done = threading.Event()

    def serve() -> None:
        found.append(opened.served(folder, publishing=True))
        done.set()
        end.wait(60)

    thread = threading.Thread(target=serve)
    thread.start()
    assert done.wait(60)
    return thread, found.pop()


def test_a_thread_gets_the_same_again(folder: Path) -> None:
    assert opened.served(folder, publishing=True) is opened.served(folder, publishing=True)


def test_no_two_threads_have_the_same(folder: Path) -> None:
    end = threading.Event()
    thread, theirs = served_in_a_thread(folder, end)

    ours = opened.served(folder, publishing=True)
    end.set()
    thread.join()

    assert ours is not theirs
    assert ours.unfiltered() is not theirs.unfiltered()


def test_many_threads_keep_few_open(folder: Path) -> None:
    end = threading.Event()
    threads, known = [], []
    for _ in range(opened.KEPT + 10):
        thread, repo = served_in_a_thread(folder, end)
        threads.append(thread)
        known.append(weakref.ref(repo.unfiltered()))
        del repo
    end.set()
    for thread in threads:
        thread.join()
    gc.collect()

    assert sum(one() is not None for one in known) <= opened.KEPT
