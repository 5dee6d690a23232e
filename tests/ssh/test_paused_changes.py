"""While changes are paused pushes over SSH wait, and are refused with a sentence when it lasts; clones and pulls go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.clients.test_paused_changes import TOLD, paused
from tests.ssh.host import Holder, SshHost


def test_a_push_that_waited_too_long_is_refused_with_a_sentence(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")

    with paused(host.server):
        outcome = work.push()

    assert outcome.status != 0
    assert outcome.says(TOLD), outcome.text
    assert host.server.backend(repository).reader.refs().default is None
    assert work.push().worked


def test_a_push_that_waits_goes_through_when_changes_go_on(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")

    with ThreadPoolExecutor(1) as others:
        with paused(host.server):
            pushing = others.submit(work.push)
            with pytest.raises(TimeoutError):
                pushing.result(timeout=1.5)
        outcome = pushing.result(timeout=60)

    assert outcome.worked, outcome.text
    assert len(host.server.pushes(repository)) == 1


def test_a_clone_goes_on(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked

    with paused(host.server):
        assert alice.clone(repository).tip() == work.tip()


def test_who_pauses_waits_for_no_one_that_is_done(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    assert alice.clone(repository).commit("hello.txt").push().worked

    host.server.app.writes.close(5, "", drain=0.5)
    host.server.app.writes.open()
