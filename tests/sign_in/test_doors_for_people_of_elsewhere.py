"""Every way in ends at the same place: a second step where there is a second factor, and nowhere from a forbidden address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from kallithea.lib.access import Access
from kallithea.lib.sign_in.sources import VerifiedPerson
from kallithea.model import AuditEntry, User, UserSession
from kallithea.services.authentication import NOT_FROM_THERE
from kallithea.services.tokens import NewToken
from tests.factors import APP, SECOND, TICKET, Phone, set_up
from tests.sign_in.conftest import turn_off, turn_on
from tests.sign_in.plugin import Book
from tests.sign_in.provider import Provider
from tests.sign_in.test_oidc import _account, _house, _provider, _there_and_back  # noqa: F401 - fixtures
from tests.sign_in.test_trusted_header import HEADER, SETTINGS, Client, _refs
from tests.worlds import Browser, World

SECRET = "a word in the book"
CONFIRM = "/_admin/my_account/security/confirm"
FORBIDDEN = "203.0.113.0/24"
"""A network that nobody in these tests comes from."""


@pytest.fixture(name="library")
def _library(world: World, book: Book) -> Iterator[World]:
    """A world that asks the book."""
    turn_on(world, "book", {"shelf": "3", "new_people": "create"})
    yield world
    turn_off(world, "book")


@pytest.fixture(name="front")
def _front(world: World) -> Iterator[World]:
    """A world that believes its proxy."""
    turn_on(world, "header", SETTINGS)
    yield world
    turn_off(world, "header")


def _reader(world: World, book: Book) -> str:
    """Somebody who is in the book."""
    name = f"reader{world.number}"
    book.people[name, SECRET] = VerifiedPerson(f"id-{name}", name)
    return name


def _in_by_book(world: World, name: str) -> Browser:
    browser = world.browser()
    browser.post("/_admin/login", {"username": name, "password": SECRET}, status=303)
    return browser


def _allow(world: World, name: str, networks: str) -> None:
    with world.app.system_scope() as scope:
        scope.address_lists.set(scope.accounts.by_name(name), networks, by=scope.actor, origin=scope.credentials.origin)


def _source_of_last_session(world: World, name: str) -> str | None:
    with world.app.session() as session:
        statement = select(UserSession.source).join(User, User.id == UserSession.user_id).where(User.name == name)
        return session.scalars(statement.order_by(UserSession.id.desc()).limit(1)).one()


# --- by the password of a source


def test_downgrade_by_the_password_of_a_source_opens_nothing(library: World, book: Book) -> None:
    name = _reader(library, book)
    phone, _ = set_up(library, _in_by_book(library, name))
    browser = library.browser()

    answer = browser.post("/_admin/login", {"username": name, "password": SECRET}, status=303)

    assert SECOND in answer.headers["Location"]
    assert not browser.is_signed_in
    browser.post(SECOND, {"code": phone.code()}, status=303)
    assert browser.is_signed_in


def test_password_of_a_source_opens_no_page_from_a_forbidden_address(library: World, book: Book) -> None:
    name = _reader(library, book)
    browser = _in_by_book(library, name)
    _allow(library, name, FORBIDDEN)

    assert not browser.is_signed_in
    answer = library.browser().post("/_admin/login", {"username": name, "password": SECRET})
    assert answer.status_int == 401
    assert "Wrong user name or password." in answer.text


# --- from another site


def test_downgrade_by_another_site_opens_nothing(house: World, provider: Provider) -> None:
    browser = house.browser()
    _there_and_back(browser, provider, "2")
    phone = set_up(house, browser)[0]
    name = browser.get("/_admin/my_account").html.find("a", class_="you").text
    sessions = len(house.rows()["user_session"])
    browser = house.browser()

    try:
        answer = _there_and_back(browser, provider, "2", came_from="/somewhere")

        assert answer.status_int == 303
        assert f"{SECOND}?came_from=%2Fsomewhere" in answer.headers["Location"]
        assert not browser.is_signed_in
        assert browser.cookie(TICKET)
        assert len(house.rows()["user_session"]) == sessions
        _second_step(browser, phone)
        assert browser.is_signed_in
        assert _source_of_last_session(house, name) == "oidc"
        assert "/_admin/logout/done/oidc" in browser.post("/_admin/logout", status=303).headers["Location"]
    finally:
        with house.app.system_scope() as scope:
            scope.second_factors.reset(scope.accounts.by_name(name))


def _second_step(browser: Browser, phone: Phone) -> None:
    answer = browser.post(SECOND, {"code": phone.code(), "came_from": "/somewhere"}, status=303)
    assert answer.headers["Location"] == "http://localhost/somewhere"


def test_ticket_of_another_site_is_worth_nothing_in_another_browser(house: World, provider: Provider) -> None:
    browser = house.browser()
    _there_and_back(browser, provider, "2")
    phone = set_up(house, browser)[0]
    name = browser.get("/_admin/my_account").html.find("a", class_="you").text
    try:
        half, thief = house.browser(), house.browser()
        _there_and_back(half, provider, "2")
        thief.app.set_cookie(TICKET, half.cookie(TICKET) or "")

        assert "/_admin/login" in thief.post(SECOND, {"code": phone.code()}, status=303).headers["Location"]
        assert not thief.is_signed_in
    finally:
        with house.app.system_scope() as scope:
            scope.second_factors.reset(scope.accounts.by_name(name))


def test_another_site_opens_nothing_from_a_forbidden_address(house: World, provider: Provider) -> None:
    _there_and_back(house.browser(), provider)
    frida = _account(house, provider.frida)
    _allow(house, provider.frida, FORBIDDEN)
    sessions = len(house.rows()["user_session"])
    try:
        browser = house.browser()
        answer = _there_and_back(browser, provider)

        assert answer.status_int == 403
        assert NOT_FROM_THERE in answer.text
        assert not browser.is_signed_in
        assert len(house.rows()["user_session"]) == sessions
        with house.app.session() as session:
            failed = select(AuditEntry.id).where(AuditEntry.action == "session.fail", AuditEntry.target_id == frida.id)
            assert len(session.scalars(failed).all()) == 1
    finally:
        _allow(house, provider.frida, "")


# --- by the proxy in front


def test_whom_the_proxy_names_is_nobody_from_a_forbidden_address(front: World) -> None:
    client, who = Client(front), f"quinn{front.number}"
    assert client.who({HEADER: who}) == who
    repository = front.repository("git")
    assert _refs(client, repository.path, {HEADER: who}) == 200
    _allow(front, who, FORBIDDEN)

    for browser in (client, Client(front)):
        assert browser.who({HEADER: who}) is None
    assert _refs(client, repository.path, {HEADER: who}) in (401, 403, 404)
    assert NOT_FROM_THERE in client.get("/_admin/login", {HEADER: who}).text


def test_token_is_not_widened_by_the_name_that_the_proxy_says(front: World) -> None:
    client, who = Client(front), f"rita{front.number}"
    client.who({HEADER: who})
    with front.app.system_scope() as scope:
        member = scope.accounts.member(scope.accounts.by_name(who).id)
        assert member is not None
        shown = scope.tokens.create(member, NewToken("narrow", Access.READ))[1]

    headers = {HEADER: who, "Authorization": f"Bearer {shown}"}

    assert client.get("/_admin/my_account", {HEADER: who}).status_int == 200
    assert client.get("/_admin/my_account", headers).status_int == 403
    assert client.get("/", {HEADER: who, "Authorization": f"Bearer {shown[:-1]}x"}).status_int == 401


# --- proving again, without a password here


def test_who_has_no_password_here_is_told_what_to_do(library: World, book: Book) -> None:
    name = _reader(library, book)
    browser = _in_by_book(library, name)
    assert browser.get(APP).status_int == 200
    library.clock.advance(minutes=10, seconds=1)

    page = browser.get(APP, status=303).follow()
    assert "Your account has no password here." in page.text
    assert page.html.find("input", {"name": "password"}) is None
    for password in (SECRET, "", "wrong"):
        answer = browser.post(CONFIRM, {"password": password}, status=400)
        assert "no password here. Use a passkey, or sign out and in again." in answer.text
    assert browser.get(APP).status_int == 303

    browser.post("/_admin/logout", status=303)
    browser.post("/_admin/login", {"username": name, "password": SECRET}, status=303)
    assert browser.get(APP).status_int == 200


def test_password_of_a_source_is_not_tried_out_at_an_open_screen(library: World, book: Book) -> None:
    """Somebody of the same name at the source is somebody else."""
    alice = library.person()
    book.people[alice.name, SECRET] = VerifiedPerson("id-of-another", alice.name)
    browser = library.browser(alice)

    answer = browser.post(CONFIRM, {"password": SECRET}, status=400)

    assert "This is not your current password." in answer.text
    assert book.asked == 0


def test_the_form_for_another_password_says_why_there_is_none(library: World, book: Book) -> None:
    browser = _in_by_book(library, _reader(library, book))
    new = "a much better horse"

    page = browser.post(
        "/_admin/my_account/password",
        {"current_password": SECRET, "new_password": new, "new_password_confirmation": new},
        status=400,
    )

    assert "This account has no password here" in page.text
    assert page.html.find("input", {"name": "new_password"}) is None


def test_turning_the_app_off_takes_a_fresh_proof_in_place_of_a_password(library: World, book: Book) -> None:
    browser = _in_by_book(library, _reader(library, book))
    phone, _ = set_up(library, browser)
    fields = {"password": ""}

    refused = browser.post(f"{APP}/delete", {**fields, "code": phone.code()}, status=400)
    assert "sign out and in again" in refused.text
    browser.post("/_admin/logout", status=303)
    name = str(refused.html.find("a", class_="you").text)
    browser.post("/_admin/login", {"username": name, "password": SECRET}, status=303)
    browser.post(SECOND, {"code": phone.code()}, status=303)
    library.clock.advance(seconds=30)

    assert browser.post(f"{APP}/delete", {**fields, "code": phone.wrong_code()}).status_int == 400
    assert browser.post(f"{APP}/delete", {**fields, "code": phone.code()}).status_int == 303
