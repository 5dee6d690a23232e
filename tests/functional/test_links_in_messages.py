"""What messages name becomes links, on every page that shows messages."""

from __future__ import annotations

import re

import pytest

from tests.worlds import Hosted, World, both_kinds

PATTERNS = "#{number} https://bugs.example.com/{number}\r\n\r\nSHOP-{number}   https://shop.example.com/{number}\r\n"
PLACES = ["", "/changelog", "/changeset/tip", "/compare/rev@{first}...rev@{second}"]


def told(world: World, repository: Hosted, message: str) -> None:
    """Push one commit with this message."""
    history = world.history(repository)
    history.commit({"a.txt": b"1\n"}, message)
    history.publish()


@both_kinds
@pytest.mark.parametrize("digits", [7, 12, 40])
@pytest.mark.parametrize("place", PLACES)
def test_id_of_a_commit_leads_to_it(world: World, kind: str, digits: int, place: str) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    first = history.commit({"a.txt": b"1\n"}, "First")
    second = history.commit({"a.txt": b"2\n"}, f"After {first[:digits]}")
    history.publish()
    expected = f'<a href="{repository.url}/changeset/{first}" rel="nofollow">{first[:digits]}</a>'
    # One id in some hundreds has no letter or no digit in its beginning, and is not taken for one then.
    is_word = digits >= 12 or not (first[:digits].isdigit() or first[:digits].isalpha())

    page = world.browser().get(repository.url + place.format(first=first, second=second), status=200).text

    assert (expected in page) == is_word


@both_kinds
def test_word_that_is_no_commit_is_no_link(world: World, kind: str) -> None:
    repository = world.repository(kind)
    told(world, repository, "See 0a1b2c3d4e5f and 0a1b2c3")

    page = world.browser().get(f"{repository.url}/changeset/tip", status=200).text

    assert "See 0a1b2c3d4e5f and 0a1b2c3</h1>" in page


@both_kinds
def test_issue_leads_to_where_the_settings_of_the_repository_say(world: World, kind: str) -> None:
    owner = world.person()
    repository = world.repository(kind, owner=owner)
    told(world, repository, "Fix #12 and SHOP-3")
    visitor, browser = world.browser(), world.browser(owner)
    assert "bugs.example.com" not in visitor.get(f"{repository.url}/changelog").text

    browser.post(f"/_admin/repos/{repository.path}", {"issue_links": PATTERNS}, status=303)

    pages = [visitor.get(f"{repository.url}{place}", status=200).text for place in ("", "/changelog", "/changeset/tip")]
    pages.append(visitor.get(f"{repository.url}/branches", status=200).text)
    for page in pages:
        assert re.findall(r'href="(https://[^"]*)" rel="nofollow noopener">([^<]*)<', page)[:2] == [
            ("https://bugs.example.com/12", "#12"),
            ("https://shop.example.com/3", "SHOP-3"),
        ]
    settings = browser.get(f"{repository.url}/settings").html
    assert settings.find(id="issue_links").text.split() == PATTERNS.split()


def test_pattern_that_cannot_be_used_is_refused_and_kept_in_the_form(world: World) -> None:
    owner = world.person()
    repository = world.repository(owner=owner)
    typed = {"repo_name": repository.path, "issue_links": "#{number} javascript:alert({number})"}

    answer = world.browser(owner).post(f"/_admin/repos/{repository.path}", typed)

    assert answer.status_int == 400
    assert "An address begins with https://" in answer.html.find(id="issue_links-error").text
    assert answer.html.find(id="issue_links").text.strip() == typed["issue_links"]


def test_who_may_only_write_does_not_say_where_issues_are(world: World) -> None:
    writer = world.person()
    repository = world.repository(writers=[writer])

    assert world.browser(writer).post(f"/_admin/repos/{repository.path}", {"issue_links": PATTERNS}).status_int == 403
