"""Tokens at the doors: what is wrong with one is not told, what one leaves is all one gets, and none is ever kept or logged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import pytest
from webtest import TestResponse

from kallithea.config.logging import JsonFormatter, PlainFormatter
from kallithea.lib.access import Access
from kallithea.lib.access_tokens import TokenKind, new_access_token
from kallithea.lib.passwords import Passwords
from kallithea.services.actors import Member
from tests.doors.token_crowd import Program, basic, bearer
from tests.worlds import OF_EACH_ANSWER, PASSWORD, Hosted, Person, World, counted_statements


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


@pytest.fixture(name="repository")
def _repository(world: World, alice: Person) -> Hosted:
    """A private repository of hers."""
    repository = world.repository("git", owner=alice, private=True)
    world.filled(repository, {"README.md": b"# Secret plans\n"})
    return repository


def _revoked(world: World, person: Person) -> str:
    token = world.token(person)
    with world.app.system_scope() as scope:
        member = Member(person.id, person.name)
        scope.tokens.revoke(member, scope.tokens.of(member)[0].id)
    return token


def _expired(world: World, person: Person) -> str:
    """One that expired in the moment that it was made, as the clock of these tests stands."""
    token = world.token(person, lifetime=timedelta(microseconds=1))
    world.clock.advance(microseconds=1)
    return token


def _disabled(world: World, _person: Person) -> str:
    other = world.person()
    token = world.token(other, Access.ADMIN)
    world.disable(other)
    return token


def _forged_checksum(world: World, person: Person) -> str:
    token = world.token(person)
    return token[:-1] + ("a" if token[-1] != "a" else "b")


OPEN_NOTHING: dict[str, Callable[[World, Person], str]] = {
    "wrong": lambda _world, _person: new_access_token(TokenKind.PERSON),
    "of no repository": lambda _world, _person: new_access_token(TokenKind.REPOSITORY),
    "expired": _expired,
    "revoked": _revoked,
    "of a disabled account": _disabled,
    "forged checksum": _forged_checksum,
    "of the other kind": lambda world, person: world.token(person).replace("kal_", "kald_"),
    "oversized": lambda world, person: world.token(person) + "a" * 3000,
    "cut off": lambda world, person: world.token(person)[:-5],
    "nothing but the beginning": lambda _world, _person: "kal_",
}


def _rename(world: World, repository: Hosted) -> None:
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(repository.path))
        scope.repositories.rename(grant, f"{repository.path}-new")


def _told(answer: TestResponse) -> tuple[object, ...]:
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in OF_EACH_ANSWER)
    return answer.status, headers, answer.body


def _no_slow_hash(*_anything: object) -> NoReturn:
    raise AssertionError("a password was checked")


# --- one answer for all that opens nothing


@pytest.mark.parametrize("way", [basic, bearer])
def test_all_that_opens_nothing_gets_one_answer_and_no_slow_hash(
    world: World,
    alice: Person,
    repository: Hosted,
    way: Callable[[str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = {name: make(world, alice) for name, make in OPEN_NOTHING.items()}
    monkeypatch.setattr(Passwords, "_matches", _no_slow_hash)
    target = f"/{repository.path}/info/refs?service=git-upload-pack"

    told = {name: _told(Program(world, way(token)).get(target)) for name, token in tokens.items()}

    assert told["wrong"][0] == "401 Unauthorized"
    assert {name for name, answer in told.items() if answer != told["wrong"]} == set()


@pytest.mark.parametrize("name", [n for n in OPEN_NOTHING if n not in ("of no repository", "of the other kind")])
@pytest.mark.parametrize("way", [basic, bearer])
def test_what_opens_nothing_opens_no_page_either(
    world: World, alice: Person, way: Callable[[str], dict[str, str]], name: str
) -> None:
    answer = Program(world, way(OPEN_NOTHING[name](world, alice))).get("/")

    assert answer.status_int == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic" if way is basic else "Bearer")
    assert "The token is wrong, expired or revoked" in answer.text


def test_a_mistyped_token_is_refused_without_a_look_up(world: World, alice: Person) -> None:
    program = Program(world, bearer(_forged_checksum(world, alice)))

    with counted_statements(world.app.engine) as seen:
        assert program.get("/").status_int == 401

    assert [statement for statement in seen if "access_token" in statement] == []


def test_a_good_token_is_checked_by_one_statement_and_no_slow_hash(
    world: World, alice: Person, repository: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(world, bearer(world.token(alice, places=[repository.path])))
    page = f"/{repository.path}/files/tip/README.md"
    program.get(page)
    monkeypatch.setattr(Passwords, "_matches", _no_slow_hash)

    with counted_statements(world.app.engine) as seen:
        assert program.get(page).status_int == 200

    assert len(seen) == 2, "who it is, and the repository with its rules"


def test_wrong_tokens_are_slowed_down_and_keep_nobody_from_signing_in(world: World, alice: Person) -> None:
    program = Program(world, bearer(new_access_token(TokenKind.PERSON)))
    answers = [program.get("/").status_int for _ in range(31)]

    assert answers == [401] * 30 + [429]
    browser = world.browser()
    browser.app.extra_environ.update(program.app.extra_environ)
    assert browser.sign_in(alice).status_int == 303
    assert program.app.get("/", headers=bearer(world.token(alice)), status="*").status_int == 200


# --- whose name


@pytest.mark.parametrize("name", ["", "token", "Token", "{name}", "{NAME}", "{name}@example.com"])
def test_a_token_is_taken_with_its_owners_name_or_none(world: World, alice: Person, repository: Hosted, name: str) -> None:
    said = name.format(name=alice.name, NAME=alice.name.upper())

    assert Program(world, basic(world.token(alice), said)).clones(repository.path) == 200


@pytest.mark.parametrize("name", ["x-token", "default", "{other}", "kal_"])
def test_a_token_is_not_taken_with_another_name(world: World, alice: Person, repository: Hosted, name: str) -> None:
    said = name.format(other=world.person().name)

    assert Program(world, basic(world.token(alice), said)).clones(repository.path) == 401


def test_a_token_as_user_name_is_none(world: World, alice: Person, repository: Hosted) -> None:
    assert Program(world, basic("", world.token(alice))).clones(repository.path) == 401


# --- what it leaves


def test_a_token_never_signs_in(world: World, alice: Person, repository: Hosted) -> None:
    token = world.token(alice, Access.ADMIN)
    for headers in (bearer(token), basic(token, alice.name)):
        answer = Program(world, headers).get(f"/{repository.path}")
        assert answer.status_int == 200
        assert "Set-Cookie" not in answer.headers

    assert world.browser().sign_in(alice, password=token).status_int == 401


def test_a_token_beside_a_session_is_all_that_counts(world: World, alice: Person, repository: Hosted) -> None:
    """A page cannot have the browser of somebody who is signed in do what the token may not."""
    browser = world.browser(alice)

    answer = browser.post(f"/{repository.path}/settings/permissions", {}, headers=bearer(world.token(alice, Access.READ)))

    assert answer.status_int == 403
    assert browser.get("/", headers=bearer(new_access_token(TokenKind.PERSON))).status_int == 401


def test_what_is_no_token_in_the_header_is_not_for_us(world: World, alice: Person) -> None:
    """A proxy in front may have asked for a password of its own."""
    for header in ("Basic " + "YWxpY2U6c2VjcmV0", "Bearer eyJhbGciOiJub25lIn0.e30.", "Negotiate x", "Basic ?", ""):
        assert world.browser(alice).get("/_admin/my_account", headers={"Authorization": header}).status_int == 200


def test_a_password_opens_no_page_as_basic(world: World, alice: Person, repository: Hosted) -> None:
    assert Program(world, basic(PASSWORD, alice.name)).get(f"/{repository.path}").status_int == 404


def test_a_form_with_bearer_needs_no_token_of_forms(world: World, alice: Person, repository: Hosted) -> None:
    answer = Program(world, bearer(world.token(alice, Access.WRITE))).post(f"/{repository.path}/follow")

    assert answer.status_int == 303


@pytest.mark.parametrize("access", [Access.READ, Access.WRITE, Access.ADMIN])
def test_no_token_makes_or_revokes_tokens(world: World, alice: Person, access: Access) -> None:
    program = Program(world, bearer(world.token(alice, access)))

    for door in ("", "/delete"):
        fields = {"name": "more", "access": "admin", "expires": "never", "token_id": "1"}
        assert program.post(f"/_admin/my_account/tokens{door}", fields).status_int == 403


def test_a_site_administrators_token_is_none_without_the_scope_admin(world: World, repository: Hosted) -> None:
    boss = world.person(administrator=True)
    programs = {access: Program(world, bearer(world.token(boss, access))) for access in Access if access > Access.NONE}

    found = {access: program.get(repository.url).status_int for access, program in programs.items()}

    assert found == {Access.READ: 404, Access.WRITE: 404, Access.ADMIN: 200}


def test_a_site_administrators_bound_token_opens_no_administration(world: World, repository: Hosted) -> None:
    boss = world.person(administrator=True)
    program = Program(world, bearer(world.token(boss, Access.ADMIN, places=[repository.path])))
    other = world.repository(private=True)

    assert program.get(f"/{repository.path}/settings").status_int == 200
    assert program.get(other.url).status_int == 404


# --- bound to places


def test_a_bound_token_sees_nothing_else_in_lists(world: World, alice: Person, repository: Hosted) -> None:
    group = world.group(administrators=[alice])
    inside, beside = world.repository(path=f"{group}/inside"), world.repository(path=f"{group}x{world.number}", owner=alice)
    program = Program(world, bearer(world.token(alice, Access.ADMIN, places=[repository.path, group])))

    listed = program.get(f"/?filter={inside.path.partition('/')[0]}").text

    assert f'href="/{inside.path}"' in listed
    assert f'href="/{beside.path}"' not in listed
    assert f'href="/{repository.path}"' in program.get(f"/?filter={repository.path}").text


def test_a_bound_token_does_not_see_what_its_owner_follows_elsewhere(world: World, alice: Person, repository: Hosted) -> None:
    public = world.repository()
    world.browser(alice).post(f"/{public.path}/follow", status=303)
    program = Program(world, bearer(world.token(alice, places=[repository.path])))

    assert public.path not in program.get("/").text


def test_a_bound_token_does_not_read_the_parent_of_a_fork(world: World, alice: Person, repository: Hosted) -> None:
    other = world.repository("git")
    program = Program(world, bearer(world.token(alice, places=[repository.path])))

    assert program.get(f"/{repository.path}/compare/rev@tip...rev@tip?other_repo={other.path}").status_int == 404


def test_a_token_bound_to_what_was_deleted_opens_nothing_rather_than_everything(world: World, alice: Person) -> None:
    gone, stays = world.repository(owner=alice), world.repository(owner=alice)
    program = Program(world, bearer(world.token(alice, Access.ADMIN, places=[gone.path])))
    with world.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at(gone.path)))

    assert program.get(stays.url).status_int == 404
    assert f'href="/{stays.path}"' not in program.get(f"/?filter={stays.path}").text


def test_a_bound_token_follows_a_rename(world: World, alice: Person, repository: Hosted) -> None:
    program = Program(world, bearer(world.token(alice, places=[repository.path])))
    _rename(world, repository)

    assert program.get(f"/{repository.path}-new").status_int == 200


# --- where it never stands


@pytest.mark.parametrize("url", ["/", "/_admin/login", "/{path}", "/{path}/info/refs", "/{path}/feed/atom", "/nothing/here"])
@pytest.mark.parametrize("field", ["access_token", "api_key", "service", "cmd", "x"])
def test_a_token_in_the_query_string_is_refused(world: World, alice: Person, repository: Hosted, url: str, field: str) -> None:
    target = f"{url.format(path=repository.path)}?{field}={world.token(alice)}"

    answer = Program(world, {}).get(target)

    assert answer.status_int == 400
    assert "may not stand in an address" in answer.text


def test_a_token_in_a_form_is_none(world: World, alice: Person, repository: Hosted) -> None:
    fields = {"access_token": world.token(alice, Access.ADMIN), "api_key": world.token(alice, Access.ADMIN)}

    assert Program(world, {}).post(f"/{repository.path}/follow", fields).status_int in (400, 404)


def test_no_log_and_no_row_ever_holds_a_token(
    world: World, alice: Person, repository: Hosted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [world.token(alice, Access.WRITE), world.deploy_token(repository.path), _forged_checksum(world, alice)]
    for token in tokens:
        for headers in (bearer(token), basic(token, alice.name)):
            program = Program(world, {**headers, "User-Agent": f"a program {token}"})
            program.clones(repository.path)
            program.get(f"/{repository.path}?{token}")
            program.get(f"/{token}/{repository.path}")
            program.post(f"/{repository.path}/follow")

    lines = [shape.format(record) for record in caplog.records for shape in (PlainFormatter(), JsonFormatter())]

    assert lines
    assert [line for line in lines if any(token[:20] in line for token in tokens)] == []
    assert not any(token in repr(world.rows()) for token in tokens)


# --- the form


def test_a_form_gives_no_more_than_it_has_fields_for(world: World, alice: Person) -> None:
    """Mass assignment: what the form does not name is not taken from it."""
    other, now = world.person(), world.clock.now
    fields = {
        "name": "mine",
        "user_id": str(other.id),
        "owner": other.name,
        "is_administrator": "True",
        "token_hash": "0" * 64,
        "expires_at": "9999-01-01",
        "lifetime": "-1",
        "is_bound": "False",
        "id": "1",
    }

    assert world.browser(alice).post("/_admin/my_account/tokens", fields).status_int == 200

    with world.app.system_scope() as scope:
        [token] = scope.tokens.of(Member(alice.id, alice.name))
        assert scope.tokens.of(Member(other.id, other.name)) == []
    assert (token.owner, token.access, token.may_use_api) == (alice.name, Access.READ, False)
    assert token.expires_at == now + timedelta(days=90)


@pytest.mark.parametrize("expires", ["", "0", "-1", "36500", "9" * 400, "Never", "1e9", "٩٠"])
def test_a_token_lives_as_long_as_the_form_offers(world: World, alice: Person, expires: str) -> None:
    answer = world.browser(alice).post("/_admin/my_account/tokens", {"name": "mine", "expires": expires})

    assert answer.status_int == 400
    assert "kal_" not in answer.text


@pytest.mark.parametrize("access", ["none", "", "owner", "4", "READ"])
def test_there_are_no_scopes_but_those_of_the_form(world: World, alice: Person, access: str) -> None:
    assert world.browser(alice).post("/_admin/my_account/tokens", {"name": "mine", "access": access}).status_int == 400


def test_a_token_cannot_be_bound_to_what_one_may_not_see(world: World, alice: Person) -> None:
    secret = world.repository(private=True).path
    missing = f"missing{world.number}"

    told = []
    for path in (secret, missing):
        answer = world.browser(alice).post("/_admin/my_account/tokens", {"name": "mine", "places": path})
        assert answer.status_int == 400
        told.append(answer.html.select_one("#places-error").text.replace(path, "NAME"))

    assert told[0] == told[1]


def test_nobody_revokes_anothers_token(world: World, alice: Person) -> None:
    theirs = world.person()
    token = world.token(theirs)
    with world.app.system_scope() as scope:
        number = scope.tokens.of(Member(theirs.id, theirs.name))[0].id

    told = [
        world.browser(alice).post("/_admin/my_account/tokens/delete", {"token_id": wanted}).status_int
        for wanted in (str(number), "999999999")
    ]

    assert told == [404, 404]
    assert Program(world, bearer(token)).get("/").status_int == 200


@pytest.mark.parametrize("token_id", ["", "x", "-1", "1" * 400, "٣", "1 OR 1=1"])
def test_what_is_no_number_of_a_token_is_refused(world: World, alice: Person, token_id: str) -> None:
    assert world.browser(alice).post("/_admin/my_account/tokens/delete", {"token_id": token_id}).status_int == 400


def test_a_token_is_shown_once_and_never_kept_by_the_browser(world: World, alice: Person) -> None:
    browser = world.browser(alice)

    made = browser.post("/_admin/my_account/tokens", {"name": "laptop"})

    token = made.html.select_one("pre").text
    assert made.headers["Cache-Control"] == "no-store"
    assert Program(world, bearer(token)).get("/").status_int == 200
    assert token not in browser.get("/_admin/my_account/tokens").text
    # Sent once more, as a reloaded page does, it makes no other one.
    assert browser.post("/_admin/my_account/tokens", {"name": "laptop"}).status_int == 409


# --- deploy tokens


def test_a_deploy_token_of_one_repository_is_not_revoked_through_another(world: World, alice: Person) -> None:
    mine, theirs = world.repository(owner=alice), world.repository()
    token = world.deploy_token(theirs.path)
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(theirs.path))
        number = scope.deploy_tokens.of(grant)[0].id

    answer = world.browser(alice).post(f"/{mine.path}/settings/deploy_tokens/delete", {"token_id": str(number)})

    assert answer.status_int == 404
    assert Program(world, basic(token, "token")).clones(theirs.path) == 200


@pytest.mark.parametrize("access", ["admin", "none", ""])
def test_a_deploy_token_administers_nothing(world: World, alice: Person, access: str) -> None:
    repository = world.repository(owner=alice)
    fields = {"name": "build", "access": access}

    assert world.browser(alice).post(f"/{repository.path}/settings/deploy_tokens", fields).status_int == 400


def test_a_deploy_token_is_taken_with_nobodys_name_only(world: World, alice: Person, repository: Hosted) -> None:
    token = world.deploy_token(repository.path)
    found = {name: Program(world, basic(token, name)).clones(repository.path) for name in ("", "token", alice.name)}

    assert found == {"": 200, "token": 200, alice.name: 401}


def test_a_deploy_token_is_gone_with_its_repository(world: World, alice: Person) -> None:
    repository = world.repository(owner=alice)
    token, path = world.deploy_token(repository.path), repository.path
    with world.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at(path)))
    world.repository(path=path)

    assert Program(world, basic(token, "token")).clones(path) == 401


def test_a_deploy_token_survives_a_rename(world: World, repository: Hosted) -> None:
    token = world.deploy_token(repository.path)
    _rename(world, repository)

    assert Program(world, basic(token, "token")).clones(f"{repository.path}-new") == 200


def test_a_deploy_token_that_expired_opens_nothing(world: World, repository: Hosted) -> None:
    token = world.deploy_token(repository.path, lifetime=timedelta(microseconds=1))
    world.clock.advance(microseconds=1)

    assert Program(world, basic(token, "token")).clones(repository.path) == 401


def _revoked_deploy_token(world: World, repository: Hosted) -> str:
    token = world.deploy_token(repository.path, name="gone")
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(repository.path))
        number = next(each.id for each in scope.deploy_tokens.of(grant) if each.name == "gone")
        scope.deploy_tokens.revoke(grant, number)
    return token


def test_all_that_is_no_deploy_token_gets_one_answer(world: World, repository: Hosted) -> None:
    good = world.deploy_token(repository.path)
    shown = {
        "wrong": new_access_token(TokenKind.REPOSITORY),
        "revoked": _revoked_deploy_token(world, repository),
        "oversized": good + "a" * 3000,
        "forged": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "of the other kind": good.replace("kald_", "kal_"),
    }
    target = f"/{repository.path}/info/refs?service=git-upload-pack"

    told = {name: _told(Program(world, basic(token, "token")).get(target)) for name, token in shown.items()}

    assert Program(world, basic(good, "token")).clones(repository.path) == 200
    assert told["wrong"][0] == "401 Unauthorized"
    assert {name for name, answer in told.items() if answer != told["wrong"]} == set()
