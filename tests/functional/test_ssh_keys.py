"""People look after their SSH keys, and owners after those of a repository."""

from __future__ import annotations

import pytest
from webtest import TestResponse

from kallithea.config.settings import Settings
from kallithea.config.ssh import address_template
from tests.functional.forms import form_to, form_with
from tests.services.test_ssh_keys import new_key
from tests.worlds import Browser, Person, World, both_kinds

OWN = "/_admin/my_account/ssh_keys"
FINGERPRINT = "SHA256:"


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


@pytest.fixture(name="browser")
def _browser(world: World, alice: Person) -> Browser:
    return world.browser(alice)


def add(browser: Browser, page: str, **fields: str) -> TestResponse:
    form = form_with(browser.get(page, status=200), "public_key")
    for name, value in fields.items():
        form[name] = value
    return form.submit(status="*")


def fingerprints(browser: Browser, page: str) -> list[str]:
    shown = browser.get(page, status=200).html.select('input[name="del_public_key_fingerprint"]')
    return [str(field["value"]) for field in shown]


def test_a_key_is_added_shown_and_removed(browser: Browser) -> None:
    added = add(browser, OWN, public_key=new_key("me@laptop"))
    page = browser.get(OWN)

    assert added.status_int == 303
    assert "me@laptop" in page.text
    assert "never" in page.text
    form_to(page, f"{OWN}/delete").submit(status=303)
    assert fingerprints(browser, OWN) == []


def test_what_is_wrong_with_a_key_is_said_beside_it_and_what_was_typed_stays(browser: Browser) -> None:
    answer = add(browser, OWN, public_key="ssh-dss AAAA", description="old one")

    assert answer.status_int == 400
    assert "DSA keys are too weak" in answer.text
    assert form_with(answer, "public_key")["description"].value == "old one"
    assert form_with(answer, "public_key")["public_key"].value == "ssh-dss AAAA"


def test_a_private_key_that_was_pasted_is_not_sent_back(browser: Browser) -> None:
    answer = add(browser, OWN, public_key="-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n")

    assert answer.status_int == 400
    assert "c2VjcmV0" not in answer.text


def test_nobody_removes_the_key_of_somebody_else(world: World, browser: Browser) -> None:
    add(browser, OWN, public_key=new_key())
    (fingerprint,) = fingerprints(browser, OWN)
    other = world.browser(world.person())

    answer = other.post(f"{OWN}/delete", {"del_public_key_fingerprint": fingerprint})

    assert answer.status_int == 404
    assert fingerprints(browser, OWN) == [fingerprint]


def test_a_form_without_a_token_adds_nothing(browser: Browser) -> None:
    answer = browser.post(OWN, {"public_key": new_key()}, token=False)

    assert answer.status_int == 400
    assert fingerprints(browser, OWN) == []


@both_kinds
def test_an_owner_gives_and_takes_deploy_keys(world: World, alice: Person, browser: Browser, kind: str) -> None:
    repository = world.repository(kind, owner=alice)
    page = f"{repository.url}/settings/deploy_keys"

    assert add(browser, page, public_key=new_key(), description="robot", access="write").status_int == 303

    assert "write" in browser.get(page).html.select_one("td .badge").text
    form_to(browser.get(page), f"{page}/delete").submit(status=303)
    assert fingerprints(browser, page) == []


def test_a_deploy_key_is_not_removed_through_another_repository(world: World, alice: Person, browser: Browser) -> None:
    one, other = (f"{world.repository(owner=alice).url}/settings/deploy_keys" for _ in range(2))
    add(browser, one, public_key=new_key())
    (fingerprint,) = fingerprints(browser, one)

    answer = browser.post(f"{other}/delete", {"del_public_key_fingerprint": fingerprint})

    assert answer.status_int == 404
    assert fingerprints(browser, one) == [fingerprint]


def test_a_deploy_key_cannot_administer(world: World, alice: Person, browser: Browser) -> None:
    page = f"{world.repository(owner=alice).url}/settings/deploy_keys"

    answer = browser.post(page, {"public_key": new_key(), "access": "admin"})

    assert answer.status_int == 400
    assert fingerprints(browser, page) == []


def test_the_first_page_offers_no_ssh_where_there_is_none(world: World, browser: Browser) -> None:
    assert "ssh://" not in browser.get(world.repository().url).text


def test_a_template_is_for_who_the_server_runs_as() -> None:
    values = {"repos_path": "/r", "cache_dir": "/c", "sqlalchemy.url": "sqlite:///x", "session.secret": "x" * 16}
    on, off = (Settings.from_conf({}, {**values, "ssh_enabled": word}) for word in ("true", "false"))

    assert address_template(off) == ""
    assert address_template(on).startswith("ssh://")
    assert "{system_user}" not in address_template(on)
