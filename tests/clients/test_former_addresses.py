"""Clients at the old address of a repository are led to the new one, if they may read it there; the rest hears what it always
hears."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.clients.server import Person, Server
from tests.clients.working_copies import Outcome


def test_a_clone_of_before_goes_on_working(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository)
    server.rename(repository, f"renamed/{repository.path}")

    pushed = work.commit("hello.txt").push()

    assert pushed.worked, pushed.text
    moved = replace(repository, path=f"renamed/{repository.path}")
    assert len(server.pushes(moved)) == 1
    assert (alice.clone(repository).folder / "hello.txt").exists()


def test_the_client_says_where_it_was_led(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])
    server.rename(repository, f"renamed/{repository.path}")

    outcome = alice.tries_to_clone(repository)

    assert outcome.worked
    assert f"renamed/{repository.path}" in outcome.text


def test_visitors_are_led_to_what_is_public(server: Server, kind: str) -> None:
    repository = server.repository(kind=kind, public=True)
    server.rename(repository, f"renamed/{repository.path}")

    assert server.nobody.tries_to_clone(repository).worked


def test_a_push_to_the_old_address_of_what_one_may_only_read_is_refused(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])
    work = alice.clone(repository)
    server.rename(repository, f"renamed/{repository.path}")

    outcome = work.commit("hello.txt").push()

    assert outcome.refused_with("403")


def test_who_may_not_read_it_hears_the_same_as_of_what_never_was(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, private=True)
    server.rename(repository, f"renamed/{repository.path}")
    never = f"{repository.path}x"

    for person in (alice, server.nobody):
        said = [person.tries_to_clone(path, kind=kind) for path in (repository.path, never)]
        assert not any(outcome.worked for outcome in said)
        assert _told(said[0], repository.path) == _told(said[1], never)


def _told(outcome: Outcome, path: str) -> str:
    """What the client printed, but for the path and the folder of the clone."""
    return re.sub(r"work\d+", "work", outcome.text.replace(path, "PATH"))


def test_something_new_at_the_old_address_is_what_one_gets(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    alice.clone(repository).commit("of-old.txt").push()
    server.rename(repository, f"renamed/{repository.path}")
    new = server.repository(kind=kind, path=repository.path, writers=[alice])
    alice.clone(new).commit("of-new.txt").push()

    work = alice.clone(repository)

    assert (work.folder / "of-new.txt").exists()
    assert not (work.folder / "of-old.txt").exists()
