"""Making, using and revoking tokens, as people do it with their browsers."""

from __future__ import annotations

import pytest

from kallithea.lib.access import Access
from tests.doors.token_crowd import Program, basic, bearer
from tests.functional.forms import form_to
from tests.worlds import Hosted, Person, World, both_kinds

TOKENS = "/_admin/my_account/tokens"


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


def _private(world: World, kind: str, owner: Person) -> Hosted:
    repository = world.repository(kind, owner=owner, private=True)
    world.filled(repository, {"README.md": b"# Plans\n"})
    return repository


def test_a_token_is_made_used_and_revoked(world: World, alice: Person) -> None:
    repository = _private(world, "hg", alice)
    browser = world.browser(alice)
    form = form_to(browser.get(TOKENS, status=200), TOKENS)
    form["name"], form["access"], form["places"] = "build of the night", "write", f" {repository.path}/ \n\n"
    made = form.submit()
    token = made.html.select_one("pre").text

    assert Program(world, basic(token, alice.name)).get(f"/{repository.path}").status_int == 200
    listed = browser.get(TOKENS)
    for text in ("build of the night", "write", repository.path, "10.8."):
        assert text in listed.html.select_one("table").text

    form_to(listed, f"{TOKENS}/delete").submit().follow(status=200)

    assert Program(world, basic(token, alice.name)).get(f"/{repository.path}").status_int == 401
    assert "build of the night" not in browser.get(TOKENS)


def test_a_form_that_is_refused_keeps_what_was_typed(world: World, alice: Person) -> None:
    form = form_to(world.browser(alice).get(TOKENS), TOKENS)
    form["name"], form["access"], form["expires"], form["api"] = "build", "admin", "never", True
    form["places"] = "nothing/of/this/name"

    again = form_to(form.submit(status=400), TOKENS)

    typed = {name: again[name].value for name in ("name", "access", "expires", "api", "places")}
    assert typed == {"name": "build", "access": "admin", "expires": "never", "api": "True", "places": "nothing/of/this/name"}


def test_where_the_predecessor_had_keys_one_is_led_to_tokens(world: World, alice: Person) -> None:
    answer = world.browser(alice).get("/_admin/my_account/api_keys", status=303)

    assert answer.location.endswith(TOKENS)


def test_a_deploy_token_is_made_used_and_revoked(world: World, alice: Person) -> None:
    repository = _private(world, "git", alice)
    browser = world.browser(alice)
    page = browser.get(f"/{repository.path}/settings").click("Deploy tokens")
    address = f"/{repository.path}/settings/deploy_tokens"
    form = form_to(page, address)
    form["name"], form["access"] = "server in Bergen", "write"
    token = form.submit(status=200).html.select_one("pre").text

    program = Program(world, basic(token, "token"))
    assert (program.clones(repository.path), program.pushes(repository.path)) == (200, 200)
    assert program.get(f"/{repository.path}").status_int == 403

    form_to(browser.get(address), f"{address}/delete").submit().follow(status=200)

    assert program.clones(repository.path) == 401
    assert "server in Bergen" not in browser.get(address)


@both_kinds
@pytest.mark.parametrize("way", ["basic", "bearer"])
@pytest.mark.parametrize(
    "page", ["feed/atom", "feed/rss", "feed/atom/README.md", "raw/tip/README.md", "rawfile/tip/README.md", "archive/tip.zip"]
)
def test_feeds_and_files_of_private_repositories_come_to_programs(
    world: World, alice: Person, kind: str, way: str, page: str
) -> None:
    repository = _private(world, kind, alice)
    token = world.token(alice, Access.READ)
    address = f"/{repository.path}/{page}"

    answer = Program(world, basic(token, alice.name) if way == "basic" else bearer(token)).get(address)

    assert answer.status_int == 200
    assert "private" in answer.headers["Cache-Control"]
    assert Program(world, {}).get(address).status_int == 404
