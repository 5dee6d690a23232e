"""Forks that were asked for over HTTP: real clients clone them, push to them and pull from them, whatever becomes of the
original, and nothing of either is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlencode

import pytest

from kallithea.jobs.worker import Worker
from kallithea.lib.access import Access
from kallithea.lib.vcs import Kind
from kallithea.services.actors import Member
from kallithea.services.forks import COPY
from kallithea.services.tokens import NewToken
from tests.clients.histories import empty_working_copy, write_history
from tests.clients.server import Hosted, Person, Server
from tests.clients.working_copies import Work

PUSHES = 3
"""Pushes to a fork while its original is worked on."""


@pytest.fixture(name="history", scope="module")
def _history(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Work]:
    """A local history of a kind, written once."""

    @lru_cache
    def written(kind: str) -> Work:
        work = empty_working_copy(kind, tmp_path_factory.mktemp("history") / kind)
        write_history(work, 30)
        return work

    return written


@pytest.fixture(name="parent")
def _parent(server: Server, alice: Person, history: Callable[[str], Work], kind: str) -> Hosted:
    """A public repository with two branches, each of which has what the other has not."""
    parent = server.repository(kind=kind, writers=[alice], public=True)
    pushed = history(kind).push(*(["--all"] if kind == "git" else []), alice.url(parent))
    assert pushed.worked, pushed.text
    return parent


def forked(server: Server, person: Person, parent: Hosted) -> Hosted:
    """What a script does: the form of the page, sent with a token; and the copy, as the worker of a server makes it."""
    name = f"{parent.path}-of-{person.name}"
    with server.app.system_scope() as scope:
        row = scope.accounts.by_name(person.name)
        member = Member(row.id, row.name)
        token = scope.tokens.create(member, NewToken("forks", Access.ADMIN, False, timedelta(days=1), ()))[1]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"repo_name": name}).encode()
    answer = server.request("POST", f"/{parent.path}/fork", headers=headers, body=body)
    assert answer.status == 303, answer.body
    worker = Worker(server.app.job_tools(), [COPY])
    while worker.run_one():
        pass
    with server.app.system_scope() as scope:
        found = scope.access.at(name)
        assert found is not None
        assert found.repository is not None
        assert found.repository.is_ready
        return Hosted(found.repository.id, name, parent.kind, found.repository.location)


def are_whole(server: Server, *repositories: Hosted) -> bool:
    return not any(server.backend(repository).keeper.verify() for repository in repositories)


def maintain(server: Server, repository: Hosted) -> None:
    server.backend(repository).keeper.maintain(thorough=True)


def delete_and_purge(server: Server, repository: Hosted) -> None:
    with server.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.locate_path(repository.path)))
    vault = server.app.vault
    (buried,) = (found for found in vault.discarded() if found.path == repository.path)
    vault.purge(buried)


def rewrite(work: Work) -> None:
    """Take from a git repository what only one branch has, and give other things to all; hg's history only grows."""
    if work.client() == ("git",):
        work.runs("push", "origin", "--delete", "side")
        work.runs("checkout", "--quiet", "--orphan", "other")
        work.commit("other.txt")
        work.runs("push", "--force", "origin", "other:main")
    else:
        work.commit("other.txt")
        assert work.push().worked


def test_a_fork_is_cloned_pushed_to_and_pulled_and_the_original_is_none_the_wiser(
    server: Server, alice: Person, bob: Person, parent: Hosted
) -> None:
    before = alice.clone(parent).heads()
    fork = forked(server, bob, parent)
    work, other = bob.clone(fork), alice.clone(fork)

    assert work.heads() == before
    pushed = work.commit("new.txt").push()
    assert pushed.worked, pushed.text

    pulled = other.pull()
    assert pulled.worked, pulled.text
    assert work.tip() in other.heads()
    assert alice.clone(fork).commit("x.txt").push().refused_with("403")
    assert alice.clone(parent).heads() == before
    assert len(server.pushes(fork)) == 1
    assert are_whole(server, parent, fork)


def test_what_is_pushed_to_the_original_and_lost_there_changes_nothing_in_the_fork_until_it_is_pulled(
    server: Server, alice: Person, bob: Person, parent: Hosted
) -> None:
    fork = forked(server, bob, parent)
    work = bob.clone(fork)
    before = work.heads()

    rewrite(alice.clone(parent))
    maintain(server, parent)

    again = bob.clone(fork)
    assert again.heads() == before
    assert again.verify().worked
    assert are_whole(server, parent, fork)
    theirs = alice.clone(parent)
    assert theirs.heads() != before
    if parent.kind == "git":
        again.runs("fetch", "--quiet", bob.url(parent), "main:theirs")
        pushed = again.push("origin", "theirs")
    else:
        again.runs("pull", bob.url(parent))
        pushed = again.push("--force")
    assert pushed.worked, pushed.text
    assert set(theirs.heads()) <= set(bob.clone(fork).heads())


def test_a_fork_outlives_its_original(server: Server, alice: Person, bob: Person, parent: Hosted) -> None:
    fork = forked(server, bob, parent)
    work = bob.clone(fork)
    before = work.heads()

    server.rename(parent, f"renamed/{parent.path}")
    delete_and_purge(server, replace(parent, path=f"renamed/{parent.path}"))
    maintain(server, fork)

    assert not alice.tries_to_clone(parent).worked
    again = bob.clone(fork)
    assert again.heads() == before
    assert again.verify().worked
    assert work.commit("after.txt").push().worked
    assert are_whole(server, fork)


def test_an_original_outlives_its_fork(server: Server, alice: Person, bob: Person, parent: Hosted) -> None:
    fork = forked(server, bob, parent)
    before = alice.clone(parent).heads()
    assert bob.clone(fork).commit("new.txt").push().worked

    delete_and_purge(server, fork)

    again = alice.clone(parent)
    assert again.heads() == before
    assert again.verify().worked
    assert again.commit("after.txt").push().worked
    assert are_whole(server, parent)


def test_pushes_to_a_fork_while_its_original_is_pushed_to_packed_renamed_deleted_and_purged(
    server: Server, alice: Person, bob: Person, parent: Hosted
) -> None:
    fork = forked(server, bob, parent)
    work, theirs = bob.clone(fork), alice.clone(parent)
    renamed = replace(parent, path=f"renamed/{parent.path}")
    steps: tuple[Callable[[], object], ...] = (
        lambda: rewrite(theirs),
        lambda: maintain(server, parent),
        lambda: server.rename(parent, renamed.path),
        lambda: delete_and_purge(server, renamed),
    )

    def push_on() -> list[str]:
        acknowledged = []
        for number in range(PUSHES):
            pushed = work.commit(f"pushed-{number}.txt").push()
            assert pushed.worked, pushed.text
            acknowledged.append(work.tip())
        return acknowledged

    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(push_on)
        for step in steps:
            step()
            assert bob.tries_to_clone(fork).worked
        acknowledged = pushing.result()

    again = bob.clone(fork)
    known = again.runs("rev-list", "--all") if parent.kind == "git" else again.runs("log", "--template", "{node}\n")
    assert set(acknowledged) <= set(known.split())
    assert again.verify().worked
    assert are_whole(server, fork)
    assert server.app.vault.open(Kind(fork.kind), fork.location).reader.resolve(acknowledged[-1])
