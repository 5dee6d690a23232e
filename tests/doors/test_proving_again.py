"""What changes how one signs in wants a proof that is fresh; an open session that was left alone is not enough."""

from __future__ import annotations

import pytest

from kallithea.controllers.exposing import DOORS
from tests.doors.addresses import Address, addresses
from tests.factors import APP, Phone, codes_on, first_step, secret_on, set_up, with_app
from tests.worlds import PASSWORD, Browser, Person, World

SECURITY = "/_admin/my_account/security"
CONFIRM = f"{SECURITY}/confirm"
GUARDED = [address for address in addresses() if address.door.is_guarded]


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


def _left_alone(world: World, person: Person) -> Browser:
    browser = world.browser(person)
    world.clock.advance(minutes=10, seconds=1)
    return browser


def test_there_are_guarded_doors() -> None:
    assert len(GUARDED) == sum(door.is_guarded for door in DOORS) >= 7


@pytest.mark.parametrize("address", GUARDED, ids=lambda address: address.label)
def test_guarded_door_asks_again_after_ten_minutes(world: World, address: Address) -> None:
    browser = _left_alone(world, world.administrator)
    url = address.at("")
    before = world.rows()

    answer = browser.get(url) if address.door.method == "GET" else browser.post(url, {"of": "everybody", "passkey_id": "1"})

    assert answer.status_int == 303
    assert CONFIRM in answer.headers["Location"]
    assert world.rows() == before


def test_password_holds_for_ten_minutes_and_leads_back(world: World, alice: Person) -> None:
    browser = _left_alone(world, alice)

    answer = browser.post(CONFIRM, {"password": PASSWORD, "came_from": APP}, status=303)

    assert answer.headers["Location"] == f"http://localhost{APP}"
    assert browser.get(APP).status_int == 200
    world.clock.advance(minutes=10, seconds=1)
    assert browser.get(APP).status_int == 303


def test_wrong_password_proves_nothing(world: World, alice: Person) -> None:
    browser = _left_alone(world, alice)

    for fields in ({"password": "wrong"}, {}, {"credential": "{}"}):
        assert browser.post(CONFIRM, fields).status_int == 400

    assert browser.get(APP).status_int == 303


def test_guessing_at_an_open_session_is_slowed_down(world: World, alice: Person) -> None:
    browser = _left_alone(world, alice)

    statuses = [browser.post(CONFIRM, {"password": f"guess {n}"}).status_int for n in range(11)]

    assert statuses == [400] * 10 + [429]


@pytest.mark.parametrize("came_from", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_proving_again_never_leads_to_another_site(world: World, alice: Person, came_from: str) -> None:
    answer = world.browser(alice).post(CONFIRM, {"password": PASSWORD, "came_from": came_from}, status=303)

    assert answer.headers["Location"] == "http://localhost/"


def test_change_of_the_password_asks_again(world: World, alice: Person) -> None:
    browser = world.browser(alice)
    new = {"new_password": "a better horse", "new_password_confirmation": "a better horse"}
    browser.post("/_admin/my_account/password", {"current_password": PASSWORD, **new}, status=303)

    assert CONFIRM in browser.get(APP, status=303).headers["Location"]


def test_change_of_a_factor_asks_again_and_ends_the_other_sessions(world: World, alice: Person) -> None:
    here, elsewhere = world.browser(alice), world.browser(alice)

    set_up(world, here)

    assert CONFIRM in here.post(f"{SECURITY}/codes", status=303).headers["Location"]
    assert (here.is_signed_in, elsewhere.is_signed_in) == (True, False)


def test_app_is_turned_off_with_password_and_code_only(world: World) -> None:
    person, phone, codes = with_app(world)
    browser = world.browser(person)

    for fields in (
        {"password": PASSWORD, "code": phone.wrong_code()},
        {"password": "wrong", "code": phone.code()},
        {"password": PASSWORD, "code": ""},
        {"password": "", "code": codes[0]},
    ):
        assert browser.post(f"{SECURITY}/app/delete", fields).status_int == 400
    first_step(world, person)

    browser.post(f"{SECURITY}/app/delete", {"password": PASSWORD, "code": phone.code()}, status=303)

    assert world.browser().sign_in(person).headers["Location"] == "http://localhost/"
    assert (
        world.app.engine.connect()
        .exec_driver_sql(f"SELECT count(*) FROM recovery_code WHERE user_id = {person.id}")
        .scalar_one()
        == 0
    )


def test_new_recovery_codes_end_the_old_ones(world: World) -> None:
    person, _, old = with_app(world)
    browser = world.browser(person)

    new = codes_on(browser.post(f"{SECURITY}/codes", status=200))

    assert len({*old, *new}) == 20
    for code, status in ((old[0], 401), (new[0], 303)):
        assert first_step(world, person).post("/_admin/login/second", {"code": code}).status_int == status


def test_recovery_codes_are_only_for_who_has_a_factor(world: World, alice: Person) -> None:
    assert world.browser(alice).post(f"{SECURITY}/codes").status_int == 409


def test_secret_of_another_session_cannot_be_turned_on(world: World, alice: Person) -> None:
    """A picture that somebody else was shown, and so knows, is never made the secret of an account."""
    thief, mine = world.browser(world.person()), world.browser(alice)
    draft = thief.get(APP).html.find("input", {"name": "draft"})["value"]

    answer = mine.post(APP, {"draft": draft, "code": "123456"})

    assert answer.status_int == 400
    assert "too old" in answer.text


def test_second_app_is_not_put_in_place_of_the_first(world: World) -> None:
    person, _, _ = with_app(world)
    browser = world.browser(person)
    page = browser.get(APP, status=200)
    phone = Phone(world, secret_on(page))

    answer = browser.post(APP, {"draft": page.html.find("input", {"name": "draft"})["value"], "code": phone.code()})

    assert answer.status_int == 409


def test_everything_can_be_signed_out_of(world: World, alice: Person) -> None:
    here, elsewhere = world.browser(alice), world.browser(alice)

    here.post("/_admin/my_account/sessions/delete", {"session_id": "all"}, status=303)

    assert (here.is_signed_in, elsewhere.is_signed_in) == (False, False)
