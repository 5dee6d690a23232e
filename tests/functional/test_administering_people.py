"""Administrators make, change, empty and delete accounts with the forms of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, update

from kallithea.lib.access import Access
from kallithea.model import User
from tests.functional.forms import form_to, form_with
from tests.worlds import PAGE_SIZE, PASSWORD, Browser, Person, World


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def stored(world: World, person: Person) -> tuple[str, str, bool, bool]:
    with world.app.system_scope() as scope:
        user = scope.accounts.get(person.id)
        return user.name, user.email, user.is_administrator, user.is_active


def test_an_account_is_made_and_can_sign_in(world: World, boss: Browser) -> None:
    name = f"new{world.number}"
    form = form_with(boss.get("/_admin/users/new"), "password_confirmation")
    form["username"], form["email"] = name, f"{name}@example.com"
    form["password"] = form["password_confirmation"] = PASSWORD

    shown = form.submit(status=303).follow()

    assert name in shown.text
    browser = world.browser()
    browser.sign_in(Person(0, name))
    assert browser.is_signed_in


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"password_confirmation": "another one"}, "password_confirmation-error"),
        ({"password": "short", "password_confirmation": "short"}, "password-error"),
        ({"username": "site-administrator"}, "username-error"),
        ({"username": "a b"}, "username-error"),
        ({"email": "site-administrator@example.com"}, "email-error"),
        ({"email": "nothing"}, "email-error"),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_as_it_was(
    world: World, boss: Browser, fields: dict[str, str], wrong: str
) -> None:
    name = f"new{world.number}"
    sent = {
        "username": name,
        "email": f"{name}@example.com",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "admin": "True",
        **fields,
    }

    answer = boss.post("/_admin/users/new", sent)

    assert answer.status_int in (400, 409)
    assert f'id="{wrong}"' in answer.text
    form = form_with(answer, "password_confirmation")
    assert (form["username"].value, form["email"].value, form["admin"].checked) == (sent["username"], sent["email"], True)
    # A password is never sent back.
    assert form["password"].value == ""


def test_an_account_is_changed_disabled_and_enabled(world: World, boss: Browser) -> None:
    alice = world.person()
    browser = world.browser(alice)
    form = form_with(boss.get(f"/_admin/users/{alice.id}/edit"), "username")
    form["email"], form["active"], form["admin"] = f"changed{alice.id}@example.com", False, True
    form.submit(status=303)

    assert stored(world, alice) == (alice.name, f"changed{alice.id}@example.com", True, False)
    assert not browser.is_signed_in
    assert world.browser().sign_in(alice).status_int == 401

    form = form_with(boss.get(f"/_admin/users/{alice.id}/edit"), "username")
    form["active"], form["admin"] = True, False
    form.submit(status=303)

    assert world.browser().sign_in(alice).status_int == 303


def test_a_password_is_set(world: World, boss: Browser) -> None:
    alice = world.person()
    browser = world.browser(alice)
    form = form_with(boss.get(f"/_admin/users/{alice.id}/edit"), "new_password")
    form["new_password"] = form["new_password_confirmation"] = "another good one"
    form.submit(status=303)

    assert not browser.is_signed_in
    assert world.browser().sign_in(alice).status_int == 401
    assert world.browser().sign_in(alice, password="another good one").status_int == 303


@pytest.mark.parametrize(("one", "other"), [("another good one", "yet another"), ("tiny-1", "tiny-1")])
def test_a_password_that_cannot_be_taken_changes_nothing(world: World, boss: Browser, one: str, other: str) -> None:
    alice = world.person()

    answer = boss.post(f"/_admin/users/{alice.id}/password", {"new_password": one, "new_password_confirmation": other})

    assert answer.status_int == 400
    assert one not in answer.text
    assert world.browser().sign_in(alice).status_int == 303


@contextmanager
def no_other_administrators(world: World) -> Iterator[None]:
    """Those whom other tests made are none for a while."""
    with world.app.session() as session, session.begin():
        others = select(User.id).where(User.is_administrator, User.id != world.administrator.id)
        numbers = session.scalars(others).all()
        session.execute(update(User).where(User.id.in_(numbers)).values(is_administrator=False))
    try:
        yield
    finally:
        with world.app.session() as session, session.begin():
            session.execute(update(User).where(User.id.in_(numbers)).values(is_administrator=True))


def test_the_last_administrator_is_told_why_nothing_happens(world: World, boss: Browser) -> None:
    mine = world.administrator
    before = stored(world, mine)

    with no_other_administrators(world):
        answer = boss.post(f"/_admin/users/{mine.id}", {"username": mine.name, "email": before[1], "active": "True"})

    assert answer.status_int == 409
    assert "last active administrator" in answer.text
    assert stored(world, mine) == before


def test_everything_goes_to_somebody_else_and_then_the_account_goes(world: World, boss: Browser) -> None:
    alice, bob = world.person(), world.person()
    shop = world.repository(owner=alice)
    refused = boss.post(f"/_admin/users/{alice.id}/delete", {"confirm": alice.name})

    page = boss.get(f"/_admin/users/{alice.id}/edit/advanced", status=200)
    assert f'href="/{shop.path}"' in page.text
    form = form_to(page, f"/_admin/users/{alice.id}/transfer")
    form["to"] = bob.name
    page = form.submit(status=303).follow()
    form = form_to(page, f"/_admin/users/{alice.id}/delete")
    form["confirm"] = alice.name
    form.submit(status=303)

    assert refused.status_int == 409
    assert boss.get(f"/_admin/users/{alice.id}/edit").status_int == 404
    with world.app.system_scope() as scope:
        located = scope.access.locate_path(shop.path)
        assert located is not None
        assert located.facts.owner_id == bob.id


@pytest.mark.parametrize("to", ["nobody-of-this-name", ""])
def test_nothing_goes_to_nobody(world: World, boss: Browser, to: str) -> None:
    alice = world.person()
    world.repository(owner=alice)

    answer = boss.post(f"/_admin/users/{alice.id}/transfer", {"to": to})

    assert answer.status_int == 400
    assert 'id="to-error"' in answer.text


def test_a_wrong_confirmation_deletes_nobody(world: World, boss: Browser) -> None:
    alice = world.person()

    assert boss.post(f"/_admin/users/{alice.id}/delete", {"confirm": world.administrator.name}).status_int == 400
    assert stored(world, alice)


# --- attacks


ALL_FIELDS = {
    "id": "1",
    "is_administrator": "True",
    "admin": "True",
    "is_active": "True",
    "active": "True",
    "password_hash": "x",
    "created_at": "x",
    "user_id": "1",
    "owner": "site-administrator",
}


def test_mass_assignment_makes_no_administrator_of_who_changes_the_own_password(world: World) -> None:
    alice = world.person()
    fields = {"current_password": PASSWORD, "new_password": "another good one", "new_password_confirmation": "another good one"}

    world.browser(alice).post("/_admin/my_account/password", {**ALL_FIELDS, **fields}, status=303)

    assert stored(world, alice)[2:] == (False, True)
    assert stored(world, world.administrator)[0] == "site-administrator"


def test_mass_assignment_reaches_no_column_that_the_form_has_not(world: World, boss: Browser) -> None:
    alice = world.person()
    with world.app.system_scope() as scope:
        before = scope.accounts.get(alice.id).password_hash
    fields = {**ALL_FIELDS, "username": alice.name, "email": f"{alice.name}@example.com", "admin": "", "active": "True"}

    boss.post(f"/_admin/users/{alice.id}", fields, status=303)

    assert stored(world, alice) == (alice.name, f"{alice.name}@example.com", False, True)
    with world.app.system_scope() as scope:
        assert scope.accounts.get(alice.id).password_hash == before


@pytest.mark.parametrize("number", ["0", "999999999", "9999999999999999999", "-1", "1e3", "%D9%A3", "x", "1.0", "%31%00"])
def test_a_number_that_nobody_has_is_not_found(boss: Browser, number: str) -> None:
    assert boss.get(f"/_admin/users/{number}/edit").status_int in (400, 404)
    assert boss.post(f"/_admin/users/{number}/delete", {"confirm": "x"}).status_int in (400, 404)


def test_nobody_but_administrators_learns_which_numbers_there_are(world: World) -> None:
    browser = world.browser(world.person())

    answers = {browser.get(f"/_admin/users/{number}/edit").status_int for number in (1, 999_999_999)}

    assert answers == {403}


@pytest.mark.parametrize("query", ["which=none", "which=ADMINISTRATORS"])
def test_a_list_of_what_is_not_there_is_refused(boss: Browser, query: str) -> None:
    assert boss.get(f"/_admin/users?{query}").status_int == 400


def test_the_list_turns_its_pages_by_name(world: World, boss: Browser) -> None:
    for _ in range(12):
        world.person(f"turned{world.number}")
    first = boss.get("/_admin/users?filter=turned", status=200)
    second = first.click("Next")
    back = second.click("Previous")

    names = [set(re.findall(r'href="/_admin/users/\d+/edit">([^<]+)<', page.text)) for page in (first, second, back)]

    assert len(names[0]) == PAGE_SIZE
    assert names[0] == names[2]
    assert not names[0] & names[1]


def test_a_disabled_account_keeps_what_it_owns(world: World, boss: Browser) -> None:
    alice = world.person()
    shop = world.repository(owner=alice)
    boss.post(f"/_admin/users/{alice.id}", {"username": alice.name, "email": f"{alice.name}@example.com"}, status=303)

    with world.app.system_scope() as scope:
        located = scope.access.locate_path(shop.path)
        assert located is not None
        assert located.facts.owner_id == alice.id
        assert scope.access.decide(located).access is Access.ADMIN


def test_every_form_of_a_person_asks_for_its_fields(boss: Browser) -> None:
    for room in ("", "/password", "/transfer", "/delete"):
        assert boss.post(f"/_admin/users/1{room}").status_int == 400
