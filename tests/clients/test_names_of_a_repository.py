"""A repository answers at its path, with `.git` behind it, and at its permanent address."""

from dataclasses import replace

from tests.clients.server import Person, Server


def test_permanent_address_works_after_rename(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    permanent = replace(repository, path=f"_{repository.id}")
    work = alice.clone(permanent)
    server.rename(repository, f"renamed/{repository.path}")

    outcome = work.commit("hello.txt").push()

    assert outcome.worked
    assert (alice.clone(permanent).folder / "hello.txt").exists()


def test_dot_git_alias(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice], path=f"group-{kind}/sub/project")
    alias = replace(repository, path=f"{repository.path}.git")

    outcome = alice.clone(alias).commit("hello.txt").push()

    assert outcome.worked
    assert len(server.pushes(repository)) == 1


def test_a_slash_behind_the_address_is_forgiven(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])

    assert alice.tries_to_clone(replace(repository, path=f"{repository.path}/")).worked


def test_what_lies_below_a_repository_is_not_the_repository(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])

    assert not alice.tries_to_clone(replace(repository, path=f"{repository.path}/files")).worked
