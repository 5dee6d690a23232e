"""People are called as `.mailmap` says, wherever a page names them."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs.mailmap import MOST_READ
from tests.worlds import TRUNK, Hosted, World, both_kinds

MAP = b"Ann Author <ann@example.com> <ann@laptop.local>\n"
PLACES = [
    "",
    "/changelog",
    "/changelog/{trunk}/a.txt",
    "/changeset/tip",
    "/files/{trunk}",
    "/files/{trunk}/a.txt",
    "/annotate/{trunk}/a.txt",
    "/compare/rev@{first}...rev@{last}",
    "/feed/atom",
    "/feed/rss",
]


def filled(world: World, kind: str, mailmap: bytes | None = MAP, *, link: bool = False) -> tuple[Hosted, list[str]]:
    """A repository with commits of somebody whose computer has no good name for her."""
    repository = world.repository(kind)
    history = world.history(repository)
    author = "annie <ann@laptop.local>"
    ids = [history.commit({"a.txt": b"1\n"}, "First", author=author)]
    if link:
        ids.append(history.commit({}, "Link", author=author, symlink=(".mailmap", "Ann Author <ann@laptop.local>")))
    else:
        ids.append(history.commit({"a.txt": b"2\n", ".mailmap": mailmap}, "Second", author=author))
    history.publish()
    return repository, ids


@both_kinds
@pytest.mark.parametrize("place", PLACES)
def test_author_has_the_name_of_the_file(world: World, kind: str, place: str) -> None:
    repository, ids = filled(world, kind)

    page = world.browser().get(repository.url + place.format(trunk=TRUNK[kind], first=ids[0], last=ids[-1]), status=200).text

    assert "Ann Author" in page
    assert "annie" not in page


@both_kinds
def test_patch_has_the_author_that_was_stored(world: World, kind: str) -> None:
    repository, _ = filled(world, kind)

    assert "From: annie <ann@laptop.local>" in world.browser().get(f"{repository.url}/changeset-patch/tip", status=200).text


@both_kinds
def test_file_that_changes_counts_at_once(world: World, kind: str) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    browser = world.browser()
    for name in ("One Name", "Another Name"):
        history.commit({".mailmap": f"{name} <ann@example.com>\n".encode()}, name)
        history.publish()

        assert f'<span class="who">{name}</span>' in browser.get(f"{repository.url}/changelog", status=200).text


@both_kinds
def test_what_is_no_file_is_no_mailmap(world: World, kind: str) -> None:
    repository, _ = filled(world, kind, link=True)

    assert "annie" in world.browser().get(f"{repository.url}/changelog", status=200).text


@both_kinds
def test_beginning_of_a_very_long_file_counts(world: World, kind: str) -> None:
    repository, _ = filled(world, kind, MAP + b"x" * (2 * MOST_READ))

    assert "Ann Author" in world.browser().get(f"{repository.url}/changelog", status=200).text


@both_kinds
def test_name_from_the_file_is_a_text(world: World, kind: str) -> None:
    repository, _ = filled(world, kind, b'"><script>alert(1)</script \xff\xe2\x80\xae <ann@laptop.local>\n')

    page = world.browser().get(f"{repository.url}/changelog", status=200).text

    assert "<script>alert" not in page
    assert "\u202e" not in page


@both_kinds
def test_file_of_the_other_repository_counts_where_two_are_compared(world: World, kind: str) -> None:
    one, (other, _) = world.repository(kind), filled(world, kind)
    world.filled(one, {"a.txt": b"1\n"})
    trunk = TRUNK[kind]

    page = world.browser().get(f"{one.url}/compare/branch@{trunk}...branch@{trunk}?other_repo={other.path}", status=200)

    assert "Ann Author" in page
    assert "annie" not in page
