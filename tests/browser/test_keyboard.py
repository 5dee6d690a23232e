"""Everything can be reached and used with a keyboard, and one always sees where one is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.house import EMPTY, SHOP
from tests.browser.visitor import Visitor

WALKS = {
    "home": "/",
    "sign-in": "/_admin/login",
    "create": "/_admin/create_repository",
    "summary": f"/{SHOP['git']}",
    "quick-start": f"/{EMPTY['hg']}",
    "history": f"/{SHOP['hg']}/changelog",
    "changeset": f"/{SHOP['git']}/changeset/v1.1",
    "file": f"/{SHOP['git']}/files/main/README.md",
    "settings": f"/{SHOP['git']}/settings",
    "permissions": f"/{SHOP['git']}/settings/permissions",
}
LONGEST_WALK = 150

# Where the focus is: what it is on, in which part of the page, and whether that looks different from without focus.
_HERE = """\
() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const part = element.closest("header.bar, .place, main, footer, .skip");
  return {
    what: element.outerHTML.slice(0, 100),
    part: part ? part.className.split(" ")[0] || part.localName : "",
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    isOnScreen: box.width > 1 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""


def walk(visitor: Visitor) -> list[dict[str, Any]]:
    """Press Tab from the top until the focus leaves the page."""
    steps: list[dict[str, Any]] = []
    while len(steps) < LONGEST_WALK:
        visitor.page.keyboard.press("Tab")
        here = visitor.page.evaluate(_HERE)
        if here is None:
            break
        steps.append(here)
    return steps


@pytest.mark.parametrize("name", WALKS)
def test_tab_passes_every_part_and_is_seen_everywhere(visits: MakeVisitor, name: str) -> None:
    visitor = visits(as_user=None if name == "sign-in" else "admin")
    visitor.go(WALKS[name])
    # Where a field has the focus from the start, the walk begins in the middle; from here it begins at the top.
    visitor.page.locator("a.skip").focus()
    visitor.page.keyboard.press("Shift+Tab")

    steps = walk(visitor)

    assert steps[0]["part"] == "skip"
    assert {"bar", "main"} <= {step["part"] for step in steps}
    assert [step for step in steps if step["outline"] < 2 or not step["isOnScreen"]] == []


def test_skip_link_leads_past_everything_to_the_content(guest: Visitor) -> None:
    page = guest.go(f"/{SHOP['git']}")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_question_mark_opens_the_sheet_and_escape_closes_it(guest: Visitor) -> None:
    page = guest.go("/")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")

    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")

    expect(sheet).to_be_hidden()


def test_slash_goes_to_the_filter_and_enter_sends_it(guest: Visitor) -> None:
    page = guest.go("/")

    page.keyboard.press("/")
    page.keyboard.type("shop")
    page.keyboard.press("Enter")

    page.wait_for_url("**/?filter=shop")
    expect(page.get_by_role("searchbox")).to_have_value("shop")


@pytest.mark.parametrize(("keys", "address"), [("gf", "/files/**"), ("gh", "/changelog"), ("gb", "/branches"), ("gt", "/tags")])
def test_g_and_a_letter_go_to_a_room(guest: Visitor, keys: str, address: str) -> None:
    page = guest.go(f"/{SHOP['git']}")

    page.keyboard.type(keys)

    page.wait_for_url(f"**/{SHOP['git']}{address}")


def test_brackets_turn_the_pages_of_the_history(guest: Visitor) -> None:
    page = guest.go(f"/{SHOP['hg']}/changelog")

    page.keyboard.press("]")
    page.wait_for_url("**after=*")
    page.keyboard.press("[")

    page.wait_for_url("**/changelog")


def test_j_and_enter_open_a_commit_and_p_its_parent(guest: Visitor) -> None:
    page = guest.go(f"/{SHOP['git']}/changelog")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kinder words for empty baskets")
    page.keyboard.press("p")

    expect(page.get_by_role("heading", level=1)).to_have_text("Warn before the last loaf is promised twice")


def test_letters_in_a_field_are_letters(guest: Visitor) -> None:
    page = guest.go("/")

    page.get_by_role("searchbox").click()
    page.keyboard.type("?gj/")

    expect(page.get_by_role("searchbox")).to_have_value("?gj/")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_shortcuts_can_be_switched_off_and_stay_off(guest: Visitor) -> None:
    page = guest.go("/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use shortcuts").uncheck()
    page.keyboard.press("Escape")

    guest.go(f"/{SHOP['git']}").keyboard.press("?")

    expect(page.get_by_role("dialog")).to_be_hidden()


def test_menu_of_revisions_opens_with_enter_and_closes_with_escape(guest: Visitor) -> None:
    page = guest.go(f"/{SHOP['git']}/files/main")
    chooser = page.locator("details.chooser:not(.right)")

    chooser.locator("summary").press("Enter")
    expect(chooser.get_by_role("link", name="v1.0")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(chooser.get_by_role("link", name="v1.0")).to_be_hidden()
    expect(chooser.locator("summary")).to_be_focused()


def test_enter_signs_in(guest: Visitor) -> None:
    page = guest.go("/_admin/login")

    page.keyboard.type("bob")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="bob")).to_be_visible()
