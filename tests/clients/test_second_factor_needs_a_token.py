"""With a second factor the password alone opens nothing over hg and git, and the client says what does."""

from dataclasses import replace

from kallithea.lib import totp
from kallithea.lib.clock import utc_now
from kallithea.services.actors import Member
from tests.clients.server import Person, Server

FIRST_REQUEST = {"git": "/info/refs?service=git-upload-pack", "hg": "?cmd=capabilities"}


def _set_up(server: Server, person: Person) -> None:
    with server.app.system_scope() as scope:
        account = scope.accounts.by_name(person.name)
        member = Member(account.id, account.name)
        secret = totp.new_secret()
        code = totp.code_at(secret, int(utc_now().timestamp()) // totp.STEP)
        scope.second_factors.turn_app_on(member, scope.second_factors.draft(member, secret), code)


def test_password_alone_is_refused_with_what_to_do(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, readers=[alice], writers=[alice])
    _set_up(server, alice)

    outcome = alice.tries_to_clone(repository)

    assert not outcome.worked
    assert outcome.says("A password alone does not open this account")
    assert outcome.says("access token")


def test_work_that_was_cloned_before_cannot_be_pushed(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice])
    work = alice.clone(repository).commit("hello.txt")
    _set_up(server, alice)

    assert work.push().says("access token")


def test_password_does_not_open_what_is_public_either(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, public=True)
    _set_up(server, alice)
    target = f"/{repository.path}{FIRST_REQUEST[kind]}"

    assert server.request("GET", target, headers=alice.basic).status == 403
    assert server.request("GET", target).status == 200


def test_wrong_password_gets_the_same_answer_with_and_without_a_factor(
    server: Server, alice: Person, bob: Person, kind: str
) -> None:
    repository = server.repository(kind=kind, readers=[alice, bob])
    _set_up(server, alice)

    one, other = (
        server.request("GET", f"/{repository.path}{FIRST_REQUEST[kind]}", headers=replace(person, password="wrong horse").basic)
        for person in (alice, bob)
    )

    assert one.status == 401
    assert one.told == other.told
