"""A wrong password opens nothing, not even what is public to those who show none."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from kallithea.model import SignInFailure
from tests.clients.server import Person, Server


def test_wrong_password_is_refused(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice])

    outcome = replace(alice, password="wrong horse").tries_to_clone(repository)

    assert not outcome.worked
    assert outcome.says({"git": "Authentication failed", "hg": "authorization failed"}[kind])


def test_a_wrong_password_does_not_open_what_is_public(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", public=True)
    target = f"/{repository.path}/info/refs?service=git-upload-pack"

    answer = server.request("GET", target, headers=replace(alice, password="wrong horse").basic)

    assert answer.status == 401


def test_a_wrong_password_counts_once(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git")
    with server.app.session() as session:
        before = session.scalar(select(func.sum(SignInFailure.failures)).where(SignInFailure.subject.like("account:%"))) or 0

    server.request("GET", f"/{repository.path}?cmd=heads", headers=replace(alice, password="wrong horse").basic)

    with server.app.session() as session:
        after = session.scalar(select(func.sum(SignInFailure.failures)).where(SignInFailure.subject.like("account:%")))
    assert after == before + 1


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer something", "Basic OnNlY3JldA==", ""])
def test_a_header_that_cannot_be_read_is_refused(server: Server, header: str) -> None:
    repository = server.repository(kind="git", public=True)

    answer = server.request("GET", f"/{repository.path}/info/refs?service=git-upload-pack", headers={"Authorization": header})

    assert answer.status == 401


def test_who_guesses_too_often_has_to_wait(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", readers=[alice])
    target = f"/{repository.path}/info/refs?service=git-upload-pack"
    for _ in range(12):
        answer = server.request("GET", target, headers=replace(alice, password="guess").basic)
        if answer.status == 429:
            break

    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0
