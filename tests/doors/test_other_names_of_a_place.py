"""A repository has more than one name; none of them says more than the others to who may not see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest

from kallithea.pages.site import CSRF_FIELD
from tests.worlds import OF_EACH_ANSWER, Browser, Hosted, World, both_kinds, counted_statements

NAMES: dict[str, tuple[Callable[[Hosted], str], str]] = {
    "path": (lambda it: it.path, "missing"),
    "path with .git": (lambda it: f"{it.path}.git", "missing.git"),
    "path with a slash": (lambda it: f"{it.path}/", "missing/"),
    "path in capitals": (lambda it: it.path.upper(), "MISSING"),
    "number": (lambda it: f"_{it.id}", "_99999999"),
    "number with a page": (lambda it: f"_{it.id}/settings", "_99999999/settings"),
    "page that is none": (lambda it: f"{it.path}/no-such-page", "missing/no-such-page"),
    "deep page": (lambda it: f"{it.path}/changeset/tip", "missing/changeset/tip"),
}


def _told(browser: Browser, url: str) -> tuple[object, ...]:
    answer = browser.get(f"/{url}")
    passing = {"Content-Length", "Set-Cookie", *OF_EACH_ANSWER}
    headers = {name: value for name, value in answer.headers.items() if name not in passing}
    body = re.sub(rf'name="{CSRF_FIELD}" value="[0-9a-f]*"', "", unquote(answer.text).replace(url.rstrip("/"), "NAME"))
    return answer.status, headers, body


@pytest.mark.parametrize("role", ["visitor", "stranger"])
@pytest.mark.parametrize(("name_of", "missing"), NAMES.values(), ids=NAMES.keys())
@both_kinds
def test_private_is_as_missing_by_any_name(
    world: World, kind: str, name_of: Callable[[Hosted], str], missing: str, role: str
) -> None:
    private = world.repository(kind, private=True)
    browser = world.browser(world.person() if role == "stranger" else None)

    assert _told(browser, name_of(private)) == _told(browser, missing)


@pytest.mark.parametrize("name", [name for name in NAMES if "number" not in name])
def test_private_costs_no_more_statements_than_missing(world: World, name: str) -> None:
    name_of, missing = NAMES[name]
    private, browser = world.repository(private=True), world.browser(world.person())
    browser.get("/")
    counts = []
    for url in (name_of(private), missing):
        with counted_statements(world.app.engine) as seen:
            browser.get(f"/{url}", status=404)
        counts.append(len(seen))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", [name for name in NAMES if "none" not in name])
@both_kinds
def test_reader_finds_it_by_every_name(world: World, kind: str, name: str) -> None:
    repository = world.repository(kind, private=True)
    world.filled(repository, {"README.md": b"# Read me\n"})
    browser = world.browser(world.administrator)

    assert browser.get(f"/{NAMES[name][0](repository)}").status_int == 200


@pytest.mark.parametrize(
    "number", ["_", "_0", "_-1", "_1x", "_٣", "_1.0", "_" + "9" * 15, "_" + "9" * 400, "__1", "_ 1"], ids=ascii
)
def test_number_that_is_none_is_not_found(world: World, number: str) -> None:
    assert world.browser(world.administrator).get(f"/{quote(number)}").status_int == 404


@pytest.mark.parametrize("tail", ["", "changelog", "files/tip/README.md", "raw/tip/README.md"])
def test_double_slashes_mean_one(world: World, tail: str) -> None:
    repository = world.repository()
    world.filled(repository, {"README.md": b"# Read me\n"})
    browser = world.browser()

    assert browser.get(f"//{repository.path}//" + tail.replace("/", "//")).status_int == 200


# --- built files


@pytest.mark.parametrize(
    "name", ["manifest.json", "../manifest.json", "..%2f..%2frendering.py", "%2e%2e/x", "", "nothing.css", "%00"]
)
def test_folder_of_built_files_has_nothing_else(world: World, name: str) -> None:
    answer = world.browser().get(f"/_assets/{name}")

    assert answer.status_int in (400, 404) or name == "manifest.json"


def test_built_file_has_the_security_headers_of_files(world: World) -> None:
    browser = world.browser()
    url = re.findall(r'href="(/_assets/[^"]+\.css)"', browser.get("/").text)[0]

    answer = browser.get(url, status=200)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer.headers
