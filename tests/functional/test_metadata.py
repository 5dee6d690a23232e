"""What pages tell programs about themselves, and to whom."""

from __future__ import annotations

import pytest

from tests.worlds import TRUNK, Browser, World, both_kinds

SECRET_NAME = "projectx"
SECRET_WORD = "submarine"


def told(browser: Browser, url: str) -> dict[str, str]:
    """The names and contents of a page's metadata."""
    head = browser.get(url).html.head
    found = {str(meta.get("property") or meta.get("name")): str(meta.get("content")) for meta in head.find_all("meta")}
    link = head.find("link", rel="canonical")
    return {**found, "title": head.title.text, "canonical": str(link["href"]) if link else ""}


@both_kinds
@pytest.mark.parametrize(
    ("asked", "canonical", "title"),
    [
        ("", "", "{path}"),
        ("/summary", "", "{path}"),
        ("/changelog?size=3", "/changelog", "History · {path}"),
        ("/changelog?branch={trunk}", "/changelog?branch={trunk}", "History · {path}"),
        ("/changeset/tip?context=9", "/changeset/{id}", "Change 1 · {path}"),
        ("/changeset/{short}", "/changeset/{id}", "Change 1 · {path}"),
        ("/files/{trunk}/a.txt", "/files/{trunk}/a.txt", "a.txt at {trunk} · {path}"),
        ("/files/{id}/a.txt", "/files/{id}/a.txt", "a.txt at {short} · {path}"),
        ("/files/{trunk}", "/files/{trunk}", "{path} at {trunk} · {path}"),
        ("/branches", "/branches", "Branches · {path}"),
        ("/tags", "/tags", "Tags · {path}"),
        ("/compare", "/compare", "Compare · {path}"),
    ],
)
def test_page_has_one_address_and_a_title(world: World, kind: str, asked: str, canonical: str, title: str) -> None:
    repository = world.repository(kind)
    [commit] = world.filled(repository, {"a.txt": b"1\n"})
    values = {"trunk": TRUNK[kind], "id": commit, "short": commit[:12], "path": repository.path}

    for url in (repository.url, f"/_{repository.id}"):
        found = told(world.browser(), url + asked.format(**values))

        assert found["canonical"] == f"http://localhost{repository.url}{canonical.format(**values)}"
        assert found["og:url"] == found["canonical"]
        assert found["og:title"] == title.format(**values)
        assert found["title"] == f"{title.format(**values)} · Test House"


def test_description_is_told_in_one_short_line(world: World) -> None:
    owner = world.person()
    repository = world.repository(owner=owner)
    description = 'A "shop"\r\n<script>' + "x" * 500
    world.browser(owner).post(f"/_admin/repos/{repository.path}", {"repo_description": description}, status=303)

    found = told(world.browser(), repository.url)

    assert found["description"] == found["og:description"] == ('A "shop" <script>' + "x" * 500)[:200]


def test_private_repository_is_named_to_nobody_who_may_not_read_it(world: World) -> None:
    owner = world.person()
    repository = world.repository(path=f"{SECRET_NAME}{world.number}", private=True, owner=owner)
    world.filled(repository, {"a.txt": b"1\n"})
    fields = {"repo_description": SECRET_WORD}
    world.browser(owner).post(f"/_admin/repos/{repository.path}", fields, status=303)
    assert SECRET_WORD in told(world.browser(owner), repository.url)["og:description"]

    for person in (None, world.person()):
        browser = world.browser(person)
        for url in (f"/_{repository.id}", f"/_{repository.id}/changeset/tip", f"/_{repository.id}/feed/atom"):
            page = browser.get(url, status=404).text

            assert SECRET_NAME not in page
            assert SECRET_WORD not in page
        found = told(browser, repository.url)
        assert set(found) & {"og:url", "og:description"} == set()
        assert SECRET_NAME not in found["og:title"] + found["title"] + found["canonical"]


def test_no_picture_is_told(world: World) -> None:
    repository = world.repository()

    assert "og:image" not in told(world.browser(), repository.url)
