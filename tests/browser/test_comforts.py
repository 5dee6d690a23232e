"""What scripts add where they run."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.house import EMPTY, SHOP
from tests.browser.visitor import PHONE, Visitor

FILE = f"/{SHOP['git']}/files/main/shop/basket.py"


def test_times_are_relative_and_say_the_exact_one_as_title(guest: Visitor) -> None:
    first = guest.go(f"/{SHOP['git']}/changelog").locator("time").first

    expect(first).to_have_text("3 hours ago")
    expect(first).to_have_attribute("title", re.compile(r"\d{4}.*\d:\d\d"))


def test_copy_button_copies_the_clone_address(guest: Visitor) -> None:
    guest.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=guest.house.url)
    page = guest.go(f"/{SHOP['hg']}")

    page.locator(".clone").get_by_role("button", name="Copy").click()

    expect(page.locator(".clone button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{guest.house.url}/{SHOP['hg']}"


def test_copied_quick_start_is_what_stands_there(admin: Visitor) -> None:
    admin.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=admin.house.url)
    page = admin.go(f"/{EMPTY['git']}")

    page.locator(".commands").first.get_by_role("button", name="Copy").click()

    expect(page.locator(".commands").first.locator("button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").strip() == page.locator("pre").first.inner_text().strip()


def test_address_with_a_range_marks_its_lines(guest: Visitor) -> None:
    page = guest.go(f"{FILE}#L10-L12")

    expect(page.locator("tr.chosen")).to_have_count(3)
    expect(page.locator("tr.chosen").first).to_have_id("L10")
    expect(page.locator("tr#L10")).to_be_in_viewport()


def test_link_to_a_line_of_a_document_leads_to_its_source(guest: Visitor) -> None:
    page = guest.go(f"/{SHOP['git']}/files/main/README.md#L3-L5")

    expect(page.locator("tr.chosen")).to_have_count(3)
    assert page.url.endswith("README.md?source=1#L3-L5")


def test_permanent_address_keeps_the_lines_that_were_chosen(guest: Visitor) -> None:
    page = guest.go(f"{FILE}#L10-L12")

    page.keyboard.press("y")

    expect(page).to_have_url(re.compile(r"/files/[0-9a-f]{40}/shop/basket\.py#L10-L12$"))
    expect(page.locator("tr.chosen")).to_have_count(3)


def test_long_lines_are_wrapped_by_choice_which_is_remembered(guest: Visitor) -> None:
    long = f"/{SHOP['hg']}/files/default/web/one-line.js"
    page = guest.go(long)
    button = page.get_by_role("button", name="Wrap lines")
    narrow = page.locator(".scroll").evaluate("box => box.scrollWidth > box.clientWidth")

    button.click()

    expect(button).to_have_attribute("aria-pressed", "true")
    assert narrow
    assert page.locator(".scroll").evaluate("box => box.scrollWidth <= box.clientWidth")
    guest.go(long)
    expect(button).to_have_attribute("aria-pressed", "true")


def test_click_and_shift_click_choose_a_range(guest: Visitor) -> None:
    page = guest.go(FILE)

    page.locator("#L3 .no a").click()
    page.locator("#L6 .no a").click(modifiers=["Shift"])

    expect(page.locator("tr.chosen")).to_have_count(4)
    assert page.url.endswith("#L3-L6")


def test_link_into_a_folded_file_opens_it(guest: Visitor) -> None:
    page = guest.go(f"/{SHOP['git']}/changeset/v1.1")
    file = page.locator("details.file").last
    file.locator("summary").click()
    expect(file.locator("table.diff")).to_be_hidden()

    page.locator("details.overview a").last.click()

    expect(file.locator("table.diff")).to_be_visible()


def test_chosen_branch_is_shown_at_once(guest: Visitor) -> None:
    page = guest.go(f"/{SHOP['git']}/changelog")
    expect(page.get_by_role("button", name="Show")).to_be_hidden()

    page.get_by_label("Branch").select_option(label="returns")

    expect(page.locator(".history li").first).to_contain_text("Returns, first half")
    assert "branch=returns" in page.url


def test_permalink_keeps_the_file_when_the_branch_moves_on(guest: Visitor) -> None:
    page = guest.go(FILE)

    page.keyboard.press("y")

    page.wait_for_url(re.compile(r"/files/[0-9a-f]{40}/shop/basket\.py$"))


def test_current_tab_is_in_view_on_a_phone(visits: MakeVisitor) -> None:
    page = visits(as_user="admin", size=PHONE).go(f"/{SHOP['hg']}/settings")

    tab, row = (page.locator(place).first.bounding_box() for place in (".tabs [aria-current]", ".tabs"))

    assert tab is not None
    assert row is not None
    assert tab["x"] + tab["width"] <= row["x"] + row["width"] + 1
