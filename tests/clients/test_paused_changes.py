"""While changes are paused pushes wait, and are refused with a sentence when it lasts; clones, pulls and pages go on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.clients.server import Person, Server

TOLD = "Nothing can be pushed or changed at the moment: an upgrade is under way."


@contextmanager
def paused(server: Server, *, seconds: float = 60) -> Iterator[None]:
    """As `kallithea-cli writes-pause` in another process does it."""
    server.app.writes.close(seconds, "an upgrade is under way", drain=30)
    try:
        yield
    finally:
        server.app.writes.open()


def test_a_push_that_waited_too_long_is_refused_with_a_sentence(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("hello.txt")

    with paused(server):
        outcome = work.push()

    assert outcome.refused_with("503") or (kind == "git" and outcome.status != 0), outcome.text
    assert outcome.says(TOLD), outcome.text
    assert server.backend(repository).reader.refs().default is None
    assert work.push().worked


def test_a_push_that_waits_goes_through_when_changes_go_on(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("hello.txt")

    with ThreadPoolExecutor(1) as others:
        with paused(server):
            pushing = others.submit(work.push)
            with pytest.raises(TimeoutError):
                pushing.result(timeout=1.5)
        outcome = pushing.result(timeout=60)

    assert outcome.worked, outcome.text
    assert [update.new for push in server.pushes(repository) for update in push.updates] == [work.tip()]


def test_a_pause_whose_owner_died_ends_by_itself(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("hello.txt")

    with paused(server, seconds=1):
        assert work.push().worked


def test_reading_goes_on(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice], public=True)
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked
    other = alice.clone(repository)
    work.commit("more.txt").push()

    with paused(server):
        assert alice.clone(repository).tip() == work.tip()
        assert other.pull().worked
        assert server.request("GET", f"/{repository.path}").status == 200


def test_a_form_waits_and_is_then_answered_with_503(server: Server) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with paused(server):
        answer = server.request("POST", "/_admin/login", headers=form, body=b"username=a&password=b")

    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert TOLD in answer.body.decode()
