"""Readers, clones and pushes at once: all get an answer or a polite refusal, and nothing acknowledged is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.load_mixed import loaded
from tests.deployment.story import FULL

SERVERS = ("waitress", "gunicorn") if FULL else ("waitress",)
SECONDS = 30 if FULL else 6


@pytest.mark.parametrize("http_server", SERVERS)
def test_many_clients_of_all_kinds(tmp_path: Path, http_server: str) -> None:
    # In a thread of its own: in the first one of a test process, the tests in a browser may have left an event loop running.
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(loaded, tmp_path, clients=25, seconds=SECONDS, http_server=http_server, commits=60)
        _, outcome = running.result()

    assert outcome.failures == []
    assert sum(map(len, outcome.acknowledged.values())) > 0
    assert {what for what in outcome.latencies if "clone" in what} == {"git clone", "hg clone"}


def test_members_read_and_push_while_crawlers_want_everything(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(
            loaded,
            tmp_path,
            clients=15,
            seconds=SECONDS,
            http_server="waitress",
            commits=60,
            crawlers=8,
            settings=["visitor_budget=60"],
        )
        _, outcome = running.result()

    assert outcome.failures == []
    assert outcome.latencies["warm page, signed in"]
    assert sum(map(len, outcome.acknowledged.values())) > 0
    assert [what for what, _ in outcome.refused if "signed in" in what] == []
    assert outcome.refused["costly page", 429] > 0
