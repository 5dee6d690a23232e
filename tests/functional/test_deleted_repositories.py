"""Administrators find what was deleted, see what comes back with it, restore it, or remove it for good."""

from __future__ import annotations

import pytest
from webtest import TestResponse

from tests.functional.forms import form_to, form_with
from tests.worlds import Browser, Hosted, Person, World, both_kinds

LIST = "/_admin/deleted_repos"


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def deleted(world: World, repository: Hosted, by: Person) -> TestResponse:
    """Delete it as its owner does; what is said then."""
    browser = world.browser(by)
    form = form_with(browser.get(f"{repository.url}/settings", status=200), "confirm")
    form["confirm"] = repository.path
    return form.submit(status=303).follow()


def about(boss: Browser, path: str) -> TestResponse:
    """The page to which the list leads."""
    return boss.get(LIST, params={"filter": path}, status=200).click(description="Restore")


def test_who_deletes_is_told_that_it_can_be_restored_and_administrators_how(world: World, boss: Browser) -> None:
    owner = world.person()
    said = deleted(world, world.repository(owner=owner), owner)
    assert "an administrator of this site can restore it" in said
    assert LIST not in said

    said = deleted(world, world.repository(), world.administrator)
    assert said.click(href=LIST).status_int == 200


def test_the_list_says_where_it_was_who_deleted_it_and_its_size(world: World, boss: Browser) -> None:
    owner, repository = world.person(), world.repository()
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(repository.path))
        scope.repositories.give_to(grant, scope.accounts.get(owner.id))
        scope.repositories.measured(repository.id, 2_500_000)
    deleted(world, repository, owner)

    shown = boss.get(LIST, params={"filter": repository.path.upper()}, status=200)

    line = shown.html.find("td", class_="deed").get_text()
    assert repository.path in line
    assert f"by {owner.name}" in line
    assert "2.5 MB" in shown
    assert "Nothing matches" in boss.get(LIST, params={"filter": "no-such-path"})


def test_all_repositories_lead_to_the_deleted_ones(world: World, boss: Browser) -> None:
    owner = world.person()
    deleted(world, world.repository(owner=owner), owner)
    assert boss.get("/_admin/repos", status=200).click(href=LIST).status_int == 200


def test_a_long_list_goes_on(world: World, boss: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kallithea.controllers.admin.deleted_repositories.SIZE", 2)
    paths = [f"long{world.number}" for _ in range(5)]
    for path in paths:
        with world.app.system_scope() as scope:
            scope.repositories.delete(scope.access.administer_repository(scope.access.at(world.repository(path=path).path)))
        world.clock.advance(seconds=1)
    page, seen = boss.get(LIST, params={"filter": "long"}, status=200), []
    while True:
        seen += [cell.find(string=True) for cell in page.html.find_all("td", class_="deed")]
        if not page.html.find("a", rel="next"):
            break
        page = page.click(description="Next")
    assert [text.strip() for text in seen] == paths[::-1]


@both_kinds
def test_it_is_restored_with_its_rights_and_its_pushes(world: World, boss: Browser, kind: str) -> None:
    owner, reader = world.person(), world.person()
    repository = world.repository(kind, owner=owner, readers=[reader], private=True)
    ids = world.filled(repository, {"a.txt": b"a\n"})
    deleted(world, repository, owner)

    shown = about(boss, repository.path)
    answer = form_with(shown, "path").submit(status=303)

    assert answer.location.endswith(repository.url)
    assert world.browser(reader).get(f"{repository.url}/changeset/{ids[0]}").status_int == 200
    assert world.browser(world.person()).get(repository.url).status_int == 404
    assert world.browser(owner).get(f"{repository.url}/settings").status_int == 200
    assert repository.path not in boss.get(LIST)
    with world.app.system_scope() as scope:
        told = [(entry.action, entry.target_name, entry.actor_name) for entry in scope.audit.latest()]
    assert ("repository.restore", repository.path, world.administrator.name) in told


def test_the_page_says_what_comes_back_and_what_has_to_be_made_again(world: World, boss: Browser) -> None:
    owner, gone = world.person(), world.person()
    repository = world.repository(owner=owner, readers=[gone, world.person()], private=True)
    world.deploy_token(repository.path, name="web server")
    deleted(world, repository, owner)
    with world.app.system_scope() as scope:
        scope.people.delete(scope.accounts.get(gone.id))

    shown = about(boss, repository.path)

    said = [item.get_text() for item in shown.html.main.select("section li")]
    assert "its settings: it is private, as it was" in said
    assert "deploy token web server (read)" in said
    assert f"user:{gone.name}" in said
    assert [text for text in said if text.startswith("2 grants of its own")]
    assert form_with(shown, "path")["owner"].value == owner.name


def test_where_something_else_is_another_path_is_chosen(world: World, boss: Browser) -> None:
    owner = world.person()
    repository = world.repository(owner=owner)
    deleted(world, repository, owner)
    other = world.repository(path=repository.path)

    shown = about(boss, repository.path)
    assert "Choose another path." in shown
    form = form_with(shown, "path")
    refused = form.submit(status=409)
    assert "Choose another path." in refused.html.find(id="path-error").get_text()
    form = form_with(refused, "path")
    form["path"] = f"again/{repository.path}"
    form.submit(status=303)

    assert boss.get(f"/again/{repository.path}").status_int == 200
    assert boss.get(other.url).status_int == 200


def test_it_may_get_another_owner_who_has_to_be_there(world: World, boss: Browser) -> None:
    owner, other = world.person(), world.person()
    repository = world.repository(owner=owner, private=True)
    deleted(world, repository, owner)

    form = form_with(about(boss, repository.path), "path")
    form["owner"] = "nobody-of-this-name"
    refused = form.submit(status=404)
    assert refused.html.find(id="owner-error")
    assert repository.path in boss.get(LIST)
    form = form_with(refused, "path")
    form["owner"] = other.name
    form.submit(status=303)

    assert world.browser(other).get(repository.url).status_int == 200
    assert world.browser(owner).get(repository.url).status_int == 404


def test_it_is_removed_for_good_only_with_its_path_typed(world: World, boss: Browser) -> None:
    owner = world.person()
    repository = world.repository(owner=owner)
    deleted(world, repository, owner)

    form = form_to(about(boss, repository.path), f"{LIST}/purge")
    form["confirm"] = "something-else"
    refused = form.submit(status=400)
    assert refused.html.find(id="confirm-error")
    before = world.folders()
    form = form_to(refused, f"{LIST}/purge")
    form["confirm"] = repository.path
    form.submit(status=303)

    (gone,) = before - world.folders()
    assert gone.endswith(repository.path)
    assert repository.path not in boss.get(LIST)
    with world.app.system_scope() as scope:
        entry = scope.audit.latest()[0]
    assert (entry.action, entry.target_id, entry.target_name) == ("repository.purge", repository.id, repository.path)


@pytest.mark.parametrize("verb", ["restore", "purge"])
def test_what_is_not_there_is_not_found_and_nothing_outside_is_touched(world: World, boss: Browser, verb: str) -> None:
    before = world.folders()
    for name in ("nothing", "../.store", "..", "."):
        fields = {"deleted": name, "confirm": name, "path": "x", "owner": ""}
        assert boss.post(f"{LIST}/{verb}", fields).status_int == 404
        assert boss.get(f"{LIST}/restore", params={"deleted": name}).status_int == 404
    assert boss.post(f"{LIST}/{verb}", {"deleted": "", "confirm": ""}).status_int == 404
    assert world.folders() == before


def test_two_who_restore_the_same_one_get_it_once(world: World, boss: Browser) -> None:
    owner = world.person()
    repository = world.repository(owner=owner)
    deleted(world, repository, owner)
    first, second = (form_with(about(boss, repository.path), "path") for _ in range(2))
    second["path"] = f"{repository.path}-twice"

    assert (first.submit(status="*").status_int, second.submit(status="*").status_int) == (303, 404)
    assert not world.exists(f"{repository.path}-twice")


def test_the_end_that_the_settings_give_is_shown(world: World, boss: Browser) -> None:
    owner = world.person()
    repository = world.repository(owner=owner)
    deleted(world, repository, owner)
    assert "until an administrator removes it for good" in about(boss, repository.path)
    assert "an administrator removes it" in boss.get(LIST, params={"filter": repository.path})


def test_a_path_as_long_as_one_may_be_is_deleted_and_restored(world: World, boss: Browser) -> None:
    """Its folder has a moment before the path, and the name of a folder is no longer than a path."""
    owner = world.person()
    for letter in ("a", "ä", "山"):
        path = f"{letter * 200}/{letter * 40}{world.number}"
        world.repository(path=path, owner=owner)
        with world.app.system_scope() as scope:
            scope.repositories.delete(scope.access.administer_repository(scope.access.at(path)))

        form_with(about(boss, path), "path").submit(status=303)

        assert world.exists(path)
