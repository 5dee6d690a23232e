"""An owner describes, renames, gives away and deletes a repository, and says who may do what."""

from __future__ import annotations

import pytest
from webtest import TestResponse

from tests.functional.forms import confirmed, form_to, form_with
from tests.worlds import Browser, Hosted, Person, World, both_kinds


@pytest.fixture(name="owner")
def _owner(world: World) -> Person:
    return world.person()


@pytest.fixture(name="browser")
def _browser(world: World, owner: Person) -> Browser:
    return world.browser(owner)


def _save(browser: Browser, repository: Hosted, **fields: str) -> TestResponse:
    form = form_with(browser.get(f"{repository.url}/settings", status=200), "repo_description")
    for name, value in fields.items():
        form[name] = value
    return confirmed(form)


@both_kinds
def test_description_is_changed(world: World, owner: Person, browser: Browser, kind: str) -> None:
    repository = world.repository(kind, owner=owner)

    _save(browser, repository, repo_description="Now with a description")

    assert "Now with a description" in browser.get(repository.url).text


def test_saving_without_a_change_changes_nothing(world: World, owner: Person, browser: Browser) -> None:
    repository = world.repository(owner=owner, private=True)
    before = world.rows()

    assert _save(browser, repository).status_int == 303

    assert world.rows() == before


def test_repository_is_made_private_and_public_again(world: World, owner: Person, browser: Browser) -> None:
    repository = world.repository(owner=owner)
    stranger = world.browser(world.person())

    _save(browser, repository, repo_private="True")
    hidden = stranger.get(repository.url).status_int
    form = form_with(browser.get(f"{repository.url}/settings"), "repo_description")
    form["repo_private"] = False
    shown = form.submit(status=200)
    assert "It is not private any more." in shown.text
    assert "visitors</td><td>nothing</td><td>read" in shown.text
    assert stranger.get(repository.url).status_int == 404
    form_with(shown, "repo_name").submit(status=303)

    assert (hidden, stranger.get(repository.url).status_int) == (404, 200)


def test_posting_a_description_alone_publishes_nothing_and_keeps_the_rest(
    world: World, owner: Person, browser: Browser
) -> None:
    repository = world.repository(owner=owner, private=True)
    stranger = world.browser(world.person())

    _save(browser, repository, repo_description="What it is for")

    assert stranger.get(repository.url).status_int == 404
    assert "What it is for" in browser.get(repository.url).text


@both_kinds
def test_rename_keeps_number_history_and_grants(world: World, owner: Person, browser: Browser, kind: str) -> None:
    reader = world.person()
    repository = world.repository(kind, owner=owner, readers=[reader], private=True)
    world.filled(repository, {"a.txt": b"a\n"})
    new = f"renamed{world.number}/deep/name"

    answer = _save(browser, repository, repo_name=new)

    assert answer.headers["Location"] == f"http://localhost/{new}/settings"
    assert browser.get(repository.url).headers["Location"] == f"http://localhost/{new}"
    assert world.browser(reader).get(f"/{new}/raw/tip/a.txt").body == b"a\n"
    assert world.browser(reader).get(f"/_{repository.id}/raw/tip/a.txt").body == b"a\n"


def test_moving_to_where_others_may_read_it_is_shown_before(world: World, owner: Person, browser: Browser) -> None:
    repository = world.repository(path=f"{world.group(anyone=False)}/shop", owner=owner)
    public = world.group(creators=[owner])
    before = world.rows()

    form = form_with(browser.get(f"{repository.url}/settings"), "repo_description")
    form["repo_name"] = f"{public}/moved"
    shown = form.submit(status=200)

    assert f"It moves to {public}/moved." in shown.text
    assert "visitors</td><td>nothing</td><td>read" in shown.text
    assert world.rows() == before
    form_with(shown, "repo_name").submit(status=303)
    assert world.browser().get(f"/{public}/moved").status_int == 200


def test_moving_into_a_new_group_at_the_top_shows_it_to_nobody(world: World, owner: Person, browser: Browser) -> None:
    repository = world.repository(path=f"{world.group(anyone=False)}/shop", owner=owner)
    form = form_with(browser.get(f"{repository.url}/settings"), "repo_description")
    form["repo_name"] = new = f"new{world.number}/moved"

    form.submit(status=303)

    assert world.browser(world.person()).get(f"/{new}").status_int == 404
    assert browser.get(f"/{new}").status_int == 200


def test_rename_to_a_taken_name_changes_nothing_else_either(world: World, owner: Person, browser: Browser) -> None:
    taken, repository = world.repository(), world.repository(owner=owner)
    before = world.rows()

    answer = _save(browser, repository, repo_name=taken.path, repo_description="Not kept")

    assert answer.status_int == 409
    assert "is taken" in answer.text
    assert world.rows() == before


def test_repository_is_given_away(world: World, owner: Person, browser: Browser) -> None:
    heir, repository = world.person(), world.repository(owner=owner)

    _save(browser, repository, owner=heir.name)

    assert world.browser(heir).get(f"{repository.url}/settings").status_int == 200
    assert browser.get(f"{repository.url}/settings").status_int == 403


def test_repository_is_not_given_to_nobody(world: World, owner: Person, browser: Browser) -> None:
    repository = world.repository(owner=owner)

    assert _save(browser, repository, owner="nobody-of-this-name").status_int == 404

    assert browser.get(f"{repository.url}/settings").status_int == 200


# --- the end


def _delete(browser: Browser, repository: Hosted, typed: str) -> TestResponse:
    form = form_with(browser.get(f"{repository.url}/settings", status=200), "confirm")
    form["confirm"] = typed
    return form.submit(status="*")


@both_kinds
def test_deletion_removes_the_rows_and_moves_the_folder_aside(world: World, owner: Person, browser: Browser, kind: str) -> None:
    repository = world.repository(kind, owner=owner, readers=[world.person()])
    world.filled(repository, {"a.txt": b"a\n"})
    aside = {name for name in world.folders() if name.startswith(".discarded/")}

    answer = _delete(browser, repository, repository.path)

    assert answer.status_int == 303
    assert browser.get(repository.url).status_int == 404
    assert not [row for row in world.rows()["repository"] if row[0] == repository.id]
    assert repository.location not in world.folders()
    moved = {name for name in world.folders() if name.startswith(".discarded/")} - aside
    assert [name.endswith(repository.path) for name in moved] == [True]


@pytest.mark.parametrize("typed", ["", "yes", "REPOSITORY"])
def test_nothing_is_deleted_without_the_exact_name(world: World, owner: Person, browser: Browser, typed: str) -> None:
    repository = world.repository(owner=owner)

    assert _delete(browser, repository, typed).status_int == 400

    assert browser.get(repository.url).status_int == 200


def test_name_and_number_of_a_deleted_repository_do_not_lead_to_the_next_one(
    world: World, owner: Person, browser: Browser
) -> None:
    repository = world.repository(owner=owner)
    _delete(browser, repository, repository.path)

    again = world.repository(path=repository.path, owner=owner)

    assert again.id != repository.id
    assert browser.get(f"/_{repository.id}").status_int == 404


# --- who may do what


def _grant(browser: Browser, repository: Hosted, principal: str, access: str) -> TestResponse:
    url = f"{repository.url}/settings/permissions"
    forms = [form for form in browser.get(url, status=200).forms.values() if form.action == url and "principal" in form.fields]
    form = forms[-1]  # the one for a new grant
    form["principal"], form["access"] = principal, access
    answer = form.submit(status="*")
    return _confirmed(answer) if answer.status_int == 200 else answer


def _confirmed(page: TestResponse) -> TestResponse:
    """What the second page does, which says before who gains and who loses."""
    assert "Make this change" in page.text
    return form_with(page, "principal").submit(status=303)


def test_access_is_given_and_taken(world: World, owner: Person, browser: Browser) -> None:
    friend, repository = world.person(), world.repository(owner=owner, private=True)
    theirs = world.browser(friend)

    _grant(browser, repository, f"user:{friend.name}", "read")
    given = theirs.get(repository.url).status_int
    page = browser.get(f"{repository.url}/settings/permissions")
    forms = [form for form in page.forms.values() if form.action.endswith("/delete") and "principal" in form.fields]
    _confirmed(next(form for form in forms if form["principal"].value == f"user:{friend.name}").submit(status=200))

    assert (given, theirs.get(repository.url).status_int) == (200, 404)


def test_access_is_changed_in_its_row(world: World, owner: Person, browser: Browser) -> None:
    friend = world.person()
    repository = world.repository(owner=owner, readers=[friend])
    page = browser.get(f"{repository.url}/settings/permissions")
    forms = [form for form in page.forms.values() if "access" in form.fields and "principal" in form.fields]
    form = next(form for form in forms if form["principal"].value == f"user:{friend.name}")
    form["access"] = "admin"

    _confirmed(form.submit(status=200))

    assert world.browser(friend).get(f"{repository.url}/settings").status_int == 200


@pytest.mark.parametrize(
    ("principal", "access"),
    [("user:nobody-of-this-name", "read"), ("nobody", "read"), ("", "read"), ("group:none", "read"), ("anyone:x", "write")],
)
def test_grant_to_nobody_is_refused_and_what_was_typed_stays(
    world: World, owner: Person, browser: Browser, principal: str, access: str
) -> None:
    repository = world.repository(owner=owner)
    before = world.rows()

    answer = _grant(browser, repository, principal, access)

    assert answer.status_int == 400
    assert principal in answer.text
    assert world.rows() == before


def test_grant_of_an_access_that_is_none_is_refused(world: World, owner: Person, browser: Browser) -> None:
    repository = world.repository(owner=owner)

    answer = browser.post(f"{repository.url}/settings/permissions", {"principal": "anyone", "access": "owner"})

    assert answer.status_int == 400


def test_page_of_permissions_says_what_comes_from_above_and_what_is_not_in_force(
    world: World, browser: Browser, owner: Person
) -> None:
    group = world.group()
    repository = world.repository(path=f"{group}/inside", owner=owner, private=True)

    page = browser.get(f"{repository.url}/settings/permissions", status=200)

    assert "not in force" in page.text
    assert f"/{group}" in page.text


def test_reader_is_offered_no_settings(world: World) -> None:
    reader = world.person()
    repository = world.repository(readers=[reader])

    assert f"{repository.url}/settings" not in world.browser(reader).get(repository.url).text


def test_signing_out_is_a_button_on_every_page(world: World, browser: Browser) -> None:
    form_to(browser.get("/"), "/_admin/logout").submit(status=303)

    assert not browser.is_signed_in
