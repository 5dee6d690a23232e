"""Real git and hg with tokens: what the scope says they may, and not more; they hear why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kallithea.lib.access import Access
from kallithea.services.deploy_tokens import NewDeployToken
from kallithea.services.tokens import NewToken
from tests.clients.server import Hosted, Person, Server


def _with_token(server: Server, person: Person, access: Access, *places: Hosted) -> Person:
    """The same person, whose clients have a token in place of the password."""
    with server.app.system_scope() as scope:
        member = scope.accounts.member(scope.accounts.by_name(person.name).id)
        assert member is not None
        name = f"{access.word} {' '.join(place.path for place in places)}"
        new = NewToken(name, access, places=tuple(place.path for place in places))
        return replace(person, password=scope.tokens.create(member, new)[1])


def _deployment(server: Server, repository: Hosted, access: Access, *, lifetime: timedelta = timedelta(days=1)) -> Person:
    """A client with a deploy token."""
    with server.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
        token = scope.deploy_tokens.create(grant, NewDeployToken(f"{access.word} machine", access, lifetime))[1]
    return Person(server, "token", token)


def test_a_token_is_the_password(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    program = _with_token(server, alice, Access.WRITE)
    work = program.clone(repository).commit("hello.txt")

    outcome = work.push()

    assert outcome.worked, outcome.text
    assert [push.user_name for push in server.pushes(repository)] == [alice.name]


def test_a_token_for_reading_cannot_push_and_the_client_is_told_why(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    program = _with_token(server, alice, Access.READ)
    work = program.clone(repository).commit("hello.txt")

    outcome = work.push()

    assert outcome.refused_with("403")
    assert outcome.says("token")
    assert server.pushes(repository) == []


def test_a_bound_token_opens_its_repository_alone(server: Server, alice: Person, kind: str) -> None:
    its, other = server.repository(kind=kind, writers=[alice]), server.repository(kind=kind, writers=[alice])
    program = _with_token(server, alice, Access.WRITE, its)

    assert program.tries_to_clone(its).worked
    assert not program.tries_to_clone(other).worked


def test_a_token_that_was_revoked_opens_nothing(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])
    program = _with_token(server, alice, Access.READ)
    with server.app.system_scope() as scope:
        scope.tokens.revoke_any(scope.tokens.all()[0].id)

    outcome = program.tries_to_clone(repository)

    assert outcome.says({"git": "Authentication failed", "hg": "authorization failed"}[kind])


def test_git_may_send_a_token_as_bearer(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", readers=[alice])
    token = _with_token(server, alice, Access.READ).password

    outcome = server.nobody.tries_to_clone(repository, "-c", f"http.extraHeader=Authorization: Bearer {token}")

    assert outcome.worked, outcome.text


def test_a_deploy_token_pushes_under_its_name(server: Server, kind: str) -> None:
    repository = server.repository(kind=kind)
    work = _deployment(server, repository, Access.WRITE).clone(repository).commit("hello.txt")

    outcome = work.push()

    assert outcome.worked, outcome.text
    assert [push.user_name for push in server.pushes(repository)] == ["write machine"]


def test_a_deploy_token_for_reading_cannot_push(server: Server, kind: str) -> None:
    repository = server.repository(kind=kind)
    work = _deployment(server, repository, Access.READ).clone(repository).commit("hello.txt")

    outcome = work.push()

    assert outcome.refused_with("403")
    assert server.pushes(repository) == []


def test_a_deploy_token_opens_no_other_repository(server: Server, kind: str) -> None:
    its, other = server.repository(kind=kind), server.repository(kind=kind)

    assert not _deployment(server, its, Access.WRITE).tries_to_clone(other).worked
