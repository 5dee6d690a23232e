"""A git client at an hg repository, and the other way round, learns what is wrong; strangers do not."""

from tests.clients.server import Person, Server

OTHER = {"git": "hg", "hg": "git"}
SENTENCE = {"git": "This is a Git repository.", "hg": "This is a Mercurial repository."}


def test_wrong_kind_is_explained(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])

    outcome = alice.tries_to_clone(repository, kind=OTHER[kind])

    assert not outcome.worked
    assert outcome.says(SENTENCE[kind])


def test_a_stranger_does_not_learn_the_kind(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, private=True)

    outcome = alice.tries_to_clone(repository, kind=OTHER[kind])

    assert not outcome.worked
    assert not outcome.says(SENTENCE[kind])
