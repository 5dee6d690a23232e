"""Lines around changes come into their place, with the right numbers, until the whole file is there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.histories import TRUNK, Story
from tests.browser.house import KINDS, House
from tests.browser.visitor import Visitor

OLD = [f"line {number}" for number in range(1, 91)]
NEW = ["changed" if line in ("line 30", "line 60") else line for line in OLD]

_NUMBERED = """table => [...table.querySelectorAll("td[id*=-n]")].map((cell) => [
  Number(cell.textContent), cell.closest("tr").lastElementChild.textContent])"""


def told(house: House, kind: str, name: str) -> str:
    path = f"expanding/{name}-{kind}"
    house.repository(path, kind)
    story = Story()
    story.commit("One", {"a.txt": "\n".join(OLD) + "\n"})
    story.commit("Two", {"a.txt": "\n".join(NEW) + "\n", "b.txt": "1\n"})
    story.bookmarks["release"] = 1
    house.tell(path, kind, story)
    return f"/{path}/changeset/{TRUNK[kind]}"


def expand_all(page: Page) -> None:
    """Click whatever shows more, from above and from below in turn."""
    for turn in range(30):
        buttons = page.locator("[data-way]")
        count = buttons.count()
        if not count:
            return
        button = buttons.nth(turn % count).element_handle()
        button.click()
        page.wait_for_function("(button) => button.ariaBusy !== 'true'", arg=button)
    raise AssertionError("there is always more")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("query", ["", "?split=1"], ids=["unified", "split"])
def test_all_lines_come_in_their_order(admin: Visitor, house: House, kind: str, query: str) -> None:
    page = admin.go(told(house, kind, "split" if query else "unified") + query)

    expand_all(page)

    table = page.locator("#f1 table.diff")
    assert table.evaluate(_NUMBERED) == [[number, line] for number, line in enumerate(NEW, start=1)]
    assert page.locator("tr.hunk button").count() == 0


def test_all_files_are_folded_and_unfolded(admin: Visitor, house: House) -> None:
    page = admin.go(told(house, "git", "folded"))

    page.get_by_role("button", name="Fold all", exact=True).click()
    folded = page.locator("details.file[open]").count()
    page.get_by_role("button", name="Unfold all").click()

    assert (folded, page.locator("details.file[open]").count()) == (0, 2)
