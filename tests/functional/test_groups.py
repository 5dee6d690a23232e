"""Groups are made, described, moved, given away and deleted, by pages and by the addresses that scripts know."""

from __future__ import annotations

import pytest
from webtest import TestResponse

from kallithea.controllers.admin.groups import INSIDE_SHOWN
from kallithea.lib.access import Access
from tests.functional.forms import confirmed, form_with
from tests.worlds import Browser, Person, World, both_kinds


@pytest.fixture(name="owner")
def _owner(world: World) -> Person:
    return world.person()


@pytest.fixture(name="browser")
def _browser(world: World, owner: Person) -> Browser:
    return world.browser(owner)


def _make(browser: Browser, name: str, **fields: str) -> TestResponse:
    form = form_with(browser.get("/_admin/repo_groups/new", status=200), "group_name")
    form["group_name"] = name
    for field, value in fields.items():
        form[field] = value
    return form.submit(status="*")


def _save(browser: Browser, group: str, **fields: str) -> TestResponse:
    form = form_with(browser.get(f"/_admin/repo_groups/{group}/edit", status=200), "group_description")
    for name, value in fields.items():
        form[name] = value
    return confirmed(form)


def _new(world: World, browser: Browser) -> str:
    name = f"made{world.number}"
    assert _make(browser, name).status_int == 303
    return name


def test_a_group_is_made_and_found(world: World, browser: Browser, owner: Person) -> None:
    name = f"made{world.number}"

    answer = _make(browser, name, group_description="What customers see")

    page = browser.get(answer.headers["Location"], status=200)
    assert "What customers see" in page.text
    assert owner.name in page.text
    assert f"/_admin/repo_groups/{name}/edit" in page.text


def test_a_group_in_a_group_begins_with_its_name(world: World, browser: Browser) -> None:
    name = _new(world, browser)

    form = form_with(browser.get(f"/_admin/repo_groups/new?parent_group={name}"), "group_name")

    assert form["group_name"].value == f"{name}/"


@pytest.mark.parametrize("name", ["", "/", "con", "_admin", "a//b", "x.git", "x" * 256, "a\u202eb"])
def test_a_name_that_cannot_be_is_refused_and_stays(world: World, browser: Browser, name: str) -> None:
    before = world.rows()

    answer = _make(browser, name)

    assert answer.status_int == 400
    assert world.rows() == before


def test_a_taken_name_is_refused(world: World, browser: Browser) -> None:
    name = _new(world, browser)

    answer = _make(browser, name)

    assert answer.status_int == 409
    assert "is taken" in answer.text


@both_kinds
def test_moving_a_group_moves_what_is_in_it_and_old_addresses_lead_there(
    world: World, browser: Browser, owner: Person, kind: str
) -> None:
    group, new = f"before{world.number}", f"after{world.number}"
    repository = world.repository(kind, f"{group}/deep/shop", owner=owner)
    world.filled(repository, {"a b.txt": b"a\n"})

    answer = _save(browser, group, group_name=f"{new}/inside")

    assert answer.headers["Location"] == f"http://localhost/_admin/repo_groups/{new}/inside/edit"
    visitor = world.browser()
    assert visitor.get(f"/{new}/inside/deep/shop/raw/tip/a%20b.txt").body == b"a\n"
    led = visitor.get(f"/{group}/deep/shop/raw/tip/a%20b.txt?download=1")
    assert (led.status_int, led.headers["Cache-Control"]) == (302, "no-store")
    assert led.headers["Location"] == f"http://localhost/{new}/inside/deep/shop/raw/tip/a%20b.txt?download=1"
    assert visitor.get(f"/{group}").headers["Location"] == f"http://localhost/{new}/inside"


def test_what_one_may_not_read_leads_nowhere_as_what_never_was(world: World, browser: Browser, owner: Person) -> None:
    group, new = f"before{world.number}", f"after{world.number}"
    world.repository(path=f"{group}/secret", owner=owner, private=True)
    _save(browser, group, group_name=new)
    stranger = world.browser(world.person())

    told = [stranger.get(f"/{group}/{name}") for name in ("secret", "nothing")]

    assert [answer.status_int for answer in told] == [404, 404]
    assert browser.get(f"/{group}/secret").headers["Location"] == f"http://localhost/{new}/secret"


def test_a_form_is_not_sent_on_to_where_something_moved(world: World, browser: Browser, owner: Person) -> None:
    group, new = f"before{world.number}", f"after{world.number}"
    world.repository(path=f"{group}/shop", owner=owner)
    _save(browser, group, group_name=new)

    answer = browser.post(f"/{group}/shop/settings/permissions", {"principal": "anyone", "access": "admin"})

    assert answer.status_int == 404
    assert f"{new}/shop" in answer.text


def test_something_new_at_the_old_address_wins(world: World, browser: Browser, owner: Person) -> None:
    repository = world.repository(owner=owner)
    form = form_with(browser.get(f"{repository.url}/settings"), "repo_description")
    form["repo_name"] = f"moved{world.number}"
    form.submit(status=303)
    world.repository(path=repository.path, owner=owner, private=True)

    assert world.browser().get(repository.url).status_int == 404
    assert browser.get(repository.url).status_int == 200


@pytest.mark.parametrize("new", ["{group}/inside", "con", "{taken}"])
def test_a_move_that_cannot_be_changes_nothing_else_either(world: World, browser: Browser, owner: Person, new: str) -> None:
    group, taken = f"group{world.number}", world.repository().path
    world.repository(path=f"{group}/shop", owner=owner)
    before = world.rows()

    answer = _save(browser, group, group_name=new.format(group=group, taken=taken), group_description="Not kept")

    assert answer.status_int in (400, 409)
    assert "Not kept" in answer.text
    assert world.rows() == before


def test_moving_a_group_to_where_others_may_read_it_is_shown_before(world: World, browser: Browser, owner: Person) -> None:
    group, reader = world.group(administrators=[owner], anyone=False), world.person()
    public = world.group(administrators=[owner, reader])
    world.repository(path=f"{group}/secret", owner=owner, private=True)
    before = world.rows()

    form = form_with(browser.get(f"/_admin/repo_groups/{group}/edit"), "group_description")
    form["group_name"], form["group_description"] = f"{public}/{group}", "Two\nlines"
    shown = form.submit(status=200)

    for line in ("visitors</td><td>nothing</td><td>read", f"{reader.name}</td><td>nothing</td><td>admin"):
        assert line in shown.text
    assert f"It moves to {public}/{group}." in shown.text
    assert world.rows() == before
    form_with(shown, "group_name").submit(status=303)
    assert world.browser(reader).get(f"/{public}/{group}/secret").status_int == 200
    assert "Two\nlines" in browser.get(f"/_admin/repo_groups/{public}/{group}/edit").text.replace("\r", "")


def test_a_group_is_given_away(world: World, browser: Browser) -> None:
    group, heir = _new(world, browser), world.person()

    _save(browser, group, owner=heir.name)

    assert world.browser(heir).get(f"/_admin/repo_groups/{group}/edit").status_int == 200
    assert browser.get(f"/_admin/repo_groups/{group}/edit").status_int == 403


def test_a_group_is_not_given_to_nobody(world: World, browser: Browser) -> None:
    group = _new(world, browser)

    assert _save(browser, group, owner="nobody-of-this-name").status_int == 404


def test_an_empty_group_is_deleted_by_its_name(world: World, browser: Browser) -> None:
    group = _new(world, browser)
    form = form_with(browser.get(f"/_admin/repo_groups/{group}/edit"), "confirm")
    form["confirm"] = "another"
    assert form.submit(status="*").status_int == 400

    form["confirm"] = group
    form.submit(status=303)

    assert not world.exists(group)


def test_a_group_with_something_in_it_stays_and_says_what_that_is(world: World, browser: Browser, owner: Person) -> None:
    group = f"full{world.number}"
    world.repository(path=f"{group}/shop", owner=owner, private=True)
    world.repository(path=f"{group}/inner/till", owner=owner)

    page = browser.get(f"/_admin/repo_groups/{group}/edit", status=200).html
    refused = browser.post(f"/_admin/repo_groups/{group}/edit/delete", {"confirm": group}, status=409)

    assert not page.select("[name=confirm]"), "the form could only be refused"
    inside = [f"/{group}/inner", f"/{group}/inner/till", f"/{group}/shop"]
    assert [link["href"] for link in page.select(".danger a")] == inside
    assert all(browser.get(link).status_int == 200 for link in inside)
    assert f"{group} is not empty." in refused.html.select_one(".danger [role=alert]").text
    assert world.exists(f"{group}/shop")


def test_of_much_in_a_group_some_is_named(world: World, browser: Browser, owner: Person) -> None:
    group = f"full{world.number}"
    for number in range(INSIDE_SHOWN + 1):
        world.repository(path=f"{group}/r{number:02}", owner=owner)

    page = browser.get(f"/_admin/repo_groups/{group}/edit", status=200).html

    assert [link["href"] for link in page.select(".danger a")] == [
        *(f"/{group}/r{number:02}" for number in range(INSIDE_SHOWN)),
        f"/{group}",
    ]


def test_what_keeps_a_group_is_not_named_to_who_may_not_see_it(world: World, browser: Browser) -> None:
    group = _new(world, browser)
    hidden = world.repository(path=f"{group}/hidden", private=True)
    with world.app.system_scope() as scope:
        scope.granting.set_inherits(scope.access.administer_repository(scope.access.at(hidden.path)), False)

    page = browser.get(f"/_admin/repo_groups/{group}/edit", status=200)

    assert "something in this one that you may not see" in page.text
    assert "hidden" not in page.html.select_one(".danger").text
    assert not page.html.select("[name=confirm]")


@pytest.mark.parametrize("name", ["edit", "delete", "new", "permissions", "advanced"])
def test_a_group_may_be_called_as_a_page_is(world: World, browser: Browser, owner: Person, name: str) -> None:
    outer = _new(world, browser)
    group = f"{outer}/{name}"
    assert _make(browser, group).status_int == 303

    _save(browser, group, group_description="The inner one")
    _save(browser, outer, group_description="The outer one")

    assert "The inner one" in browser.get(f"/{group}").text
    assert "The outer one" in browser.get(f"/{outer}").text
    assert browser.get(f"/_admin/repo_groups/{group}/edit/permissions", status=200)
    form = form_with(browser.get(f"/_admin/repo_groups/{group}/edit"), "confirm")
    form["confirm"] = group
    form.submit(status=303)
    assert (world.exists(group), world.exists(outer)) == (False, True)


def test_the_addresses_of_scripts_work(world: World, browser: Browser) -> None:
    group = f"script{world.number}"
    browser.post("/_admin/repo_groups", {"group_name": group, "group_description": "By a script"}, status=303)
    assert "By a script" in browser.get(f"/_admin/repo_groups/{group}", status=200).text

    browser.post(f"/_admin/repo_groups/{group}", {"group_description": "Changed"}, status=303)
    assert "Changed" in browser.get(f"/{group}").text
    browser.post(f"/_admin/repo_groups/{group}/delete", {"confirm": group}, status=303)

    assert not world.exists(group)


def test_administrators_find_all_groups_page_by_page(world: World, browser: Browser) -> None:
    group = _new(world, browser)

    page = world.browser(world.administrator).get(f"/_admin/repo_groups?filter={group.upper()}", status=200)

    assert f"/_admin/repo_groups/{group}/edit" in page.text
    assert browser.get("/_admin/repo_groups").status_int == 403


# --- who may do what with a group


def test_what_is_granted_on_a_group_counts_below_until_something_inherits_nothing(
    world: World, browser: Browser, owner: Person
) -> None:
    group, friend = f"given{world.number}", world.person()
    world.repository(path=f"{group}/shop", owner=owner, private=True)
    theirs, address = world.browser(friend), f"/_admin/repo_groups/{group}/edit/permissions"
    browser.post(address, {"principal": f"user:{friend.name}", "access": "write"}, status=303)
    given = theirs.get(f"/{group}/shop").status_int
    page = browser.get(f"/{group}/shop/settings/permissions")
    assert friend.name in page.text

    form = form_with(page, "inherits")
    second = form.submit(status=200)
    assert f"<td>{friend.name}</td><td>write</td><td>nothing</td>" in second.text
    form_with(second, "inherits").submit(status=303)

    assert (given, theirs.get(f"/{group}/shop").status_int) == (200, 404)
    assert theirs.get(f"/{group}").status_int == 200


def test_who_may_create_in_a_group_is_said_on_its_page(world: World, browser: Browser, owner: Person) -> None:
    group, friend = _new(world, browser), world.person()
    address = f"/_admin/repo_groups/{group}/edit/permissions"
    form = [form for form in browser.get(address).forms.values() if "may_create" in form.fields][-1]
    form["principal"], form["access"], form["may_create"] = f"user:{friend.name}", "none", True
    second = form.submit(status=200)
    assert "<td>read</td><td>read, create</td>" in second.text

    form_with(second, "principal").submit(status=303)

    world.browser(friend).post("/_admin/repo_groups", {"group_name": f"{group}/mine"}, status=303)


def test_nobody_gains_by_what_counts_for_nothing(world: World, owner: Person, browser: Browser) -> None:
    repository = world.repository(owner=owner, private=True)
    fields = {"principal": "members", "access": "write", "preview": "True"}

    page = browser.post(f"{repository.url}/settings/permissions", fields, status=200)

    assert "Nobody gains or loses anything" in page.text
    assert world.browser(world.person()).get(repository.url).status_int == 404


def test_why_somebody_may_do_that_is_told(world: World, owner: Person, browser: Browser) -> None:
    friend = world.person()
    repository = world.repository(owner=owner, writers=[friend])

    page = browser.get(f"{repository.url}/settings/permissions?who={friend.name}", status=200)

    assert f"{friend.name} has write on {repository.path}." in page.text
    assert f"anyone has read on {repository.path}." in page.text


@pytest.mark.parametrize("who", ["nobody-of-this-name", "<script>", "a" * 5000, "\u202e"])
def test_why_of_nobody_is_an_answer_too(world: World, owner: Person, browser: Browser, who: str) -> None:
    repository = world.repository(owner=owner)

    page = browser.app.get(f"{repository.url}/settings/permissions", {"who": who}, status=200)

    assert "There is no user" in page.text
    assert "<script>" not in page.text


def test_a_grant_elsewhere_is_not_touched_by_a_form_of_this_place(world: World, owner: Person, browser: Browser) -> None:
    friend, group = world.person(), f"own{world.number}"
    mine, theirs = world.repository(path=f"{group}/mine", owner=owner), world.repository(readers=[friend], private=True)
    with world.app.system_scope() as scope:
        grant = scope.access.administer_group(scope.access.at(group))
        scope.granting.give(grant, f"user:{friend.name}", Access.READ)

    browser.post(f"{mine.url}/settings/permissions/delete", {"principal": f"user:{friend.name}"}, status=303)

    assert world.browser(friend).get(theirs.url).status_int == 200
    assert world.browser(friend).get(f"/{group}").status_int == 200
