"""Everybody reads times in the own zone, and pages that are remembered for all have none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from webtest import TestResponse

from kallithea.model import User
from tests.functional.forms import form_with
from tests.mail_server import MailServer, deliver, mail_server, sends_mail
from tests.worlds import Browser, Hosted, Person, World, both_kinds, without_token


@pytest.fixture(name="alice")
def _alice(world: World) -> Person:
    return world.person()


def choose(world: World, person: Person, zone: str) -> Browser:
    browser = world.browser(person)
    form = form_with(browser.get("/_admin/my_account"), "time_zone")
    form["time_zone"] = zone
    form.submit(status=303)
    return browser


def times(answer: TestResponse) -> set[str]:
    return set(re.findall(r"<time[^>]*>([^<]*)</time>", answer.text))


def zone_of(world: World, person: Person) -> str:
    with world.app.system_scope() as scope:
        user: User = scope.accounts.get(person.id)
        return user.time_zone


def clocks(text: str) -> str:
    """The hour and the zone of a time, as the clock of the process may have gone on."""
    return text[11:14] + text[16:]


def test_pages_of_a_person_tell_times_in_the_chosen_zone(world: World, alice: Person) -> None:
    there = {clocks(text) for text in times(world.browser(alice).get("/_admin/my_account/sessions"))}

    here = {clocks(text) for text in times(choose(world, alice, "Asia/Tokyo").get("/_admin/my_account/sessions"))}

    assert all(text.endswith(" UTC") for text in there)
    assert {text[3:] for text in here} == {" +09:00"}
    assert {(int(text[:2]) + 9) % 24 for text in there} == {int(text[:2]) for text in here}


def test_the_list_shows_what_was_chosen(world: World, alice: Person) -> None:
    browser = choose(world, alice, "Asia/Tokyo")

    assert form_with(browser.get("/_admin/my_account"), "time_zone")["time_zone"].value == "Asia/Tokyo"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "x" * 500, '"><b>'])
def test_a_name_that_is_no_zone_changes_nothing(world: World, alice: Person, zone: str) -> None:
    browser = choose(world, alice, "Asia/Tokyo")

    answer = browser.post("/_admin/my_account/profile", {"display_name": "Somebody", "time_zone": zone}, status=400)

    assert "no time zone" in answer.text
    assert zone_of(world, alice) == "Asia/Tokyo"
    assert "Somebody" not in browser.get("/_admin/my_account").text


def test_an_administrator_sees_and_sets_it(world: World, alice: Person) -> None:
    choose(world, alice, "Asia/Tokyo")
    boss = world.browser(world.administrator)
    form = form_with(boss.get(f"/_admin/users/{alice.id}/edit"), "username")
    assert form["time_zone"].value == "Asia/Tokyo"

    form["time_zone"] = "Europe/Berlin"
    form.submit(status=303)
    address = f"{alice.name}@example.com"
    refused = boss.post(
        f"/_admin/users/{alice.id}", {"username": alice.name, "email": address, "time_zone": "x", "active": "1"}
    )

    assert refused.status_int == 400
    assert zone_of(world, alice) == "Europe/Berlin"


def test_a_form_without_the_field_leaves_the_zone(world: World, alice: Person) -> None:
    choose(world, alice, "Asia/Tokyo")
    sent = {"username": alice.name, "email": f"{alice.name}@example.com", "active": "1"}

    world.browser(world.administrator).post(f"/_admin/users/{alice.id}", sent, status=303)

    assert zone_of(world, alice) == "Asia/Tokyo"


@pytest.fixture(name="repository")
def _repository(world: World, kind: str) -> Hosted:
    repository = world.repository(kind)
    world.filled(repository, {"a.txt": b"a\n"})
    return repository


@both_kinds
def test_a_remembered_page_is_the_same_for_all_and_names_the_zone_in_its_frame(
    world: World, alice: Person, repository: Hosted
) -> None:
    url = f"{repository.url}/changelog"
    other = world.browser(world.person())
    before = times(other.get(url))

    page = choose(world, alice, "Asia/Tokyo").get(url)

    assert times(page) == times(other.get(url)) == before
    assert '<html lang="en" data-zone="Asia/Tokyo">' in page.text
    assert '<html lang="en">' in other.get(url).text
    assert '<html lang="en">' in world.browser().get(url).text


@both_kinds
def test_a_browser_does_not_keep_a_page_with_the_zone_of_before(world: World, alice: Person, repository: Hosted) -> None:
    tag = world.browser(alice).get(repository.url).headers["ETag"]
    browser = choose(world, alice, "Asia/Tokyo")

    answer = browser.get(repository.url, headers={"If-None-Match": tag})

    assert answer.status_int == 200
    assert "Asia/Tokyo" in without_token(answer.text)


def test_days_of_the_log_are_those_of_the_reader(world: World) -> None:
    boss = world.person(administrator=True)
    group = world.group()
    browser = choose(world, boss, "Asia/Tokyo")
    day = (world.clock.now + timedelta(hours=9)).date().isoformat()

    with_it = browser.get(f"/_admin/activity?since={day}&target={group}")
    browser.get("/_admin/activity?since=0001-01-01", status=200)
    browser.get("/_admin/activity?until=9999-12-31", status=400)

    assert group in with_it.text


@pytest.fixture(name="server")
def _server(world: World) -> Iterator[MailServer]:
    with mail_server() as server, sends_mail(world.app, server.port):
        deliver(world.app)
        server.received.clear()
        yield server


@pytest.mark.parametrize("zone", ["Asia/Tokyo", ""])
def test_mails_tell_times_in_the_zone_of_who_gets_them(world: World, alice: Person, server: MailServer, zone: str) -> None:
    choose(world, alice, zone)
    with world.app.system_scope() as scope:
        scope.recovery.ask(f"{alice.name}@example.com", network="192.0.2.1")
    deliver(world.app)
    token = server.only().token
    server.received.clear()
    with world.app.system_scope() as scope:
        scope.recovery.reset(token, "a much better horse", network="192.0.2.1")

    deliver(world.app)

    told = re.search(r"changed at (\S+ \S+ \S+) with", server.only().text)
    assert told
    assert told.group(1).endswith(" +09:00" if zone else " UTC")
