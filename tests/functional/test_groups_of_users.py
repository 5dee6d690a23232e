"""Groups of users with the forms of the pages: by administrators, and by the owner of one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kallithea.lib.access import Access
from kallithea.model import UserGroup, UserGroupMember
from tests.functional.forms import form_to, form_with
from tests.worlds import Browser, Person, World


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def member_ids(world: World, number: int) -> set[int]:
    with world.app.session() as session:
        return set(session.scalars(select(UserGroupMember.user_id).where(UserGroupMember.user_group_id == number)))


def test_a_group_is_made_filled_changed_and_deleted(world: World, boss: Browser) -> None:
    alice, name = world.person(), f"Sales {world.number}"
    shop = world.repository(private=True)
    form = form_with(boss.get("/_admin/user_groups/new"), "users_group_name")
    form["users_group_name"], form["user_group_description"] = name, "They sell."
    page = form.submit(status=303).follow()
    form = form_with(page, "members")
    number = int(form.action.split("/")[3])
    form["members"] = f"{alice.name},\n{world.administrator.name}"
    page = form.submit(status=303).follow()
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.locate_path(shop.path))
        scope.granting.give(grant, f"group:{name}", Access.READ)

    assert alice.name in page.text
    assert world.browser(alice).get(shop.url).status_int == 200

    form = form_with(boss.get(f"/_admin/user_groups/{number}/edit"), "users_group_name")
    assert form["owner"].value == world.administrator.name
    form["users_group_active"] = False
    form.submit(status=303)
    assert world.browser(alice).get(shop.url).status_int == 404

    page = boss.get(f"/_admin/user_groups/{number}/edit/advanced", status=200)
    assert f'href="/{shop.path}"' in page.text
    assert "2 members lose" in page.text
    form = form_to(page, f"/_admin/user_groups/{number}/delete")
    form["confirm"] = name
    form.submit(status=303)
    assert boss.get(f"/_admin/user_groups/{number}/edit").status_int == 404


def test_the_owner_of_a_group_manages_its_members_and_nothing_else(world: World) -> None:
    owner, alice = world.person(), world.person()
    number = world.user_group(owner)
    browser = world.browser(owner)

    mine = browser.get("/_admin/my_account", status=200).click("Groups")
    page = mine.click(href=f"/_admin/user_groups/{number}/edit/members")
    form = form_with(page, "members")
    form["members"] = alice.name
    page = form.submit(status=303).follow()
    added = member_ids(world, number)
    form_with(page, "user_id").submit(status=303)

    assert added == {alice.id}
    assert member_ids(world, number) == set()
    for room in ("edit", "edit/advanced"):
        assert browser.get(f"/_admin/user_groups/{number}/{room}").status_int == 403
    assert browser.get("/_admin/user_groups/new").status_int == 403
    assert browser.post(f"/_admin/user_groups/{number}/delete", {"confirm": "x"}).status_int == 403


@pytest.mark.parametrize("administrator", [False, True])
def test_the_own_account_names_the_groups_that_one_owns_and_no_others(world: World, administrator: bool) -> None:
    owner, other = world.person(administrator=administrator), world.person()
    mine, theirs = (f"{whose}{world.number}" for whose in ("mine", "theirs"))
    number = world.user_group(owner, other, name=mine)
    world.user_group(other, owner, name=theirs)

    page = world.browser(owner).get("/_admin/my_account/groups", status=200)

    assert mine in page
    assert "1 member<" in page
    assert theirs not in page
    page.click(href=f"/_admin/user_groups/{number}/edit/members")


def test_who_owns_no_group_is_told_so(world: World) -> None:
    assert "Administrators make groups" in world.browser(world.person()).get("/_admin/my_account/groups", status=200)


# --- attacks


def test_mass_assignment_gives_no_group_away(world: World) -> None:
    owner, other = world.person(), world.person()
    number = world.user_group(owner)
    fields = {
        "members": owner.name,
        "owner": other.name,
        "owner_id": str(other.id),
        "active": "",
        "id": "1",
        "user_group_id": "1",
    }

    world.browser(owner).post(f"/_admin/user_groups/{number}/members", fields, status=303)

    with world.app.session() as session:
        row = session.get_one(UserGroup, number)
        assert (row.owner_id, row.active) == (owner.id, True)
    assert member_ids(world, number) == {owner.id}
    assert owner.id not in member_ids(world, 1)


def test_a_member_of_another_group_is_not_removed_through_the_own_one(world: World) -> None:
    owner, alice = world.person(), world.person()
    mine, other = world.user_group(owner), world.user_group(world.administrator, alice)

    answer = world.browser(owner).post(f"/_admin/user_groups/{mine}/members/delete", {"user_id": str(alice.id)})

    assert answer.status_int == 404
    assert member_ids(world, other) == {alice.id}


@pytest.mark.parametrize("room", ["members", "members/delete"])
def test_the_group_of_another_is_not_found(world: World, room: str) -> None:
    owner, alice = world.person(), world.person()
    other = world.user_group(world.administrator, alice)
    world.user_group(owner)

    answer = world.browser(owner).post(f"/_admin/user_groups/{other}/{room}", {"members": owner.name, "user_id": str(alice.id)})

    assert answer.status_int == 404
    assert member_ids(world, other) == {alice.id}


@pytest.mark.parametrize("number", ["0", "999999999", "99999999999999999999", "x", "-1", "%D9%A3"])
def test_a_number_that_no_group_has_is_not_found(boss: Browser, number: str) -> None:
    assert boss.get(f"/_admin/user_groups/{number}/edit").status_int == 404


def test_a_former_owner_is_a_stranger(world: World, boss: Browser) -> None:
    owner = world.person()
    number = world.user_group(owner)
    form = form_with(boss.get(f"/_admin/user_groups/{number}/edit"), "users_group_name")
    form["owner"] = world.administrator.name
    form.submit(status=303)

    assert world.browser(owner).get(f"/_admin/user_groups/{number}/edit/members").status_int == 404


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"users_group_name": "a:b"}, "users_group_name-error"),
        ({"owner": "nobody-of-this-name"}, "owner-error"),
        ({"user_group_description": "x" * 10_001}, "user_group_description-error"),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_as_it_was(
    world: World, boss: Browser, fields: dict[str, str], wrong: str
) -> None:
    number = world.user_group(world.administrator)
    sent = {"users_group_name": f"g{world.number}", "owner": world.administrator.name, "user_group_description": "", **fields}
    for address in ("/_admin/user_groups/new", f"/_admin/user_groups/{number}"):
        answer = boss.post(address, sent)

        assert answer.status_int == 400
        assert f'id="{wrong}"' in answer.text
        form = form_with(answer, "users_group_name")
        assert {name: form[name].value for name in sent} == sent


def test_a_taken_name_is_said_beside_the_name(world: World, boss: Browser) -> None:
    name = f"taken{world.number}"
    world.user_group(world.administrator, name=name)

    answer = boss.post("/_admin/user_groups/new", {"users_group_name": name.upper(), "owner": world.administrator.name})

    assert answer.status_int == 409
    assert 'id="users_group_name-error"' in answer.text


def test_unknown_members_are_named_and_nothing_is_lost(world: World, boss: Browser) -> None:
    alice: Person = world.person()
    number = world.user_group(world.administrator)

    answer = boss.post(f"/_admin/user_groups/{number}/members", {"members": f"{alice.name}, nobody-of-this-name"})

    assert answer.status_int == 400
    assert "There is no user nobody-of-this-name." in answer.text
    assert form_with(answer, "members")["members"].value == f"{alice.name}, nobody-of-this-name"
    assert member_ids(world, number) == set()
