"""Clients do not get into each other's way."""

from concurrent.futures import ThreadPoolExecutor

from tests.clients.histories import write_history
from tests.clients.server import Person, Server


def test_four_clones_at_once(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository)
    write_history(work, 300)
    assert work.push(*(("--all", "origin") if kind == "git" else ())).worked

    with ThreadPoolExecutor(4) as threads:
        copies = list(threads.map(lambda _: alice.clone(repository), range(4)))

    assert [copy.heads() for copy in copies] == [work.heads()] * 4


def test_two_pushes_at_once_both_arrive_or_are_refused_cleanly(server: Server, alice: Person, bob: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice, bob])
    works = [person.clone(repository).commit(f"{person.name}.txt") for person in (alice, bob)]

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(lambda work: work.push(), works))

    assert [outcome.worked for outcome in outcomes].count(True) == 1
    assert len(server.pushes(repository)) == 1
    assert server.backend(repository).keeper.verify() == ()
