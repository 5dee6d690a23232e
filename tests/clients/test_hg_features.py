"""What hg clients can do: bookmarks, phases, branches, streams, pulling a part."""

from __future__ import annotations

import pytest

from tests.clients.histories import write_history
from tests.clients.server import Hosted, Person, Server
from tests.clients.working_copies import Work


@pytest.fixture(name="repository")
def _repository(server: Server, alice: Person) -> Hosted:
    return server.repository(kind="hg", writers=[alice])


@pytest.fixture(name="work")
def _work(alice: Person, repository: Hosted) -> Work:
    """A working copy with two branches that has been pushed."""
    work = alice.clone(repository)
    write_history(work, 40)
    work.runs("push", "--new-branch", "--quiet")
    work.runs("update", "--quiet", "default")
    return work


def test_bookmarks_are_pushed_and_recorded(server: Server, alice: Person, repository: Hosted, work: Work) -> None:
    work.runs("bookmark", "feature")

    work.tries("push", "--bookmark", "feature")  # 1: no changes but the bookmark

    (update,) = server.pushes(repository)[-1].updates
    assert (update.kind, update.name, update.new) == ("bookmark", "feature", work.tip())
    assert "feature" in alice.clone(repository).runs("bookmarks")


def test_pushed_changesets_become_public(work: Work) -> None:
    work.commit("more.txt").push()

    assert work.runs("log", "--rev", ".", "--template", "{phase}") == "public"


def test_branches_are_recorded_by_name(server: Server, repository: Hosted, work: Work) -> None:
    updates = server.pushes(repository)[0].updates

    assert sorted((update.kind, update.name) for update in updates) == [("branch", "default"), ("branch", "side")]


def test_a_second_head_needs_force(work: Work) -> None:
    work.runs("update", "--quiet", "0")
    work.commit("head.txt")

    refused, forced = work.push(), work.push("--force")

    assert not refused.worked
    assert forced.worked


def test_clone_as_a_stream(alice: Person, repository: Hosted, work: Work) -> None:
    second = alice.clone(repository, "--stream")

    assert second.heads() == work.heads()
    assert second.verify().worked


def test_pull_up_to_a_revision(alice: Person, repository: Hosted, work: Work) -> None:
    wanted = work.runs("log", "--rev", "3", "--template", "{node}")

    second = alice.clone(repository, "--rev", wanted)

    assert second.heads() == [wanted]


def test_incoming_announces_what_pull_brings(alice: Person, repository: Hosted, work: Work) -> None:
    second = alice.clone(repository)
    work.commit("more.txt").push()

    announced = second.runs("incoming", "--quiet", "--template", "{node}")

    assert announced == work.tip()
    assert second.pull().worked
    assert second.heads() == work.heads()


def test_an_empty_repository_can_be_cloned(alice: Person, server: Server) -> None:
    assert alice.tries_to_clone(server.repository(kind="hg", readers=[alice])).worked
