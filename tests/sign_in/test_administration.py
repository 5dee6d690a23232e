"""The pages where administrators say who is asked about people that sign in."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest
from bs4 import Tag
from sqlalchemy import delete
from webtest import Form, TestResponse

from kallithea.lib.sign_in.sources import VerifiedPerson
from kallithea.model import Setting, UserGroup
from tests.sign_in.conftest import turn_off, turn_on
from tests.sign_in.plugin import Book
from tests.worlds import Browser, World

LIST, LDAP = "/_admin/auth", "/_admin/auth/settings/ldap"
SECRET = "a word that nobody sees"


@pytest.fixture(name="boss")
def _boss(world: World) -> Iterator[Browser]:
    """An administrator; what they turned on is off afterwards."""
    yield world.browser(world.administrator)
    for name in ("ldap", "book", "header"):
        turn_off(world, name)


def _form(page: TestResponse, field: str) -> Form:
    return next(form for form in page.forms.values() if field in form.fields)


def _followers(page: TestResponse, name: str) -> list[Tag]:
    """The rows of a user group that follows others."""
    return [row for row in page.html.select("table.list tr") if row.td and row.td.text == name]


def _saved(boss: Browser, **values: str) -> TestResponse:
    form = _form(boss.get(LDAP, status=200), "base_dn")
    for name, value in values.items():
        form[name] = value
    return form.submit(status="*")


def test_the_list_has_every_source_and_accounts_here_first(boss: Browser) -> None:
    rows = [row.strong.text for row in boss.get(LIST, status=200).html.select("tbody tr")]

    assert rows[:2] == ["Accounts kept here", "LDAP, Active Directory"]
    assert {"OpenID Connect", "PAM", "The web server in front"} <= set(rows)


def test_settings_are_saved_and_shown_again(boss: Browser) -> None:
    assert _saved(boss, host="ldap.example.com", base_dn="dc=example", tls_kind="START_TLS", timeout="7").status_int == 303

    form = _form(boss.get(LDAP), "base_dn")
    assert [form[name].value for name in ("host", "base_dn", "tls_kind", "timeout")] == [
        "ldap.example.com", "dc=example", "START_TLS", "7",
    ]  # fmt: skip


def test_what_cannot_be_used_is_said_and_nothing_of_it_is_kept(boss: Browser) -> None:
    _saved(boss, host="good.example.com", base_dn="dc=good")

    answer = _saved(boss, host="ldap://bad", base_dn="dc=changed", dn_pass=SECRET)

    assert answer.status_int == 400
    assert "Write names of hosts" in answer.text
    assert _form(answer, "base_dn")["base_dn"].value == "dc=changed"
    assert SECRET not in answer.text
    assert _form(boss.get(LDAP), "base_dn")["base_dn"].value == "dc=good"


def test_a_secret_is_never_shown_again(boss: Browser) -> None:
    _saved(boss, host="a.example", base_dn="dc=a", dn_pass=SECRET)

    for url in (LDAP, LIST, "/_admin/activity"):
        assert SECRET not in unescape(boss.get(url, status=200).text)
    form = _form(boss.get(LDAP), "base_dn")
    assert form["dn_pass"].value == ""
    form["forget_dn_pass"] = True
    form.submit(status=303)
    assert "forget_dn_pass" not in _form(boss.get(LDAP), "base_dn").fields


def test_a_source_is_turned_on_moved_and_turned_off(world: World, boss: Browser, book: Book) -> None:
    for name, settings in (("header", {}), ("book", {"shelf": "1"})):
        with world.app.system_scope() as scope:
            scope.sign_in_sources.save(name, {"new_people": "approve", **settings})
        boss.post(LIST, {"name": name, "verb": "on"}, status=303)

    boss.post(LIST, {"name": "book", "verb": "up"}, status=303)
    with world.app.system_scope() as scope:
        assert scope.sign_in_sources.order() == ("book", "header")
    boss.post(LIST, {"name": "book", "verb": "off"}, status=303)
    with world.app.system_scope() as scope:
        assert scope.sign_in_sources.order() == ("header",)


def test_a_source_that_is_not_complete_is_not_turned_on(world: World, boss: Browser) -> None:
    with world.app.session() as session, session.begin():
        session.execute(delete(Setting).where(Setting.name.startswith("auth_ldap_")))

    with_trouble = boss.post(LIST, {"name": "ldap", "verb": "on"})

    assert with_trouble.status_int == 400
    assert "cannot be used" in with_trouble.text
    assert boss.post(LIST, {"name": "ldap", "verb": "burn"}).status_int == 400
    assert boss.post(LIST, {"name": "nothing", "verb": "on"}).status_int == 404
    assert boss.get("/_admin/auth/settings/nothing").status_int == 404


def test_mass_assignment_changes_no_setting_of_anything_else(world: World, boss: Browser) -> None:
    form = _form(boss.get(LDAP), "base_dn")
    fields = dict(form.submit_fields())
    before = world.rows(but=("audit_entry", "user_session"))["setting"]

    boss.post(LDAP, {**fields, "host": "", "public_access": "false", "auth_plugins": "pam", "oidc_issuer": "x"}, status=400)

    assert world.rows(but=("audit_entry", "user_session"))["setting"] == before


def test_user_groups_follow_and_leave(world: World, boss: Browser) -> None:
    name = f"crew{world.number}"
    with world.app.session() as session, session.begin():
        session.add(UserGroup(name=name, name_key=name, owner_id=world.administrator.id, created_at=world.clock()))
    form = _form(boss.get(LDAP), "external_name")
    form["user_group"], form["external_name"] = name.upper(), "cn=crew"
    page = form.submit(status=303).follow()

    # Groups of other tests may follow something too.
    (number,) = (row.find("input", {"name": "number"})["value"] for row in _followers(page, name) if "cn=crew" in row.text)
    boss.post("/_admin/auth/groups/ldap", {"user_group": name, "external_name": "CN=CREW"}, status=409)
    assert "no user group" in boss.post("/_admin/auth/groups/ldap", {"user_group": "?", "external_name": "x"}, status=400).text
    (remove,) = (form for form in page.forms.values() if "number" in form.fields and form["number"].value == number)
    assert not _followers(remove.submit(status=303).follow(), name)
    boss.post("/_admin/auth/groups/delete/ldap", {"number": number}, status=404)


def test_an_account_is_linked_and_unlinked(world: World, boss: Browser, book: Book) -> None:
    turn_on(world, "book", {"shelf": "1", "new_people": "refuse"})
    person = world.person()
    book.people["a name there", "a word there"] = VerifiedPerson("the subject", "somebody")
    fields = {"username": "a name there", "password": "a word there"}
    assert world.browser().post("/_admin/login", fields).status_int == 403

    boss.post("/_admin/auth/people/book", {"username": person.name, "subject": "the subject"}, status=303)
    browser = world.browser()
    assert browser.post("/_admin/login", fields).status_int == 303
    assert person.name in browser.get("/_admin/my_account").text

    boss.post("/_admin/auth/people/delete/book", {"unlinked": person.name}, status=303)
    assert world.browser().post("/_admin/login", fields).status_int == 403
    assert boss.post("/_admin/auth/people/book", {"username": "nobody-here", "subject": "x"}).status_int == 400
    assert boss.post("/_admin/auth/people/delete/book", {"unlinked": person.name}).status_int == 400


def test_a_source_that_is_away_is_said_to_be_on_the_form_and_to_clients(world: World, boss: Browser, book: Book) -> None:
    turn_on(world, "book", {"shelf": "1", "new_people": "create"})
    book.is_away = True

    answer = world.browser().post("/_admin/login", {"username": "anybody", "password": "x"})

    assert answer.status_int == 503
    assert "The book cannot be read" in answer.text
    assert answer.headers["Retry-After"]
    assert "Wrong user name" not in answer.text
