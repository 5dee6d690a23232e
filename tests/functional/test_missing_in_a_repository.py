"""What is missing inside of a repository is told together with where to go on in it, to those alone who may read it."""

from __future__ import annotations

import pytest

from tests.worlds import World, both_kinds, without_token

MISSING = ("files/tip/no/such.txt", "files/no-such-branch", "changeset/no-such-commit", "raw/tip/no.txt", "no-such-page")


@both_kinds
@pytest.mark.parametrize("missing", MISSING)
def test_what_is_missing_leads_on_inside_of_the_repository(world: World, kind: str, missing: str) -> None:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"a\n"})
    browser = world.browser()

    page = browser.get(f"{repository.url}/{missing}", status=404).html

    steps = [step["href"] for step in page.select(".steps a")]
    assert steps == [repository.url, f"{repository.url}/files/tip", f"{repository.url}/find/tip", "/"]
    assert [browser.get(step).status_int for step in steps] == [200] * 4
    assert not page.select("main form"), "signing in would change nothing"


@both_kinds
def test_what_one_may_not_do_leads_back_to_the_repository(world: World, kind: str) -> None:
    repository = world.repository(kind)

    page = world.browser(world.person()).get(f"{repository.url}/settings", status=403).html

    assert [step["href"] for step in page.select(".steps a")] == [repository.url, "/"]


@both_kinds
def test_where_it_leads_is_there_in_an_empty_repository_too(world: World, kind: str) -> None:
    repository, browser = world.repository(kind), world.browser()

    page = browser.get(f"{repository.url}/changeset/1234", status=404).html

    statuses = [browser.get(step["href"]).maybe_follow().status_int for step in page.select(".steps a")]
    assert statuses == [200] * 4


@both_kinds
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_nothing_of_it_is_told_to_who_may_not_read(world: World, kind: str, is_signed_in: bool) -> None:
    repository = world.repository(kind, private=True)
    browser = world.browser(world.person() if is_signed_in else None)

    private = browser.get(f"{repository.url}/files/no-such-branch", status=404).text
    missing = browser.get(f"{repository.url}x/files/no-such-branch", status=404).text

    assert without_token(private) == without_token(missing.replace(f"{repository.path}x", repository.path))
    assert f'href="{repository.url}' not in private
