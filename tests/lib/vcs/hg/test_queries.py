"""How long a query may take: what it works counts, not that others have the processors."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs.hg import frames
from kallithea.lib.vcs.hg.pool import Helper
from kallithea.lib.vcs.hg.queries import BUSY, Queries

SECONDS = 0.3


class Stand:
    """In place of a helper: works `share` of the time."""

    def __init__(self, share: float, files: ExitStack) -> None:
        reading, writing = os.pipe()
        self.source: BinaryIO = files.enter_context(os.fdopen(reading, "rb"))
        self.writing: BinaryIO = files.enter_context(os.fdopen(writing, "wb", 0))
        self._files = files
        self._share = share
        self._began = time.monotonic()

    @property
    def worked(self) -> float:
        return self._share * (time.monotonic() - self._began)

    def answers_after(self, seconds: float) -> None:
        def answer() -> None:
            time.sleep(seconds)
            frames.write_frame(self.writing, frames.HEAD, frames.pack({"numbers": [1]}))

        thread = threading.Thread(target=answer)
        thread.start()
        self._files.callback(thread.join)


@pytest.fixture(name="files")
def _files() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(name="queries")
def _queries(tmp_path: Path) -> Iterator[Queries]:
    queries = Queries(tmp_path)
    yield queries
    queries.close()


def asked(queries: Queries, stand: Any) -> Any:
    frames.write_frame(stand.writing, frames.CHUNK)
    return queries._answer(stand, SECONDS)


def test_a_query_that_had_no_processor_for_long_is_answered_all_the_same(queries: Queries, files: ExitStack) -> None:
    stand = Stand(0.1, files)
    stand.answers_after(2 * SECONDS)
    assert asked(queries, stand) == {"numbers": [1]}


def test_an_answer_that_comes_together_with_the_word_that_it_began_is_taken(queries: Queries, files: ExitStack) -> None:
    stand = Stand(1, files)
    frames.write_frame(stand.writing, frames.CHUNK)
    frames.write_frame(stand.writing, frames.HEAD, frames.pack({"numbers": [2]}))
    assert queries._answer(stand, SECONDS) == {"numbers": [2]}  # type: ignore[arg-type] # it stands for a helper


def test_a_query_that_works_for_too_long_is_refused(queries: Queries, files: ExitStack) -> None:
    with pytest.raises(Invalid, match="It takes longer than 0 seconds"):
        asked(queries, Stand(1, files))


def test_a_query_that_never_works_is_refused_in_the_end(queries: Queries, files: ExitStack) -> None:
    began = time.monotonic()
    with pytest.raises(Invalid, match="It takes longer than 0 seconds"):
        asked(queries, Stand(0, files))
    assert time.monotonic() - began >= BUSY * SECONDS


def test_a_helper_says_how_long_it_worked(tmp_path: Path) -> None:
    helper = Helper(tmp_path)
    try:
        while helper.worked < 0.05:
            assert helper.is_alive
            time.sleep(0.01)
    finally:
        helper.kill()
