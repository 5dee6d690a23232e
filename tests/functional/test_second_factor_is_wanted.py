"""An administrator wants a second factor: people set it up before anything else, and the rest goes on as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kallithea.services.factor_rules import Demand
from tests.doors.addresses import Address, addresses
from tests.factors import set_up, with_app
from tests.functional.forms import form_with
from tests.worlds import PASSWORD, Person, World

SECURITY = "/_admin/my_account/security"
ABOUT_NOTHING = [address for address in addresses() if address.about is None]
OPEN = [address for address in ABOUT_NOTHING if address.door.is_for_owing]
CLOSED = [address for address in ABOUT_NOTHING if not address.door.is_for_owing]


@contextmanager
def wanted(world: World, of: Demand) -> Iterator[None]:
    def say(demand: Demand) -> None:
        with world.app.system_scope() as scope:
            scope.site_settings.demand_second_factor(demand)

    say(of)
    try:
        yield
    finally:
        say(Demand.NOBODY)


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


@pytest.mark.parametrize("address", CLOSED, ids=lambda address: address.label)
def test_closed_door_leads_to_setting_up(world: World, alice: Person, address: Address) -> None:
    with wanted(world, Demand.EVERYBODY):
        browser = world.browser(alice)
        url = address.at("")

        answer = browser.get(url) if address.door.method == "GET" else browser.post(url, address.harmless_form)

    if address.door.method == "GET":
        assert (answer.status_int, answer.headers["Location"]) == (303, f"http://localhost{SECURITY}")
    else:
        assert answer.status_int == 403
        assert "second factor" in answer.text


def test_open_doors_are_those_of_signing_in_and_setting_up() -> None:
    """A new one is put here on purpose, or it is closed."""
    assert {address.label for address in OPEN} == {
        "GET /_admin/done/registered",
        "GET /_admin/invitation",
        "GET /_admin/login",
        "GET /_admin/login/back/oidc",
        "GET /_admin/login/leave/oidc",
        "GET /_admin/login/second",
        "GET /_admin/login/with/oidc",
        "GET /_admin/logout/done/oidc",
        "GET /_admin/password_reset",
        "GET /_admin/password_reset_confirmation",
        "GET /_admin/register",
        "GET /_admin/register/confirm",
        f"GET {SECURITY}",
        f"GET {SECURITY}/app",
        f"GET {SECURITY}/confirm",
        f"GET {SECURITY}/passkey",
        "GET /_admin/session_csrf_secret_token",
        "POST /_admin/login",
        "POST /_admin/login/passkey",
        "POST /_admin/login/second",
        "POST /_admin/logout",
        f"POST {SECURITY}/app",
        f"POST {SECURITY}/confirm",
        f"POST {SECURITY}/passkey",
    }


def test_repository_is_closed_too_and_opens_once_a_factor_is_there(world: World, alice: Person) -> None:
    repository = world.repository(private=True, readers=[alice])
    with wanted(world, Demand.EVERYBODY):
        browser = world.browser()
        browser.sign_in(alice)
        assert browser.get(repository.url).headers["Location"].endswith(SECURITY)
        assert "needs a second factor" in browser.get(SECURITY, status=200).text

        set_up(world, browser)

        assert browser.get(repository.url).status_int == 200


def test_who_has_a_factor_and_who_need_not_are_let_alone(world: World, alice: Person) -> None:
    owner, _, _ = with_app(world)
    with wanted(world, Demand.EVERYBODY):
        assert world.browser(owner).get("/").status_int == 200
    with wanted(world, Demand.ADMINISTRATORS):
        assert world.browser(alice).get("/").status_int == 200
        assert world.browser(world.administrator).get("/").status_int == 303


def test_visitors_see_what_is_public_as_before(world: World) -> None:
    repository = world.repository()
    with wanted(world, Demand.EVERYBODY):
        assert world.browser().get(repository.url).status_int == 200


def test_removing_the_last_factor_closes_everything_again(world: World) -> None:
    owner, phone, _ = with_app(world)
    with wanted(world, Demand.EVERYBODY):
        browser = world.browser(owner)
        browser.post(f"{SECURITY}/app/delete", {"password": PASSWORD, "code": phone.code()}, status=303)

        assert browser.get("/").status_int == 303


def test_administrator_wants_it_on_the_page_and_is_asked_first(world: World) -> None:
    browser = world.browser(world.administrator)
    form = form_with(browser.get("/_admin/second_factor", status=200), "of")
    form["of"] = "administrators"
    try:
        form.submit(status=303)

        assert browser.get("/").headers["Location"].endswith(SECURITY)
    finally:
        with world.app.system_scope() as scope:
            scope.site_settings.demand_second_factor(Demand.NOBODY)


def test_demand_for_something_else_is_refused(world: World) -> None:
    assert world.browser(world.administrator).post("/_admin/second_factor", {"of": "cats"}).status_int == 400


def test_few_recovery_codes_are_said(world: World) -> None:
    owner, _, codes = with_app(world)
    for code in codes[:8]:
        browser = world.browser()
        browser.sign_in(owner)
        browser.post("/_admin/login/second", {"code": code}, status=303)

    assert "2 of 10 left" in world.browser(owner).get(SECURITY).text
