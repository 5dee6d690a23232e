"""Names, messages, texts and pictures of others never run a script and never leave their place."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeVisitor
from tests.browser.house import HARM, House
from tests.browser.stories import HOSTILE_BRANCH, HOSTILE_NAMES

HOSTILE_FILES = ("README.md", "picture.svg", "page.html", "count.ipynb", "table.csv", "text.rst", "text.txt")
TRUNK = {"git": "main", "hg": "default"}
both_kinds = pytest.mark.parametrize("kind", ["git", "hg"])


def places(kind: str) -> list[str]:
    """Every page that shows something hostile."""
    base, files = f"/{HARM[kind]}", f"/{HARM[kind]}/files/{TRUNK[kind]}"
    inside = [f"{files}/{quote(name)}" for name in (*HOSTILE_NAMES, *HOSTILE_FILES)]
    rooms = [f"{base}{room}" for room in ("", "/changelog", "/branches", "/tags", "/changeset/v%3Cscript%3E")]
    chosen = [f"{base}/changelog?branch={quote(HOSTILE_BRANCH)}", f"{base}/changelog/{TRUNK[kind]}/{quote(HOSTILE_NAMES[0])}"]
    return ["/", "/harm", f"/?filter={quote(HOSTILE_BRANCH)}", *rooms, *chosen, files, *inside]


@both_kinds
def test_no_page_runs_what_others_wrote(visits: MakeVisitor, kind: str) -> None:
    visitor = visits(as_user="admin")
    ran, wrong = [], []
    for place in places(kind):
        page = visitor.go(place)
        if visitor.statuses[page.url.partition("#")[0]] != 200:
            wrong.append(place)
        page.mouse.move(300, 300)
        if page.evaluate("'__pwned' in window") or page.locator("script, iframe, [onerror], [onload], style").count() != 1:
            ran.append(place)

    assert (ran, wrong) == ([], [])


@both_kinds
@pytest.mark.parametrize("name", ["picture.svg", "page.html"])
def test_raw_file_is_shown_without_its_scripts(visits: MakeVisitor, house: House, kind: str, name: str) -> None:
    visitor = visits(as_user="admin")

    page = visitor.go(f"/{HARM[kind]}/raw/{TRUNK[kind]}/{name}")
    ran = page.evaluate("'__pwned' in window")
    origin = page.evaluate("origin")
    visitor.complaints[:] = [
        said for said in visitor.complaints if "Blocked script execution" not in said and "policy" not in said
    ]

    assert not ran
    assert origin == "null"


@both_kinds
def test_readme_of_others_stays_in_its_frame(visits: MakeVisitor, kind: str) -> None:
    page = visits().go(f"/{HARM[kind]}")
    readme = page.locator(".readme .prose")

    expect(readme).to_contain_text("Harm")

    assert page.locator("#content").count() == 1
    assert readme.locator("form, [style], style, iframe, script").count() == 0
    assert (
        readme.evaluate("element => [...element.querySelectorAll('a')].filter((a) => a.href.startsWith('javascript')).length")
        == 0
    )


def test_branch_name_is_text_wherever_it_stands(visits: MakeVisitor) -> None:
    page = visits().go(f"/{HARM['hg']}/branches")

    expect(page.get_by_role("link", name=HOSTILE_BRANCH, exact=True).first).to_be_visible()
