"""A newcomer signs in, creates a repository, pushes to it, and finds everything on the pages."""

from __future__ import annotations

import re

import pytest
from webtest import TestResponse

from tests.functional.forms import form_with
from tests.worlds import PASSWORD, TRUNK, Browser, Hosted, World, both_kinds


def _sign_in(browser: Browser, name: str) -> TestResponse:
    form = form_with(browser.get("/_admin/login", status=200), "password")
    form["username"], form["password"] = name, PASSWORD
    return form.submit(status=303).follow(extra_environ=browser.app.extra_environ)


def _create(browser: Browser, name: str, kind: str, **fields: str) -> TestResponse:
    form = form_with(browser.get("/_admin/create_repository", status=200), "repo_name")
    form["repo_name"], form["repo_type"] = name, kind
    for field, value in fields.items():
        form[field] = value
    return form.submit(status=303).follow()


@pytest.fixture(name="newcomer")
def _newcomer(world: World) -> Browser:
    browser = world.browser()
    _sign_in(browser, world.person().name)
    return browser


def test_who_signs_in_is_greeted_by_name(world: World) -> None:
    person = world.person()

    assert person.name in _sign_in(world.browser(), person.name).text


def test_who_may_not_see_a_page_signs_in_there_and_then_sees_it(world: World) -> None:
    person = world.person()
    repository = world.repository(readers=[person], private=True)
    form = form_with(world.browser().get(repository.url, status=404), "password")
    form["username"], form["password"] = person.name, PASSWORD

    assert form.submit(status=303).headers["Location"].endswith(repository.url)


@both_kinds
def test_new_repository_shows_how_to_begin(world: World, newcomer: Browser, kind: str) -> None:
    name = f"first{world.number}"

    page = _create(newcomer, name, kind, repo_description="My first one")

    assert page.request.path == f"/{name}"
    assert "My first one" in page.text
    assert f"http://localhost/{name}" in page.text
    assert f"{kind} clone" in page.text or f"{kind} push" in page.text


@both_kinds
def test_name_with_slashes_makes_groups(world: World, newcomer: Browser, kind: str) -> None:
    top = f"groups{world.number}"

    _create(newcomer, f"{top}/inner/shop", kind)

    assert f"/{top}/inner" in newcomer.get(f"/{top}", status=200).text
    assert "shop" in newcomer.get(f"/{top}/inner", status=200).text


@both_kinds
def test_empty_repository_has_every_page(world: World, newcomer: Browser, kind: str) -> None:
    name = f"empty{world.number}"
    _create(newcomer, name, kind)

    for tail in ("", "/changelog", "/branches", "/tags", "/settings", "/settings/permissions"):
        assert newcomer.get(f"/{name}{tail}").status_int == 200
    assert newcomer.get(f"/{name}/files").status_int == 303


def test_what_was_typed_stays_when_the_form_is_refused(world: World, newcomer: Browser) -> None:
    form = form_with(newcomer.get("/_admin/create_repository"), "repo_name")
    form["repo_name"], form["repo_description"], form["repo_type"] = "con", "Keep this text", "git"

    page = form.submit(status=400)

    again = form_with(page, "repo_name")
    assert (again["repo_name"].value, again["repo_description"].value, again["repo_type"].value) == (
        "con",
        "Keep this text",
        "git",
    )
    assert "device" in page.text


# --- a history, on every page


@pytest.fixture(scope="module", name="pushed", params=["hg", "git"])
def _pushed(world: World, request: pytest.FixtureRequest) -> tuple[Hosted, list[str]]:
    """A repository with two branches, a merge and a tag, and the ids of its commits."""
    repository = world.repository(request.param)
    history = world.history(repository)
    trunk = TRUNK[repository.kind]
    ids = [
        history.commit({"README.md": b"# Welcome\n\nRead *this*.\n", "src/hello.py": b"print('hello')\n"}, "Begin"),
        history.commit({"src/hello.py": b"print('hello, world')\n"}, "Greet the world\n\nIn more words."),
        history.commit({"side.txt": b"on the side\n"}, "Work aside", branch="aside"),
    ]
    history.commit({"main.txt": b"meanwhile\n"}, "Go on", branch=trunk)
    ids.append(history.merge("aside", "Bring it together"))
    history.tag("v1.0")
    history.publish()
    return repository, ids


@pytest.fixture(name="visitor")
def _visitor(world: World) -> Browser:
    return world.browser()


def test_summary_shows_readme_commits_and_address(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    page = visitor.get(pushed[0].url, status=200)

    for text in ("<em>this</em>", "Bring it together", f"http://localhost{pushed[0].url}"):
        assert text in page.text


def test_history_shows_every_commit_and_the_graph(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    first = visitor.get(f"{pushed[0].url}/changelog", status=200)
    second = visitor.get(f"{pushed[0].url}/changelog?page=2")

    for subject in ("Begin", "Greet the world", "Work aside", "Go on", "Bring it together"):
        assert subject in first.text + second.text
    assert "<svg" in first.text


def test_history_of_a_branch_leaves_others_out(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    page = visitor.get(f"{pushed[0].url}/changelog?branch=aside", status=200)

    assert "Work aside" in page.text
    assert "Bring it together" not in page.text


def test_commit_shows_message_parents_children_and_changes(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    repository, ids = pushed

    page = visitor.get(f"{repository.url}/changeset/{ids[1]}", status=200)

    for text in (
        "Greet the world",
        "In more words.",
        "Ann Author",
        "src/hello.py",
        f"/changeset/{ids[0]}",
        f"/changeset/{ids[2]}",
    ):
        assert text in page.text
    assert "hello, world" in re.sub(r"<[^>]+>", "", page.text)


def test_merge_shows_both_parents(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    repository, ids = pushed

    page = visitor.get(f"{repository.url}/changeset/{ids[3]}", status=200)

    assert f"/changeset/{ids[2]}" in page.text


def test_diff_and_patch_leave_as_text(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    repository, ids = pushed

    diff = visitor.get(f"{repository.url}/changeset-diff/{ids[1]}", status=200)
    patch = visitor.get(f"{repository.url}/changeset-patch/{ids[1]}", status=200)

    assert "+print('hello, world')" in diff.text
    assert "Subject: [PATCH] Greet the world" in patch.text or "Subject: Greet the world" in patch.text


def test_folder_and_file_show_what_is_in_them(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    repository, _ = pushed

    assert "hello.py" in visitor.get(f"{repository.url}/files/tip/src", status=200).text
    assert "hello, world" in re.sub(r"<[^>]+>", "", visitor.get(f"{repository.url}/files/tip/src/hello.py", status=200).text)


def test_raw_file_is_what_was_committed(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    repository, ids = pushed

    assert visitor.get(f"{repository.url}/raw/{ids[0]}/src/hello.py", status=200).body == b"print('hello')\n"


def test_history_of_a_file_has_its_commits_only(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    page = visitor.get(f"{pushed[0].url}/changelog/tip/src/hello.py", status=200)

    assert "Greet the world" in page.text
    assert "Work aside" not in page.text


@pytest.mark.parametrize(("tail", "name"), [("branches", "aside"), ("tags", "v1.0")])
def test_names_are_listed(visitor: Browser, pushed: tuple[Hosted, list[str]], tail: str, name: str) -> None:
    assert name in visitor.get(f"{pushed[0].url}/{tail}", status=200).text


def test_bookmarks_are_listed_where_there_are_any(world: World, visitor: Browser) -> None:
    repository = world.repository("hg")
    history = world.history(repository)
    history.commit({"a": b"a"})
    history.bookmark("my-mark")  # type: ignore[union-attr] # an hg history has them
    history.publish()

    assert "my-mark" in visitor.get(f"{repository.url}/bookmarks", status=200).text


def test_every_link_on_the_pages_of_a_repository_leads_somewhere(visitor: Browser, pushed: tuple[Hosted, list[str]]) -> None:
    repository, ids = pushed
    pages = ["", "/changelog", f"/changeset/{ids[1]}", "/files/tip", "/files/tip/src/hello.py", "/branches", "/tags"]
    links = {link for page in pages for link in re.findall(r'href="(/[^"#]*)', visitor.get(repository.url + page).text)}

    broken = {link: visitor.get(link.replace("&amp;", "&")).status_int for link in links if not link.startswith("/_assets")}

    # Who forks has to be somebody; the form to sign in is in the answer.
    assert {link: status for link, status in broken.items() if status != 200} == {f"{repository.url}/fork": 401}
