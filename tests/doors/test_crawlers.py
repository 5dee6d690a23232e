"""Crawlers that keep to robots.txt and nofollow find what people search for, and an end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import Tag

from kallithea.controllers.exposing import DOORS, Door
from tests.worlds import TRUNK, Browser, Hosted, World, both_kinds

FILES = ("README.md", "src/one.py", "src/two.py")
ENOUGH = 2000
"""Pages after which a crawler of the tests takes the house for endless."""


class Robots:
    """What a robots.txt allows everybody (RFC 9309, section 2.2): the longest rule that matches counts, Allow among equals."""

    def __init__(self, text: str) -> None:
        lines = (line.partition("#")[0].partition(":") for line in text.splitlines())
        self._rules = [
            (len(pattern.strip()), name.strip().lower() == "allow", self._expression(pattern.strip()))
            for name, _, pattern in lines
            if name.strip().lower() in ("allow", "disallow")
        ]

    def allow(self, target: str) -> bool:
        return max(((length, allows) for length, allows, rule in self._rules if rule.match(target)), default=(0, True))[1]

    @staticmethod
    def _expression(pattern: str) -> re.Pattern[str]:
        parts = (re.escape(part) for part in pattern.removesuffix("$").split("*"))
        return re.compile(".*".join(parts) + ("$" if pattern.endswith("$") else ""))


@dataclass
class Crawler:
    """Follows every link that it may follow, from below one address."""

    browser: Browser
    within: str
    robots: Robots = field(init=False)
    pages: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.robots = Robots(self.browser.get("/robots.txt", status=200).text)

    def crawl(self) -> set[str]:
        waiting = [self.within]
        while waiting:
            target = waiting.pop()
            if target in self.pages or not self.robots.allow(target):
                continue
            assert len(self.pages) < ENOUGH, f"no end: {sorted(self.pages)[-20:]}"
            answer = self.browser.get(target)
            self.pages[target] = answer.status_int
            if answer.content_type == "text/html" and "nofollow" not in answer.headers.get("X-Robots-Tag", ""):
                waiting += [
                    self._absolute(target, str(link["href"])) for link in answer.html.select("a[href]") if _may_follow(link)
                ]
            waiting = [found for found in waiting if found.startswith(self.within)]
        return {*self.pages}

    def _absolute(self, target: str, link: str) -> str:
        parts = urlsplit(urljoin(f"http://localhost{target}", link))
        return f"{parts.path}{'?' if parts.query else ''}{parts.query}" if parts.netloc == "localhost" else ""


def _may_follow(link: Tag) -> bool:
    return "nofollow" not in (link.get("rel") or [])


@pytest.fixture(name="robots")
def _robots(world: World) -> Robots:
    return Robots(world.browser().get("/robots.txt", status=200).text)


def filled(world: World, kind: str, commits: int) -> Hosted:
    repository = world.repository(kind)
    texts = [f"number {number}\n".encode() for number in range(commits)]
    readme = b"\n[one](src/one.py)\n"
    world.filled(repository, *({"README.md": text + readme, "src/one.py": text, "src/two.py": text} for text in texts))
    return repository


@both_kinds
def test_what_people_search_for_is_found(world: World, kind: str) -> None:
    repository = filled(world, kind, 7)
    backend = world.backend(repository)
    head = backend.reader.resolve(TRUNK[kind])
    commits = [commit.id.hex for commit in backend.reader.history([head.id])]

    found = Crawler(world.browser(), repository.url).crawl()

    assert repository.url in found
    assert {f"{repository.url}/files/{TRUNK[kind]}/{path}" for path in FILES} <= found
    assert {f"{repository.url}/changeset/{commit}" for commit in commits} <= found


@both_kinds
def test_each_commit_is_one_page_more(world: World, kind: str) -> None:
    few, many = (Crawler(world.browser(), filled(world, kind, number).url).crawl() for number in (6, 16))

    assert len(many) - len(few) == 10
    assert len(few) < 30


@both_kinds
def test_no_page_that_a_crawler_finds_is_broken_or_costly(world: World, kind: str) -> None:
    repository = filled(world, kind, 3)
    crawler = Crawler(world.browser(), repository.url)
    crawler.crawl()
    costly = {door.path for door in DOORS if door.is_costly and door.path}

    assert {*crawler.pages.values()} == {200}
    assert not [page for page in crawler.pages if {*page.removeprefix(repository.url).split("/")[1:2]} & costly]


@pytest.mark.parametrize("door", [door for door in DOORS if door.is_costly], ids=lambda door: door.label + ":" + door.path)
def test_costly_pages_are_not_for_crawlers(robots: Robots, door: Door) -> None:
    path = door.path or "changelog"

    assert not robots.allow(f"/group/repository/{path}/0123456789abcdef0123456789abcdef01234567/file.txt")


@pytest.mark.parametrize(
    "target",
    [
        "/_admin/login",
        "/_12/changelog",
        "/group/repository/files/0123456789abcdef0123456789abcdef01234567/a.txt",
        "/repository/files/v1.0/",
        "/repository/changelog?branch=main",
        "/repository/changelog?page=2",
        "/repository/changeset/0123?split=1",
        "/repository/changeset/0123?page=2",
        "/repository/compare",
        "/repository?anything=1",
        "/?filter=x",
        "/?filter=x&page=2",
        "/group?kind=hg",
    ],
)
def test_the_endless_part_is_closed(robots: Robots, target: str) -> None:
    assert not robots.allow(target)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/?page=2",
        "/group?page=2",
        "/group/repository",
        "/group/repository/changelog",
        "/group/repository/changeset/0123456789abcdef0123456789abcdef01234567",
        "/group/repository/files/main/src/one.py",
        "/group/repository/files/default/",
        "/group/finder",
        "/group/repository/branches",
        "/_assets/app-1f0c.css",
    ],
)
def test_the_rest_is_open(robots: Robots, target: str) -> None:
    assert robots.allow(target)


@pytest.mark.parametrize("page", ["annotate/tip/README.md", "find/tip", "changeset-diff/tip", "archive/tip.zip"])
def test_a_crawler_that_comes_nevertheless_is_told_to_leave(world: World, page: str) -> None:
    repository = filled(world, "hg", 1)

    for _ in range(2):
        answer = world.browser().get(f"{repository.url}/{page}", status=200)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
