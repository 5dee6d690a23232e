"""Pages of what a full id names are made once: after a push only what it changed of them is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import update

from kallithea.controllers.kept import Lasting
from kallithea.controllers.visit import Visit
from kallithea.model import Repository
from tests.functional.test_pictures import send
from tests.lib.test_pictures import png
from tests.worlds import TRUNK, Hosted, Person, RealHistory, World

PAGES = (
    "/changeset/{id}",
    "/changeset/{id}?split=true",
    "/files/{id}/a.py",
    "/files/{id}/README.md?source=true",
    "/annotate/{id}/a.py",
)


@dataclass
class Told:
    """A repository with two commits, of which the first is looked at."""

    world: World
    repository: Hosted
    history: RealHistory
    first: str
    author: Person

    def pages(self) -> dict[str, str]:
        """What visitors are told, by page."""
        browser = self.world.browser()
        found = {page: browser.get(self.repository.url + page.format(id=self.first), status=200) for page in PAGES}
        return {page: str(answer.html.find("head")) + str(answer.html.find("main")) for page, answer in found.items()}


@pytest.fixture(name="told", params=["git", "hg"])
def _told(world: World, request: pytest.FixtureRequest) -> Told:
    repository, author = world.repository(request.param), world.person()
    history = world.history(repository)
    files = {"a.py": b"one = 1\n", "README.md": b"# Read me\n"}
    first = history.commit(files, "First, before 0123456", author=f"Ann <{author.name}@example.com>")
    history.commit({"a.py": b"one = 2\n"}, "Second")
    history.publish()
    return Told(world, repository, history, first, author)


@contextmanager
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The kinds of the pages that are made within the block."""
    kinds: list[str] = []
    rendered = Visit.rendered

    def note(visit: Visit, page: object, **how: object) -> object:
        kinds.append(type(page).__name__)
        return rendered(visit, page, **how)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Visit, "rendered", note)
        yield kinds


def made_anew(told: Told, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The pages as they are where nothing is kept."""

    def shown(visit: Visit, page: object, *, key: object) -> object:
        answer = page.make() if isinstance(page, Lasting) else page
        return visit.rendered(answer, key=("anew", key))

    with monkeypatch.context() as patch:
        patch.setattr(Visit, "remembered", lambda *_: None)
        patch.setattr(Visit, "shown", shown)
        return told.pages()


def test_a_push_that_changes_nothing_of_them_makes_none_of_them_anew(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told.pages()
    told.history.commit({"b.txt": b"more\n"}, "Third")
    told.history.publish()

    with made(monkeypatch) as kinds:
        assert told.pages() == before
        assert told.pages() == before

    assert kinds == []


def test_they_are_found_by_their_first_key_again_without_a_look_at_the_history(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.pages()
    told.history.commit({"b.txt": b"more\n"}, "Third")
    told.history.publish()
    told.pages()

    monkeypatch.setattr(Visit, "shown", lambda *_, **__: pytest.fail("what was kept was not found"))
    told.pages()


def child(told: Told) -> None:
    told.history.switch(TRUNK[told.repository.kind])
    if told.repository.kind == "git":
        told.history.git("checkout", "-q", "-b", "other", told.first)  # type: ignore[union-attr]
    else:
        told.history.hg("update", told.first)  # type: ignore[union-attr]
    told.history.commit({"c.txt": b"c\n"}, "Another way")
    told.history.publish()


def label(told: Told) -> None:
    if told.repository.kind == "git":
        told.history.git("branch", "here", told.first)  # type: ignore[union-attr]
    else:
        told.history.bookmark("here", told.first)  # type: ignore[union-attr]
    told.history.publish()


def tag(told: Told) -> None:
    told.history.tag("v1.0")
    told.history.publish()


def proper_name(told: Told) -> None:
    told.history.commit({".mailmap": f"Proper Name <{told.author.name}@example.com>\n".encode()}, "Names")
    told.history.publish()


def picture(told: Told) -> None:
    assert send(told.world.browser(told.author), png()).status_int == 303


def renamed(told: Told) -> None:
    with told.world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.locate_path(told.repository.path))
        path = scope.repositories.rename(grant, f"{told.repository.path}-renamed")
    told.repository = Hosted(told.repository.id, str(path), told.repository.kind, told.repository.location)


def described(told: Told) -> None:
    with told.world.app.session() as session:
        session.execute(update(Repository).where(Repository.id == told.repository.id).values(description="Another description"))
        session.commit()


CHANGES = {
    change.__name__: (change, number)
    for change, number in ((child, 5), (label, 5), (tag, 3), (proper_name, 5), (picture, 2), (renamed, 5), (described, 5))
}


@pytest.mark.parametrize("name", CHANGES)
def test_they_tell_what_changed_since(told: Told, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told.pages()
    change, expected = CHANGES[name]

    change(told)

    after = told.pages()
    assert after == made_anew(told, monkeypatch)
    assert sum(after[page] != before[page] for page in PAGES) == expected


def test_an_address_that_names_a_branch_moves_with_it(told: Told) -> None:
    trunk = TRUNK[told.repository.kind]
    url = f"{told.repository.url}/files/{trunk}/a.py"
    before = told.world.browser().get(url, status=200).text
    told.history.commit({"a.py": b"one = 'last'\n"}, "Third")
    told.history.publish()

    after = told.world.browser().get(url, status=200).text

    assert "last" not in before
    assert "last" in after


def test_lines_that_were_not_traced_in_time_are_not_kept(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{told.repository.url}/annotate/{told.first}/a.py"
    with monkeypatch.context() as patch:
        patch.setattr("kallithea.services.files.BLAME_SECONDS", -1.0)
        short = told.world.browser().get(url, status=200).text

    assert "not all of its lines were traced in time" in short
    assert "not all of its lines were traced in time" not in told.world.browser().get(url, status=200).text


def test_they_are_nobodys_who_may_not_read_them_any_more(told: Told) -> None:
    told.pages()
    with told.world.app.session() as session:
        session.execute(update(Repository).where(Repository.id == told.repository.id).values(is_private=True))
        session.commit()

    for page in PAGES:
        told.world.browser().get(told.repository.url + page.format(id=told.first), status=404)
