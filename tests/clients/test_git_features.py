"""What git clients can do: protocol versions, shallow and partial clones, atomic pushes, tags, deleting and forcing."""

from __future__ import annotations

import pytest

from tests.clients.histories import write_history
from tests.clients.server import Hosted, Person, Server
from tests.clients.working_copies import Work


@pytest.fixture(name="repository")
def _repository(server: Server, alice: Person) -> Hosted:
    return server.repository(kind="git", writers=[alice])


@pytest.fixture(name="work")
def _work(alice: Person, repository: Hosted) -> Work:
    """A working copy with a history of 40 commits that has been pushed."""
    work = alice.clone(repository)
    write_history(work, 40)
    work.runs("checkout", "--quiet", "main")
    work.runs("push", "--quiet", "--all", "origin")
    return work


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_every_protocol_version_clones_and_fetches(alice: Person, repository: Hosted, work: Work, version: str) -> None:
    second = alice.clone(repository, "--config", f"protocol.version={version}")
    work.commit("more.txt").push()

    outcome = second.pull()

    assert outcome.worked
    assert second.runs("rev-parse", "origin/main").strip() == work.tip()
    assert second.verify().worked


def test_protocol_version_2_is_spoken(alice: Person, repository: Hosted, work: Work) -> None:
    second = alice.clone(repository)
    second.more["GIT_TRACE_PACKET"] = "1"

    assert "fetch< version 2" in second.runs("fetch", "origin")


def test_shallow_clone(alice: Person, repository: Hosted, work: Work) -> None:
    second = alice.clone(repository, "--depth", "3")
    shallow = int(second.runs("rev-list", "--count", "--first-parent", "HEAD"))

    second.runs("fetch", "--unshallow")

    assert shallow == 3
    assert second.runs("rev-list", "--count", "HEAD") == work.runs("rev-list", "--count", "main")


def test_a_shallow_clone_can_push(alice: Person, server: Server, repository: Hosted, work: Work) -> None:
    second = alice.clone(repository, "--depth", "1").commit("more.txt")

    assert second.push().worked
    assert server.backend(repository).keeper.verify() == ()


def test_partial_clone_fetches_blobs_when_needed(alice: Person, repository: Hosted, work: Work) -> None:
    second = alice.clone(repository, "--filter=blob:none", "--no-checkout")
    missing = second.runs("rev-list", "--objects", "--all", "--missing=print").count("\n?")

    text = second.runs("show", "HEAD:folder6/file6.txt")

    assert missing > 20
    assert text == work.runs("show", "HEAD:folder6/file6.txt")


def test_an_atomic_push_is_all_or_nothing(alice: Person, server: Server, repository: Hosted, work: Work) -> None:
    other = alice.clone(repository).commit("other.txt")
    assert other.push().worked
    work.commit("mine.txt")

    outcome = work.push("--atomic", "origin", "main", "main:refs/heads/new")

    assert not outcome.worked
    assert "new" not in {ref.name for ref in server.backend(repository).reader.refs().branches}


def test_tags_are_pushed_and_recorded(server: Server, repository: Hosted, work: Work) -> None:
    work.runs("tag", "--annotate", "--message", "release", "v1")
    work.runs("tag", "light")

    assert work.push("origin", "--tags").worked

    updates = server.pushes(repository)[-1].updates
    assert [(update.kind, update.name, update.new) for update in updates] == [
        ("tag", "light", work.tip()),
        ("tag", "v1", work.tip()),
    ]


def test_a_deleted_branch_is_recorded(server: Server, repository: Hosted, work: Work) -> None:
    old = work.runs("rev-parse", "side").strip()

    assert work.push("origin", ":side").worked

    (update,) = server.pushes(repository)[-1].updates
    assert (update.name, update.old, update.new) == ("side", old, None)


def test_force_push_rewrites_and_is_recorded(server: Server, repository: Hosted, work: Work) -> None:
    old = work.tip()
    work.runs("reset", "--quiet", "--hard", "HEAD~3")
    refused = work.push()

    forced = work.push("--force", "origin", "main")

    assert not refused.worked
    assert forced.worked
    (update,) = server.pushes(repository)[-1].updates
    assert (update.name, update.old, update.new) == ("main", old, work.tip())


def test_an_empty_repository_can_be_cloned(alice: Person, server: Server) -> None:
    outcome = alice.tries_to_clone(server.repository(kind="git", readers=[alice]))

    assert outcome.worked
    assert outcome.says("You appear to have cloned an empty repository")


def test_a_bad_object_is_refused(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice])
    work = alice.clone(repository)
    blob = work.runs("hash-object", "-w", "--stdin", stdin=b"[core]\n").strip()
    tree = work.runs("mktree", stdin=f"100644 blob {blob}\t.git\n".encode()).strip()
    commit = work.runs("commit-tree", "-m", "bad", tree).strip()

    outcome = work.push("origin", f"{commit}:refs/heads/main")

    assert not outcome.worked
    assert outcome.says("hasDotgit")
    assert server.pushes(repository) == []


def test_an_old_commit_with_a_bad_time_zone_is_taken(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice])
    work = alice.clone(repository)
    tree = work.runs("mktree").strip()
    text = f"tree {tree}\nauthor A <a@example.com> 1000000000 +051800\ncommitter A <a@example.com> 1000000000 +051800\n\nold\n"
    commit = work.runs("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text.encode()).strip()

    outcome = work.push("origin", f"{commit}:refs/heads/main")

    assert outcome.worked, outcome.text
    assert server.backend(repository).reader.resolve("main").id.hex == commit


def test_the_dumb_protocol_is_explained(server: Server, alice: Person) -> None:
    work = alice.clone(server.repository(kind="git", readers=[alice], public=True))
    work.more["GIT_SMART_HTTP"] = "0"

    outcome = work.tries("ls-remote", "origin")

    assert not outcome.worked
    assert outcome.says("Only git's smart HTTP protocol is spoken here.")
