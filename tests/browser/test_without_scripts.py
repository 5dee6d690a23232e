"""The pages without JavaScript: everything that they are for still works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.house import SHOP, House
from tests.browser.visitor import Visitor


@pytest.fixture(name="plain")
def _plain(visits: MakeVisitor) -> Visitor:
    """A guest whose browser runs no scripts."""
    return visits(scripts=False)


def test_sign_in_create_and_delete_without_scripts(plain: Visitor) -> None:
    page = plain.go("/_admin/create_repository")
    plain.sign_in("admin")

    page.get_by_label("Name").fill("plain/made")
    page.get_by_role("button", name="Create repository").click()
    expect(page.get_by_role("heading", name="Nothing in here yet")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("to confirm").fill("plain/made")
    page.get_by_role("button", name="Delete repository").click()
    page.get_by_role("link", name="Deleted repositories").click()
    page.get_by_role("link", name="Restore plain/made").click()
    page.get_by_role("button", name="Restore").click()

    assert plain.path == "/plain/made"


def test_access_changes_by_a_button_without_scripts(visits: MakeVisitor, house: House) -> None:
    house.repository("plain/shared", "hg")
    page = visits(as_user="admin", scripts=False).go("/plain/shared/settings/permissions")
    page.get_by_label("To whom").fill("user:bob")
    page.get_by_role("button", name="Give access").click()
    page.get_by_role("button", name="Make this change").click()

    page.get_by_label(re.compile("What .* may do")).first.select_option("write")
    page.get_by_role("button", name=re.compile("^Change ")).first.click()
    page.get_by_role("button", name="Make this change").click()

    expect(page.get_by_label(re.compile("What .* may do")).first).to_have_value("write")


def test_history_has_pages_and_a_branch_to_choose(plain: Visitor) -> None:
    page = plain.go(f"/{SHOP['hg']}/changelog")

    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text(re.compile(r"^21 to 40 of \d+"))).to_be_visible()
    page.get_by_label("Branch").select_option(label="invoices")
    page.get_by_role("button", name="Search").first.click()

    expect(page.locator(".history li").first).to_contain_text("Invoices have a number")


def test_files_of_a_commit_fold_and_unfold(plain: Visitor) -> None:
    page = plain.go(f"/{SHOP['git']}/changeset/v1.1")
    file = page.locator("details.file").first
    expect(file.locator("table.diff")).to_be_visible()

    file.locator("summary").click()

    expect(file.locator("table.diff")).to_be_hidden()


def test_menu_of_revisions_leads_to_a_tag(plain: Visitor) -> None:
    page = plain.go(f"/{SHOP['git']}/files/main")

    page.locator("details.chooser:not(.right) summary").click()
    page.get_by_role("link", name="v1.0").click()

    assert plain.path == f"/{SHOP['git']}/files/v1.0"


def test_times_stand_there_absolute(plain: Visitor) -> None:
    page = plain.go(f"/{SHOP['git']}/changelog")

    expect(page.locator("time").first).to_have_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"))


def test_nothing_is_offered_that_needs_scripts(plain: Visitor) -> None:
    page = plain.go(f"/{SHOP['git']}")

    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_have_count(0)
