"""What holds everywhere: public access, what something new begins with, from where people may come, what somebody may do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kallithea.services.site_settings import SitePermissions
from tests.functional.forms import form_with
from tests.worlds import Browser, World


@pytest.fixture(name="boss")
def _boss(world: World) -> Iterator[Browser]:
    """A browser of the administrator; what it changed everywhere is as before afterwards."""
    yield world.browser(world.administrator)
    with world.app.system_scope() as scope:
        scope.site_settings.set_permissions(SitePermissions())
        scope.address_lists.clear()


def test_public_access_is_a_switch(world: World, boss: Browser) -> None:
    repository = world.repository()
    form = form_with(boss.get("/_admin/permissions", status=200), "anonymous")
    form["anonymous"] = False

    form.submit(status=303)

    assert world.browser().get(repository.url).status_int == 404
    assert world.browser(world.person()).get(repository.url).status_int == 200


@pytest.mark.parametrize(("reader", "visitor", "member"), [("anyone", 200, 200), ("members", 404, 200), ("", 404, 404)])
def test_what_is_new_at_the_top_is_read_by_whom_the_site_says(
    world: World, boss: Browser, reader: str, visitor: int, member: int
) -> None:
    form = form_with(boss.get("/_admin/permissions"), "default_reader")
    form["default_reader"] = reader
    form.submit(status=303)

    repository = world.repository()

    assert world.browser().get(repository.url).status_int == visitor
    assert world.browser(world.person()).get(repository.url).status_int == member


def test_new_repositories_are_private_where_nobody_says_otherwise(world: World, boss: Browser) -> None:
    form = form_with(boss.get("/_admin/permissions"), "default_repo_private")
    form["default_repo_private"] = True
    form.submit(status=303)
    said, unsaid, typed = (f"new{world.number}" for _ in range(3))
    maker = world.browser(world.person())

    maker.post("/_admin/create_repository", {"repo_name": unsaid, "repo_type": "hg"}, status=303)
    maker.post("/_admin/create_repository", {"repo_name": said, "repo_type": "hg", "repo_private_asked": "True"}, status=303)
    page = form_with(maker.get("/_admin/create_repository"), "repo_name")
    page["repo_name"] = typed
    page.submit(status=303)

    assert [world.browser().get(f"/{name}").status_int for name in (said, unsaid, typed)] == [200, 404, 404]


def test_a_reader_that_is_none_is_refused(world: World, boss: Browser) -> None:
    before = world.rows()

    assert boss.post("/_admin/permissions", {"default_reader": "user:bob"}).status_int == 400

    assert world.rows() == before


# --- from where people may come


def test_elsewhere_there_is_nothing_but_the_sign_in_form(world: World, boss: Browser) -> None:
    repository, person = world.repository(), world.person()
    own = boss.app.extra_environ["REMOTE_ADDR"]
    boss.post("/_admin/permissions/ips", {"networks": own}, status=303)

    visitor, member = world.browser(), world.browser(person)

    assert visitor.get(repository.url).status_int == member.get(repository.url).status_int == 404
    assert repository.path not in visitor.get("/").text
    assert member.get("/_admin/my_account").status_int == 401
    assert visitor.sign_in(person).status_int == 401
    assert boss.get(repository.url).status_int == 200


def test_a_personal_list_holds_one_person(world: World, boss: Browser) -> None:
    person, other = world.person(), world.person()
    boss.post("/_admin/permissions/ips", {"networks": "2001:db8::/32", "who": person.name}, status=303)

    assert world.browser(person).get("/_admin/my_account").status_int == 401
    assert world.browser(other).get("/_admin/my_account").status_int == 200
    assert person.name in boss.get("/_admin/permissions/ips").text


def test_who_would_shut_himself_out_is_told_and_what_was_typed_stays(world: World, boss: Browser) -> None:
    before = world.rows()

    answer = boss.post("/_admin/permissions/ips", {"networks": "198.51.100.0/24"})

    assert answer.status_int == 400
    assert "shut yourself out" in answer.text
    assert "198.51.100.0/24</textarea>" in answer.text
    assert world.rows() == before


@pytest.mark.parametrize("who", ["nobody-of-this-name", "<b>"])
def test_a_list_of_nobody_is_refused(world: World, boss: Browser, who: str) -> None:
    before = world.rows()

    assert boss.post("/_admin/permissions/ips", {"networks": "192.0.2.0/24", "who": who}).status_int == 404

    assert world.rows() == before


# --- what somebody may do


def test_what_somebody_may_do_is_listed_with_the_way_to_the_reasons(world: World, boss: Browser) -> None:
    person = world.person()
    repository = world.repository(writers=[person], private=True, path=f"0first{world.number}")

    page = boss.get(f"/_admin/permissions/perms?who={person.name}", status=200)

    assert f"{repository.url}/settings/permissions?who={person.name}" in page.text
    mine = world.browser(person).get("/_admin/my_account/perms", status=200)
    assert repository.path in mine.text
    assert "settings/permissions" not in mine.text


@pytest.mark.parametrize(("disable", "said"), [(False, "There is no user"), (True, "is disabled")])
def test_who_is_not_there_may_do_nothing(world: World, boss: Browser, disable: bool, said: str) -> None:
    person = world.person()
    world.disable(person)

    page = boss.get(f"/_admin/permissions/perms?who={person.name if disable else 'nobody-here'}", status=200)

    assert said in page.text
