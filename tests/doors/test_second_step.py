"""Signing in with a second factor: nobody comes in with less, and nothing that was shown once opens twice."""

from __future__ import annotations

import pytest

from kallithea.services.second_step import REFUSED
from tests.factors import APP, SECOND, TICKET, Phone, first_step, set_up, with_app
from tests.worlds import PASSWORD, Browser, Person, World

FREE = 5
"""Wrong second factors that cost nothing."""

Owner = tuple[Person, Phone, list[str]]


@pytest.fixture(name="owner")
def _owner(world: World) -> Owner:
    return with_app(world)


def _show(browser: Browser, code: str, **fields: str) -> int:
    return int(browser.post(SECOND, {"code": code, **fields}).status_int)


# --- the way in


def test_password_and_code_open_the_account(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser = first_step(world, person)

    answer = browser.post(SECOND, {"code": phone.code(), "came_from": "/x?y=1"}, status=303)

    assert answer.headers["Location"] == "http://localhost/x?y=1"
    assert browser.is_signed_in
    assert not browser.cookie(TICKET)


def test_code_may_be_typed_as_it_is_shown(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    code = phone.code()

    assert _show(first_step(world, person), f" {code[:3]} {code[3:]} ") == 303


def test_staying_signed_in_is_kept_over_the_second_step(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser = first_step(world, person, remember="True")
    _show(browser, phone.code())

    world.clock.advance(hours=13)

    assert browser.is_signed_in


@pytest.mark.parametrize("came_from", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_second_step_never_leaves_the_site(world: World, owner: Owner, came_from: str) -> None:
    person, phone, _ = owner

    answer = first_step(world, person, came_from=came_from).post(SECOND, {"code": phone.code(), "came_from": came_from})

    assert answer.headers["Location"] == "http://localhost/"


# --- downgrade: with one factor only


def test_downgrade_by_skipping_the_second_step_opens_nothing(world: World, owner: Owner) -> None:
    sessions = len(world.rows()["user_session"])
    browser = first_step(world, owner[0])

    assert not browser.is_signed_in
    assert browser.cookie() is None
    assert len(world.rows()["user_session"]) == sessions


def test_downgrade_by_a_ticket_in_place_of_a_session_opens_nothing(world: World, owner: Owner) -> None:
    browser = first_step(world, owner[0])

    browser.app.set_cookie("kallithea", browser.cookie(TICKET) or "")

    assert not browser.is_signed_in


def test_code_without_the_password_opens_nothing(world: World, owner: Owner) -> None:
    browser = world.browser()

    answer = browser.post(SECOND, {"code": owner[1].code()})

    assert answer.headers["Location"].endswith("/_admin/login")
    assert not browser.is_signed_in


def test_downgrade_by_basic_authentication_is_refused_with_what_to_do(world: World, owner: Owner) -> None:
    repository = world.repository("git", readers=[owner[0]])
    browser = world.browser()
    browser.app.authorization = ("Basic", (owner[0].name, PASSWORD))

    answer = browser.get(f"/{repository.path}/info/refs?service=git-upload-pack")

    assert answer.status_int == 403
    assert "access token" in answer.text


def test_wrong_password_over_basic_tells_nothing_of_second_factors(world: World, owner: Owner) -> None:
    repository = world.repository("git", readers=[owner[0]])

    def answer(name: str) -> tuple[int, str]:
        browser = world.browser()
        browser.app.authorization = ("Basic", (name, "wrong"))
        found = browser.get(f"/{repository.path}/info/refs?service=git-upload-pack")
        return found.status_int, found.text

    assert answer(owner[0].name) == answer(world.person().name)


def test_wrong_password_in_the_form_tells_nothing_of_second_factors(world: World, owner: Owner) -> None:
    with_factor, without = (world.browser().sign_in(person, password="wrong") for person in (owner[0], world.person()))

    assert with_factor.status_int == without.status_int == 401
    assert "Set-Cookie" not in with_factor.headers


# --- replay


def test_replay_of_a_code_is_refused(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    code = phone.code()
    assert _show(first_step(world, person), code) == 303

    assert _show(first_step(world, person), code) == 401


def test_replay_of_the_code_that_turned_the_app_on_is_refused(world: World) -> None:
    person = world.person()
    phone, _ = set_up(world, world.browser(person))

    assert _show(first_step(world, person), phone.code(steps=-1)) == 401


def test_code_from_before_the_last_one_is_refused(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    assert _show(first_step(world, person), phone.code(steps=1)) == 303

    assert _show(first_step(world, person), phone.code()) == 401


def test_replay_of_a_recovery_code_is_refused(world: World, owner: Owner) -> None:
    person, _, codes = owner
    assert _show(first_step(world, person), codes[0]) == 303

    assert _show(first_step(world, person), codes[0]) == 401
    assert _show(first_step(world, person), codes[1].upper().replace("-", " ")) == 303


def test_recovery_code_of_somebody_else_is_refused(world: World, owner: Owner) -> None:
    other, _, _ = with_app(world)

    assert _show(first_step(world, other), owner[2][0]) == 401


def test_code_of_an_app_that_was_taken_away_is_refused(world: World, owner: Owner) -> None:
    person, lost, _ = owner
    with world.app.system_scope() as scope:
        scope.second_factors.reset(scope.accounts.get(person.id))
    found, _ = set_up(world, world.browser(person))

    assert _show(first_step(world, person), lost.code()) == 401
    assert _show(first_step(world, person), found.code()) == 303


def test_wrong_used_and_garbled_codes_get_the_same_answer(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    used = phone.code()
    _show(first_step(world, person), used)

    told = {first_step(world, person).post(SECOND, {"code": code}).html.find(id="code-error").text for code in (used, "x" * 99)}
    told |= {first_step(world, person).post(SECOND, {"code": code}).html.find(id="code-error").text for code in ("", "0" * 900)}

    assert told == {REFUSED}


# --- clock drift


@pytest.mark.parametrize(("drift", "status"), [(-30, 303), (30, 303), (-90, 401), (90, 401)])
def test_clock_drift_of_one_step_is_forgiven_and_no_more(world: World, owner: Owner, drift: float, status: int) -> None:
    person, phone, _ = owner
    world.clock.advance(seconds=300)
    phone.drift = drift

    assert _show(first_step(world, person), phone.code()) == status


# --- brute force


def test_brute_force_of_codes_is_slowed_down(world: World, owner: Owner) -> None:
    person, phone, _ = owner

    statuses = [_show(first_step(world, person), phone.wrong_code()) for _ in range(FREE + 1)]

    assert statuses == [401] * FREE + [429]
    assert _show(first_step(world, person), phone.code()) == 429


def test_brute_force_is_not_helped_by_showing_the_password_again(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    for _ in range(FREE):
        _show(first_step(world, person), phone.wrong_code())

    browser = first_step(world, person)

    assert _show(browser, phone.wrong_code()) == 429


def test_brute_force_waits_longer_each_time(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    waits = []
    for _ in range(FREE):
        _show(first_step(world, person), phone.wrong_code())
    for _ in range(4):
        answer = first_step(world, person).post(SECOND, {"code": phone.wrong_code()}, status=429)
        waits.append(int(answer.headers["Retry-After"]))
        world.clock.advance(seconds=waits[-1])
        assert _show(first_step(world, person), phone.wrong_code()) == 401

    assert waits == [1, 2, 4, 8]


def test_wrong_second_factor_is_written_down(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    _show(first_step(world, person), phone.wrong_code())

    with world.app.system_scope() as scope:
        newest = scope.audit.latest(limit=1)[0]
    assert (newest.action, newest.target_id) == ("second_factor.refused", person.id)


# --- fixation


def test_fixation_by_a_planted_session_is_not_adopted(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser, thief = world.browser(), world.browser()
    for each in (browser, thief):
        each.app.set_cookie("kallithea", "a-token-that-the-thief-knows")

    _show(first_step(world, person, browser), phone.code())

    assert browser.is_signed_in
    assert not thief.is_signed_in


def test_session_from_before_is_ended_by_the_second_step(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser, old = world.browser(world.person()), world.browser()
    old.app.set_cookie("kallithea", browser.cookie() or "")

    _show(first_step(world, person, browser), phone.code())

    assert browser.is_signed_in
    assert not old.is_signed_in


# --- stolen, forged and old tickets


def test_stolen_ticket_is_worth_nothing_in_another_browser(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser, thief = first_step(world, person), world.browser()
    thief.app.set_cookie(TICKET, browser.cookie(TICKET) or "")

    answer = thief.post(SECOND, {"code": phone.code()})

    assert answer.headers["Location"].endswith("/_admin/login")
    assert not thief.is_signed_in


def test_stolen_ticket_is_dead_once_it_was_used(world: World, owner: Owner) -> None:
    person, phone, codes = owner
    browser = first_step(world, person)
    ticket = browser.cookie(TICKET) or ""
    cookies = dict(browser.app.cookies)
    _show(browser, phone.code())

    thief = world.browser()
    for name, value in {**cookies, TICKET: ticket}.items():
        thief.app.set_cookie(name, value.strip('"'))
    thief.post(SECOND, {"code": codes[0]})

    assert not thief.is_signed_in


def test_ticket_ends_after_five_minutes(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser = first_step(world, person)

    world.clock.advance(minutes=5, seconds=1)

    assert browser.post(SECOND, {"code": phone.code()}).headers["Location"].endswith("/_admin/login")
    assert not browser.is_signed_in


def test_ticket_ends_when_the_password_is_changed(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser = first_step(world, person)
    fields = {"new_password": "a better horse", "new_password_confirmation": "a better horse"}
    world.browser(person).post("/_admin/my_account/password", {"current_password": PASSWORD, **fields}, status=303)

    _show(browser, phone.code())

    assert not browser.is_signed_in


def test_ticket_of_a_disabled_account_opens_nothing(world: World, owner: Owner) -> None:
    person, phone, _ = owner
    browser = first_step(world, person)
    world.disable(person)

    _show(browser, phone.code())

    assert not browser.is_signed_in


@pytest.mark.parametrize("part", [0, 1, 2, 3])
def test_forged_ticket_is_refused(world: World, owner: Owner, part: int) -> None:
    person, phone, _ = owner
    browser = first_step(world, person)
    parts = (browser.cookie(TICKET) or "").split(".")
    parts[part] = {0: "A" * 22, 1: "9999999999", 2: f"{world.administrator.id}-0-{'0' * 16}", 3: "0" * 64}[part]
    browser.app.set_cookie(TICKET, ".".join(parts))

    answer = browser.post(SECOND, {"code": phone.code()})

    assert answer.headers["Location"].endswith("/_admin/login")


@pytest.mark.parametrize("ticket", ["x", "....", "1.2.3.4", "a" * 4000, "%00", "\x7f"], ids=ascii)
def test_garbage_for_a_ticket_is_none(world: World, ticket: str) -> None:
    browser = world.browser()
    token = browser.token()
    headers = {"Cookie": f"{TICKET}={ticket}; kallithea_visitor={browser.cookie('kallithea_visitor')}"}

    answer = browser.app.post(
        SECOND, {"code": "123456", "_session_csrf_secret_token": token}, headers=headers, status="*", expect_errors=True
    )

    assert answer.status_int == 303


def test_ticket_is_out_of_reach_of_scripts_and_other_sites(world: World, owner: Owner) -> None:
    answer = world.browser(https=True).sign_in(owner[0])

    [cookie] = [line for line in answer.headers.getall("Set-Cookie") if line.startswith(TICKET)]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"path=/", "httponly", "samesite=lax", "secure", "max-age=300"} <= attributes


def test_page_of_the_second_step_is_for_who_has_a_ticket(world: World, owner: Owner) -> None:
    assert world.browser().get(SECOND).status_int == 303

    page = first_step(world, owner[0]).get(SECOND, status=200)

    assert owner[0].name in page.text
    assert "no-store" in page.headers["Cache-Control"] or "private" in page.headers["Cache-Control"]


def test_database_has_neither_secret_nor_recovery_codes(world: World, owner: Owner) -> None:
    _, phone, codes = owner
    rows = str(world.rows())

    assert phone.secret.hex() not in rows
    assert str(phone.secret) not in rows
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)


def test_page_with_the_secret_is_kept_nowhere(world: World) -> None:
    assert world.browser(world.person()).get(APP, status=200).headers["Cache-Control"] == "no-store"
