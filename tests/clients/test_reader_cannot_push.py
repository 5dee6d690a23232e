"""Who may only read cannot push."""

from tests.clients.server import Person, Server


def test_reader_cannot_push(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])
    work = alice.clone(repository).commit("hello.txt")

    outcome = work.push()

    assert outcome.refused_with("403")


def test_a_refused_push_changes_nothing(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])

    alice.clone(repository).commit("hello.txt").push()

    assert server.backend(repository).reader.refs().default is None
    assert server.pushes(repository) == []
