"""Cookies and sessions: who has the cookie is signed in, until the session ends."""

from __future__ import annotations

import pytest

from tests.worlds import PASSWORD, Browser, Person, World

NEW_PASSWORD = "a better horse"


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


def _set_cookies(browser: Browser, person: Person, **fields: str) -> dict[str, set[str]]:
    """The cookies that signing in sets: name → attributes, in lower case."""
    answer = browser.sign_in(person, **fields)
    found = {}
    for line in answer.headers.getall("Set-Cookie"):
        pair, *attributes = line.split(";")
        found[pair.partition("=")[0]] = {attribute.strip().lower() for attribute in attributes}
    return found


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World, alice: Person) -> None:
    cookies = _set_cookies(world.browser(), alice)

    assert cookies == {"kallithea": {"path=/", "httponly", "samesite=lax"}}


def test_session_cookie_is_secure_under_https(world: World, alice: Person) -> None:
    assert "secure" in _set_cookies(world.browser(https=True), alice)["kallithea"]


def test_cookies_of_visitors_have_the_same_protection(world: World) -> None:
    answer = world.browser(https=True).get("/_admin/login")

    attributes = {part.strip().lower() for part in answer.headers["Set-Cookie"].split(";")[1:]}
    assert attributes == {"path=/", "httponly", "samesite=lax", "secure"}


def test_cookies_stay_below_the_prefix(world: World, alice: Person) -> None:
    assert "path=/scm" in _set_cookies(world.browser(prefix="/scm"), alice)["kallithea"]


def test_links_and_redirects_stay_below_the_prefix(world: World, alice: Person) -> None:
    browser = world.browser(prefix="/scm")

    assert browser.sign_in(alice).headers["Location"] == "http://localhost/scm/"
    assert 'action="/scm/_admin/logout"' in browser.get("/").text


def test_visitor_who_only_looks_gets_no_cookie(world: World) -> None:
    assert "Set-Cookie" not in world.browser().get("/").headers


def test_session_is_forgotten_when_the_browser_closes(world: World, alice: Person) -> None:
    attributes = _set_cookies(world.browser(), alice)["kallithea"]

    assert not [each for each in attributes if each.startswith(("expires", "max-age"))]


def test_remembered_session_is_kept_as_long_as_the_settings_say(world: World, alice: Person) -> None:
    attributes = _set_cookies(world.browser(), alice, remember="True")["kallithea"]

    assert f"max-age={world.app.settings.session_timeout}" in attributes


def test_session_ends_after_half_a_day_unless_remembered(world: World, alice: Person) -> None:
    browser, remembered = world.browser(), world.browser()
    browser.sign_in(alice)
    remembered.sign_in(alice, remember="True")

    world.clock.advance(hours=13)

    assert (browser.is_signed_in, remembered.is_signed_in) == (False, True)


def test_remembered_session_ends_too(world: World, alice: Person) -> None:
    browser = world.browser(alice)

    world.clock.advance(seconds=world.app.settings.session_timeout + 1)

    assert not browser.is_signed_in


def test_stolen_cookie_is_dead_after_signing_out(world: World, alice: Person) -> None:
    browser, thief = world.browser(), world.browser()
    browser.sign_in(alice)
    thief.app.set_cookie("kallithea", browser.cookie() or "")
    assert thief.is_signed_in

    browser.post("/_admin/logout", status=303)

    assert not thief.is_signed_in


def test_signing_out_removes_the_session_and_the_cookie(world: World, alice: Person) -> None:
    browser = world.browser()
    browser.sign_in(alice)
    before = len(world.rows()["user_session"])

    browser.post("/_admin/logout", status=303)

    assert len(world.rows()["user_session"]) == before - 1
    assert not browser.cookie()


def test_database_does_not_have_the_token(world: World, alice: Person) -> None:
    browser = world.browser()
    browser.sign_in(alice)

    assert (browser.cookie() or "?") not in str(world.rows())


def test_token_changes_at_every_sign_in(world: World, alice: Person) -> None:
    browser = world.browser()
    browser.sign_in(alice)
    first = browser.cookie()

    browser.sign_in(alice)

    assert browser.cookie() != first


def test_token_that_somebody_planted_is_not_adopted(world: World, alice: Person) -> None:
    planted = "a-token-that-the-thief-knows"
    browser, thief = world.browser(), world.browser()
    for each in (browser, thief):
        each.app.set_cookie("kallithea", planted)

    browser.sign_in(alice)

    assert browser.cookie() != planted
    assert not thief.is_signed_in


def test_session_that_a_sign_in_replaces_is_ended(world: World, alice: Person) -> None:
    browser, old = world.browser(), world.browser()
    browser.sign_in(alice)
    old.app.set_cookie("kallithea", browser.cookie() or "")

    browser.sign_in(world.person())

    assert not old.is_signed_in


def _change_password(browser: Browser, **fields: str) -> int:
    form = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirmation": NEW_PASSWORD, **fields}
    return int(browser.post("/_admin/my_account/password", form).status_int)


def test_new_password_ends_all_other_sessions(world: World, alice: Person) -> None:
    here, elsewhere = world.browser(alice), world.browser(alice)

    assert _change_password(here) == 303

    assert (here.is_signed_in, elsewhere.is_signed_in) == (True, False)


def test_new_password_opens_and_the_old_one_does_not(world: World, alice: Person) -> None:
    _change_password(world.browser(alice))

    assert world.browser().sign_in(alice, password=PASSWORD).status_int == 401
    assert world.browser().sign_in(alice, password=NEW_PASSWORD).status_int == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"current_password": "not this"},
        {"new_password": "short", "new_password_confirmation": "short"},
        {"new_password_confirmation": "something else"},
        {"new_password": "x" * 1001, "new_password_confirmation": "x" * 1001},
    ],
    ids=["wrong current", "short", "differ", "long"],
)
def test_password_stays_when_the_form_is_wrong(world: World, alice: Person, wrong: dict[str, str]) -> None:
    elsewhere = world.browser(alice)

    assert _change_password(world.browser(alice), **wrong) == 400

    assert elsewhere.is_signed_in
    assert world.browser().sign_in(alice).status_int == 303


def test_disabled_account_is_signed_out(world: World, alice: Person) -> None:
    browser = world.browser(alice)

    world.disable(alice)

    assert not browser.is_signed_in


def test_sessions_of_others_cannot_be_ended(world: World, alice: Person) -> None:
    browser = world.browser(alice)
    session_id = str(world.rows()["user_session"][-1][0])

    answer = world.browser(world.person()).post("/_admin/my_account/sessions/delete", {"session_id": session_id})

    assert answer.status_int == 404
    assert browser.is_signed_in


def test_other_sessions_can_be_ended_from_the_account(world: World, alice: Person) -> None:
    here, elsewhere = world.browser(alice), world.browser(alice)

    here.post("/_admin/my_account/sessions/delete", {"session_id": "others"}, status=303)

    assert (here.is_signed_in, elsewhere.is_signed_in) == (True, False)


@pytest.mark.parametrize("value", ["\xff\xfe", "a" * 4000, '"', "%00", "a=b=c", "\x7f"], ids=ascii)
def test_garbage_in_the_cookie_is_nobody(world: World, value: str) -> None:
    browser = world.browser()

    assert browser.get("/_admin/my_account", headers={"Cookie": f"kallithea={value}"}).status_int == 401
