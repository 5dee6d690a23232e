"""Lists show what one may see, page by page; everybody looks after the own account."""

from __future__ import annotations

import re

import pytest

from tests.functional.forms import form_with
from tests.worlds import PAGE_SIZE, PASSWORD, Browser, Person, World


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


def _shown(browser: Browser, url: str, prefix: str) -> list[str]:
    """The repositories on a page that begin with a prefix, in their order, each once."""
    links = re.findall(rf'href="/({re.escape(prefix)}[^"/#?]*)"', browser.get(url, status=200).text)
    return list(dict.fromkeys(links))


@pytest.mark.parametrize("who", ["visitor", "stranger", "reader", "administrator"])
def test_list_shows_private_repositories_to_readers_only(world: World, alice: Person, who: str) -> None:
    prefix = f"listed{world.number}-"
    for private in (False, True):
        world.repository(path=f"{prefix}{private}", readers=[alice], private=private)
    people = {"visitor": None, "stranger": world.person(), "reader": alice, "administrator": world.administrator}

    shown = _shown(world.browser(people[who]), f"/?filter={prefix}", prefix)

    sees_all = who in ("reader", "administrator")
    assert shown == ([f"{prefix}False", f"{prefix}True"] if sees_all else [f"{prefix}False"])


def test_pages_divide_what_one_may_see(world: World, alice: Person) -> None:
    prefix = f"paged{world.number}-"
    names = [f"{prefix}{letter}" for letter in "abcdefgh"]
    for name in names:
        world.repository(path=name, private=name.endswith("d"), readers=[])
    visible = [name for name in names if not name.endswith("d")]
    browser = world.browser(alice)

    pages = [_shown(browser, f"/?filter={prefix}&page={number}", prefix) for number in (1, 2, 3)]

    assert pages == [visible[:PAGE_SIZE], visible[PAGE_SIZE:], []]


def test_list_can_be_narrowed_to_one_kind(world: World, alice: Person) -> None:
    prefix = f"kinds{world.number}-"
    for kind in ("hg", "git"):
        world.repository(kind, f"{prefix}{kind}")

    assert _shown(world.browser(alice), f"/?filter={prefix}&kind=hg", prefix) == [f"{prefix}hg"]


def test_list_is_empty_for_visitors_while_public_access_is_off(world: World) -> None:
    repository = world.repository()

    with world.without_public_access():
        assert _shown(world.browser(), f"/?filter={repository.path}", repository.path) == []


def test_filter_that_finds_nothing_says_so(world: World, alice: Person) -> None:
    page = world.browser(alice).get("/?filter=there-is-nothing-like-this", status=200)

    assert "there-is-nothing-like-this" in page.text


@pytest.mark.parametrize("place", ["page=7", "page=7&kind=git", "after=~~~", "before=!!!"])
def test_page_behind_the_last_one_leads_to_the_first(world: World, alice: Person, place: str) -> None:
    group = world.group()
    browser = world.browser(alice)

    page = browser.get(f"/{group}?{place}", status=200)

    assert "No repository yet" not in page.text
    assert f"{group}/first" in page.click("^First page$").text


def test_group_page_shows_what_is_below_it_to_who_may_see_it(world: World, alice: Person) -> None:
    group = world.group()
    for private in (False, True):
        world.repository(path=f"{group}/is-{private}", private=private)

    seen = {who: world.browser(who).get(f"/{group}", status=200).text for who in (alice, world.administrator)}

    assert [f"is-{flag}" in seen[alice] for flag in (False, True)] == [True, False]
    assert [f"is-{flag}" in seen[world.administrator] for flag in (False, True)] == [True, True]


def test_group_page_offers_a_new_repository_to_who_may_create(world: World, alice: Person) -> None:
    group = world.group(creators=[alice])
    link = f"parent_group={group}"

    assert link in world.browser(alice).get(f"/{group}").text
    assert link not in world.browser(world.person()).get(f"/{group}").text


def test_form_from_a_group_has_its_name_in_it(world: World, alice: Person) -> None:
    group = world.group(creators=[alice])

    page = world.browser(alice).get(f"/_admin/create_repository?parent_group={group}", status=200)

    assert form_with(page, "repo_name")["repo_name"].value == f"{group}/"


def test_who_may_create_in_a_group_does(world: World, alice: Person) -> None:
    group = world.group(creators=[alice])

    answer = world.browser(alice).post("/_admin/create_repository", {"repo_name": f"{group}/mine", "repo_type": "hg"})

    assert (answer.status_int, world.exists(f"{group}/mine")) == (303, True)


def test_account_shows_name_and_address(world: World, alice: Person) -> None:
    page = world.browser(alice).get("/_admin/my_account", status=200)

    for text in (alice.name, f"{alice.name}@example.com"):
        assert text in page.text


def test_sessions_are_listed_with_a_button_for_each_other_one(world: World, alice: Person) -> None:
    world.browser(alice)

    page = world.browser(alice).get("/_admin/my_account/sessions", status=200)

    assert [f["session_id"].value for f in page.forms.values() if "session_id" in f.fields][1:] == ["others", "all"]


def test_password_is_changed_in_the_form(world: World, alice: Person) -> None:
    form = form_with(world.browser(alice).get("/_admin/my_account"), "current_password")
    form["current_password"] = PASSWORD
    form["new_password"] = form["new_password_confirmation"] = "a better horse"

    form.submit(status=303)

    assert world.browser().sign_in(alice, password="a better horse").status_int == 303


def test_another_session_is_ended_with_its_button(world: World, alice: Person) -> None:
    elsewhere, here = world.browser(alice), world.browser(alice)
    forms = here.get("/_admin/my_account/sessions").forms.values()

    next(f for f in forms if "session_id" in f.fields and f["session_id"].value.isdigit()).submit(status=303)

    assert (here.is_signed_in, elsewhere.is_signed_in) == (True, False)
