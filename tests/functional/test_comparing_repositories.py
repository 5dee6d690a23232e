"""Revisions of two repositories beside each other, for those who may read both."""

from __future__ import annotations

import pytest

from tests.worlds import KINDS, TRUNK, Hosted, World, without_token

both_kinds = pytest.mark.parametrize("kind", KINDS)


def two(world: World, kind: str, *, private: bool = False) -> tuple[Hosted, Hosted, str]:
    """A repository, another one (owned by somebody), and the last commit of the other."""
    one, other = world.repository(kind), world.repository(kind, private=private)
    world.filled(one, {"a.txt": b"1\n"})
    [_, last] = world.filled(other, {"a.txt": b"1\n"}, {"b.txt": b"2\n"})
    return one, other, last


def address(one: Hosted, other: str) -> str:
    trunk = TRUNK[one.kind]
    return f"{one.url}/compare/branch@{trunk}...branch@{trunk}?other_repo={other}&merge=1"


@both_kinds
def test_the_address_of_old_shows_what_the_other_repository_has_more(world: World, kind: str) -> None:
    one, other, last = two(world, kind)

    page = world.browser().get(address(one, other.path), status=200).html

    links = [link["href"] for link in page.select(".history .what a")]
    assert links[0] == f"{other.url}/changeset/{last}"
    assert [name.text for name in page.select("details.file .name")] == ["b.txt"]
    assert page.select_one("details.file .file-links a")["href"] == f"{other.url}/files/{last}/b.txt"


@both_kinds
def test_swapping_goes_to_the_other_repository(world: World, kind: str) -> None:
    one, other, _ = two(world, kind)
    browser = world.browser()
    page = browser.get(address(one, other.path), status=200).html

    swapped = browser.get(page.find("a", string="Swap")["href"], status=200)

    assert swapped.request.path == f"{other.url}/compare/branch@{TRUNK[kind]}...branch@{TRUNK[kind]}"
    assert swapped.html.select_one("#other_repo")["value"] == one.path


@both_kinds
def test_names_are_found_in_their_own_repositories(world: World, kind: str) -> None:
    one, other, last = two(world, kind)

    answer = world.browser().get(f"{one.url}/compare?old={TRUNK[kind]}&new={last[:12]}&other_repo={other.path}", status=303)

    assert answer.headers["Location"].endswith(
        f"{one.url}/compare/branch@{TRUNK[kind]}...rev@{last}?other_repo={other.path.replace('/', '%2F')}&merge=1"
    )


@both_kinds
def test_a_repository_that_one_may_not_read_is_as_one_that_is_missing(world: World, kind: str) -> None:
    one, hidden, _ = two(world, kind, private=True)
    browser = world.browser().has(world.person())

    private, missing = (browser.get(address(one, path)) for path in (hidden.path, "no/such/thing"))

    assert (private.status_int, missing.status_int) == (404, 404)
    private_text, missing_text = (without_token(answer.text) for answer in (private, missing))
    assert private_text.replace(hidden.path, "X").replace(hidden.path.replace("/", "%2F"), "X") == missing_text.replace(
        "no/such/thing", "X"
    ).replace("no%2Fsuch%2Fthing", "X")


@both_kinds
def test_one_visitors_comparison_is_not_shown_to_another(world: World, kind: str) -> None:
    one, hidden, _ = two(world, kind, private=True)

    assert world.browser().has(world.administrator).get(address(one, hidden.path)).status_int == 200
    assert world.browser().has(world.person()).get(address(one, hidden.path)).status_int == 404
    assert world.browser().get(address(one, hidden.path)).status_int == 404


@both_kinds
def test_what_the_other_repository_gets_is_seen_at_once(world: World, kind: str) -> None:
    one, other, _ = two(world, kind)
    browser = world.browser()
    browser.get(address(one, other.path), status=200)
    history = world.history(other)
    history.commit({"later.txt": b"1\n"})
    history.publish()

    page = browser.get(address(one, other.path), status=200)

    assert "later.txt" in page.text


def test_repositories_of_two_kinds_are_not_compared(world: World) -> None:
    one, other = world.repository("hg"), world.repository("git")
    world.filled(one, {"a.txt": b"1\n"})
    world.filled(other, {"a.txt": b"1\n"})

    assert world.browser().get(f"{one.url}/compare/branch@default...branch@main?other_repo={other.path}").status_int == 400


@both_kinds
def test_the_same_repository_as_the_other_is_the_usual_comparison(world: World, kind: str) -> None:
    one, _, _ = two(world, kind)

    page = world.browser().get(address(one, one.path), status=200)

    assert page.html.select_one("#other_repo")["value"] == ""
