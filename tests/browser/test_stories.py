"""What people come for, from the sign-in to the end of a repository."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.house import SHOP, House
from tests.browser.visitor import Visitor

both_kinds = pytest.mark.parametrize("kind", ["git", "hg"])
TRUNK = {"git": "main", "hg": "default"}


def test_signing_in_leads_to_where_one_wanted_to_go(guest: Visitor) -> None:
    guest.go("/_admin/create_repository")

    guest.sign_in("admin")

    expect(guest.page.get_by_role("heading", level=1)).to_have_text("New repository")


def test_wrong_password_is_told_and_the_name_is_kept(guest: Visitor) -> None:
    guest.go("/_admin/login")

    guest.sign_in("admin", "wrong horse")

    expect(guest.page.get_by_role("alert")).to_be_visible()
    expect(guest.page.get_by_label("User name or e-mail")).to_have_value("admin")
    expect(guest.page.get_by_label("Password")).to_be_focused()


def test_signing_out_ends_the_session(admin: Visitor) -> None:
    admin.go("/_admin/my_account")

    admin.page.get_by_role("banner").get_by_role("button", name="Sign out").click()

    expect(admin.page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    assert admin.go("/_admin/my_account").get_by_label("Password").is_visible()


@both_kinds
def test_created_repository_greets_with_a_quick_start(admin: Visitor, house: House, kind: str) -> None:
    page = admin.go("/")
    page.get_by_role("link", name="New repository").first.click()

    page.get_by_label("Name").fill(f"made/by-form-{kind}")
    page.get_by_role("radio", name=re.compile(kind, re.IGNORECASE if kind == "git" else 0)).or_(
        page.locator(f"input[value={kind}]")
    ).first.check()
    page.get_by_label("Description").fill("Made in the browser")
    page.get_by_role("button", name="Create repository").click()

    expect(page.get_by_role("heading", name="Nothing in here yet")).to_be_visible()
    assert admin.path == f"/made/by-form-{kind}"
    assert f"{kind} clone {house.url}/made/by-form-{kind}" in page.locator(".commands pre").first.inner_text()


def test_name_that_is_taken_is_told_beside_the_field(admin: Visitor) -> None:
    page = admin.go("/_admin/create_repository")

    page.get_by_label("Name").fill(SHOP["git"])
    page.get_by_label("Description").fill("Once more")
    page.get_by_role("button", name="Create repository").click()

    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Description")).to_have_value("Once more")


@both_kinds
def test_reading_a_repository_from_its_summary_to_a_line(admin: Visitor, kind: str) -> None:
    page = admin.go(f"/{SHOP[kind]}")
    tabs = page.get_by_role("navigation", name="Repository")
    expect(page.get_by_role("region", name="README.md").get_by_role("table")).to_contain_text("basket.py")

    tabs.get_by_role("link", name="History").click()
    expect(page.locator("svg.graph")).to_have_count(20)
    page.get_by_role("link", name="Kinder words for empty baskets").click()
    expect(page.get_by_role("region", name="Changes of shop/orders.py")).to_contain_text("nothing in the basket")
    page.get_by_role("link", name="View file shop/orders.py").click()
    expect(page.locator("tr#L8")).to_contain_text("nothing in the basket")
    tabs.get_by_role("link", name="Files").click()
    page.get_by_role("link", name="shop/", exact=True).click()
    page.get_by_role("link", name="basket.py").click()

    assert admin.path.endswith("/shop/basket.py")
    expect(page.locator("tr#L1")).to_contain_text("What somebody wants to buy")


@both_kinds
def test_branches_and_tags_lead_to_what_they_name(admin: Visitor, kind: str) -> None:
    page = admin.go(f"/{SHOP[kind]}/branches")
    expect(page.get_by_role("row").filter(has=page.get_by_role("link", name=TRUNK[kind], exact=True))).to_contain_text(
        "default"
    )

    page.get_by_role("link", name="History of invoices").click()
    expect(page.locator(".history li").first).to_contain_text("Invoices have a number")
    page.get_by_role("link", name="Tags").click()
    page.get_by_role("link", name="v1.0", exact=True).click()

    assert admin.path == f"/{SHOP[kind]}/files/v1.0"


def test_bookmark_leads_to_its_files(admin: Visitor) -> None:
    page = admin.go(f"/{SHOP['hg']}/bookmarks")

    page.get_by_role("link", name="release", exact=True).click()

    expect(page.get_by_role("link", name="CHANGES.md")).to_be_visible()


def test_renamed_file_shows_both_names(admin: Visitor) -> None:
    page = admin.go(f"/{SHOP['git']}/changelog/main/shop/basket.py")

    page.get_by_role("link", name="Call it a basket").click()

    expect(page.locator("details.file > summary")).to_contain_text("shop/cart.py → shop/basket.py")


def test_settings_are_kept(admin: Visitor, house: House) -> None:
    house.repository("kept/settings", "hg")
    page = admin.go("/kept/settings/settings")

    page.get_by_label("Description").fill("Kept for good")
    page.get_by_label("Private").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="visitors")).to_contain_text("nothing")
    page.get_by_role("button", name="Make this change").click()

    expect(page.get_by_label("Description")).to_have_value("Kept for good")
    expect(page.get_by_label("Private")).to_be_checked()
    expect(page.locator(".crumbs .private")).to_be_visible()


def test_renaming_leads_to_the_new_address(admin: Visitor, house: House) -> None:
    house.repository("moved/before", "git")
    page = admin.go("/moved/before/settings")

    page.get_by_label("Name").fill("moved/after")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_label("Name")).to_have_value("moved/after")
    assert admin.path == "/moved/after/settings"


def test_access_is_given_changed_and_taken(visits: MakeVisitor, admin: Visitor, house: House) -> None:
    house.repository("given/access", "git", private=True)
    bob = visits(as_user="bob")
    page = admin.go("/given/access/settings/permissions")

    page.get_by_label("To whom").fill("user:bob")
    page.get_by_role("button", name="Give access").click()
    expect(page.get_by_role("row", name=re.compile("bob.*nothing.*read"))).to_be_visible()
    page.get_by_role("button", name="Make this change").click()
    box = page.get_by_label(re.compile("What .*bob.* may do"))
    expect(box).to_be_visible()
    assert bob.go("/given/access").title().startswith("given/access")

    with page.expect_navigation():
        box.select_option("write")
    page.get_by_role("button", name="Make this change").click()
    expect(page.get_by_label(re.compile("What .*bob.* may do"))).to_have_value("write")
    page.get_by_role("button", name=re.compile("Remove .*bob")).click()
    page.get_by_role("button", name="Make this change").click()

    expect(box).to_have_count(0)
    bob.go("/given/access")
    expect(bob.page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_repository_is_deleted_only_with_its_name_typed(admin: Visitor, house: House) -> None:
    house.repository("gone/soon", "hg")
    page = admin.go("/gone/soon/settings")

    page.get_by_label("to confirm").fill("gone/wrong")
    page.get_by_role("button", name="Delete repository").click()
    expect(page.get_by_label("to confirm")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("to confirm").fill("gone/soon")
    page.get_by_role("button", name="Delete repository").click()

    expect(page.get_by_role("heading", name="The repository is deleted")).to_be_visible()
    admin.go("/gone/soon")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_what_was_deleted_is_restored_at_another_path_where_its_own_is_taken(admin: Visitor, house: House) -> None:
    house.repository("taken/away", "git")
    page = admin.go("/taken/away/settings")
    page.get_by_label("to confirm").fill("taken/away")
    page.get_by_role("button", name="Delete repository").click()
    house.repository("taken/away", "hg")

    page.get_by_role("link", name="Deleted repositories").click()
    page.get_by_role("link", name="Restore taken/away").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_label("Path")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Path").fill("taken/back")
    page.get_by_role("button", name="Restore").click()

    assert admin.path == "/taken/back"


def test_changed_password_signs_in(visits: MakeVisitor, house: House) -> None:
    house.person("carla")
    carla, elsewhere = visits(as_user="carla"), visits()
    page = carla.go("/_admin/my_account")

    page.get_by_label("Current password").fill("correct horse")
    page.get_by_label("New password", exact=True).fill("battery staple")
    page.get_by_label("New password once more").fill("battery staple")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()

    elsewhere.go("/_admin/login")
    elsewhere.sign_in("carla", "battery staple")
    expect(elsewhere.page.get_by_role("link", name="carla")).to_be_visible()


def test_a_token_is_made_and_taken_back(visits: MakeVisitor, house: House) -> None:
    house.person("dora")
    dora = visits(as_user="dora")
    page = dora.go("/_admin/my_account")
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("heading", name="No tokens")).to_be_visible()

    page.get_by_label("Name").fill("laptop")
    page.get_by_label("May").select_option("write")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("status")).to_contain_text("kal_")
    expect(page.get_by_label("Name")).to_have_value("")
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("row", name="laptop")).to_contain_text("write")
    assert "kal_" not in page.content()

    page.get_by_role("button", name="Revoke laptop").click()

    expect(page.get_by_role("heading", name="No tokens")).to_be_visible()


def test_filter_finds_repositories_by_their_description(guest: Visitor) -> None:
    page = guest.go("/")

    page.get_by_role("searchbox").fill("kept with mercurial")
    page.get_by_role("searchbox").press("Enter")

    expect(page.locator("table.repositories tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name=SHOP["hg"])).to_be_visible()
