"""A real history goes in with a push and comes out of a clone unchanged."""

from tests.clients.histories import write_history
from tests.clients.server import Person, Server

COMMITS = 2000
EVERYTHING = {"git": ("--all", "origin"), "hg": ()}


def test_clone_push_and_second_clone_is_identical(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    first = alice.clone(repository)
    write_history(first, COMMITS)
    pushed = first.push(*EVERYTHING[kind])

    second = alice.clone(repository)

    assert pushed.worked, pushed.text
    assert second.verify().worked
    assert second.heads() == first.heads()
    assert server.backend(repository).keeper.verify() == ()
