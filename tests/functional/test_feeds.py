"""Feeds of a repository, of a branch and of a file: valid, linked, asked again for nothing."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from kallithea.services.actors import Origin
from tests.feed_check import ATOM, problems
from tests.worlds import TRUNK, Hosted, World, both_kinds

AUTHOR = 'Evil <script> & "Q" <x@example.com>'
PLACES = ["", "?branch={trunk}", "/a.txt", "/f/b%20c.txt?branch={trunk}"]


def filled(world: World, kind: str) -> Hosted:
    """A repository with some files; the second commit is about one of them."""
    repository = world.repository(kind)
    history = world.history(repository)
    history.commit({"a.txt": b"1\n", "f/b c.txt": b"1\n"}, "First")
    history.commit({"a.txt": b"2\n"}, "Second <b>\n\nSee https://x.example/", author=AUTHOR)
    history.publish()
    return repository


def titles(text: str) -> list[str | None]:
    return [entry.findtext(f"{ATOM}title") for entry in ET.fromstring(text).findall(f"{ATOM}entry")]


@both_kinds
@pytest.mark.parametrize("which", ["atom", "rss"])
@pytest.mark.parametrize("place", PLACES)
def test_feed_is_valid(world: World, kind: str, which: str, place: str) -> None:
    repository = filled(world, kind)

    answer = world.browser().get(f"{repository.url}/feed/{which}{place.format(trunk=TRUNK[kind])}", status=200)

    assert answer.content_type == f"application/{which}+xml"
    assert problems(answer.text) == []


@both_kinds
def test_feed_of_a_file_tells_what_changed_it(world: World, kind: str) -> None:
    repository = filled(world, kind)
    browser = world.browser()
    places = ("", "/a.txt", "/f/b%20c.txt", f"/raw?raw_path={b'f/b c.txt'.hex()}", "/f")

    told = [titles(browser.get(f"{repository.url}/feed/atom{place}", status=200).text) for place in places]

    assert told == [["Second <b>", "First"], ["Second <b>", "First"], ["First"], ["First"], ["First"]]
    assert browser.get(f"{repository.url}/feed/atom/none.txt").status_int == 404
    assert browser.get(f"{repository.url}/feed/atom?branch=none").status_int == 404
    assert browser.get(f"{repository.url}/feed/atom/raw?raw_path=2e2e").status_int == 400


@both_kinds
@pytest.mark.parametrize("place", ["", "/a.txt"])
def test_who_has_the_news_gets_nothing_until_there_are_more(world: World, kind: str, place: str) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    history.commit({"a.txt": b"1\n"})
    history.publish()
    browser, url = world.browser(), f"{repository.url}/feed/atom{place}"
    tag = browser.get(url, status=200).headers["ETag"]

    assert browser.get(url, headers={"If-None-Match": tag}).status_int == 304

    history.commit({"a.txt": b"2\n"}, "More news")
    history.publish()
    assert titles(browser.get(url, headers={"If-None-Match": tag}, status=200).text)[0] == "More news"


def test_date_of_the_last_push_is_enough_to_ask_again(world: World) -> None:
    repository = filled(world, "git")
    with world.app.system_scope() as scope:
        grant = scope.access.write_repository(scope.access.locate_path(repository.path))
        scope.pushes.record(grant, [], Origin("127.0.0.1", "git", "http"))
    browser, url = world.browser(), f"{repository.url}/feed/atom"
    date = browser.get(url, status=200).headers["Last-Modified"]

    assert browser.get(url, headers={"If-Modified-Since": date}).status_int == 304
    assert browser.get(url, headers={"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}).status_int == 200


def test_private_repository_has_news_for_its_readers_only(world: World) -> None:
    reader = world.person()
    repository = world.repository("git", private=True, readers=[reader])
    world.filled(repository, {"a.txt": b"1\n"})
    url = f"{repository.url}/feed/atom"

    tag = world.browser(reader).get(url, status=200).headers["ETag"]

    assert world.browser().get(url, headers={"If-None-Match": tag}).status_int == 404
    assert world.browser(world.person()).get(url, headers={"If-None-Match": tag}).status_int == 404


def test_entry_keeps_its_id_when_the_repository_gets_another_name(world: World) -> None:
    owner = world.person()
    repository = world.repository("git", owner=owner)
    world.filled(repository, {"a.txt": b"1\n"})
    browser = world.browser(owner)
    before = ET.fromstring(browser.get(f"{repository.url}/feed/atom").text)
    browser.post(f"/_admin/repos/{repository.path}", {"repo_name": f"{repository.path}-new"}, status=303)

    after = ET.fromstring(browser.get(f"{repository.url}-new/feed/atom", status=200).text)

    assert [found.text for found in after.iter(f"{ATOM}id")] == [found.text for found in before.iter(f"{ATOM}id")]


@both_kinds
@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("", "/feed/{which}"),
        ("/changelog?branch={trunk}", "/feed/{which}?branch={trunk}"),
        ("/files/{trunk}/a.txt", "/feed/{which}/a.txt?branch={trunk}"),
        ("/changelog/{trunk}/a.txt", "/feed/{which}/a.txt?branch={trunk}"),
    ],
)
def test_pages_name_their_feeds(world: World, kind: str, page: str, feed: str) -> None:
    repository = filled(world, kind)

    head = world.browser().get(repository.url + page.format(trunk=TRUNK[kind]), status=200).html.head

    found = {link["type"]: link["href"] for link in head.find_all("link", rel="alternate")}
    assert found == {
        f"application/{which}+xml": repository.url + feed.format(which=which, trunk=TRUNK[kind]) for which in ("atom", "rss")
    }
