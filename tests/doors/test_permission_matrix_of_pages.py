"""Every door of the web × everybody × every state of a place is as docs/permissions.md says."""

from __future__ import annotations

import re
from contextlib import nullcontext

import pytest
from webtest import TestResponse

from kallithea.controllers.exposing import DOORS, AsMember, OfUserGroup, Requirement, Visitor
from kallithea.lib.access import Access
from tests.doors.addresses import Address, addresses
from tests.doors.matrix import NOWHERE, ROLES, STATES, USER_GROUP_STATES, Crowd, crowd, documented, outcome
from tests.worlds import OF_EACH_ANSWER, Browser, World, without_token

ADDRESSES = addresses()
PROMISED = documented("pages")


@pytest.fixture(scope="module", name="everybody")
def _everybody(world: World) -> Crowd:
    return crowd(world, "hg")


def _word(requirement: Requirement) -> str:
    return requirement.word if isinstance(requirement, Access) else requirement.value


def _states(address: Address) -> tuple[str, ...]:
    if address.about == "user group":
        return USER_GROUP_STATES
    return STATES if address.about else (NOWHERE,)


def _try(browser: Browser, address: Address, place: str) -> TestResponse:
    """Use the door, in a way that changes nothing where it lets somebody in."""
    url = address.at(place)
    return browser.post(url, address.harmless_form) if address.door.method == "POST" else browser.get(url)


def test_every_declared_door_has_an_address_that_is_tried() -> None:
    tried = {(door.room, door.path, door.method) for door in (address.door for address in ADDRESSES)}

    assert {(door.room, door.path, door.method) for door in DOORS if door.room.startswith("kallithea.")} == tried


def test_every_requirement_has_its_rows_in_the_documentation() -> None:
    levels = [*(access.word for access in Access if access > Access.NONE), *(one.value for one in AsMember)]

    rows = {(word, state) for word in levels for state in STATES} | {(visitor.value, NOWHERE) for visitor in Visitor}
    rows |= {(one.value, state) for one in OfUserGroup for state in USER_GROUP_STATES}

    assert set(PROMISED) == rows


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.label)
def test_door_lets_in_who_the_documentation_says(everybody: Crowd, address: Address) -> None:
    requirement = _word(address.door.requires)
    found = {}
    for state in _states(address):
        place = everybody.place(address.about, state)
        off = state.endswith("off")
        with everybody.world.without_public_access() if off else nullcontext():
            answers = {role: _try(everybody.browser(role), address, place) for role in ROLES}
        found[requirement, state] = {role: outcome(answer.status_int) for role, answer in answers.items()}

    assert found == {key: PROMISED[key] for key in found}


@pytest.mark.parametrize("role", ["visitor", "stranger"])
@pytest.mark.parametrize("address", [a for a in ADDRESSES if a.about], ids=lambda address: address.label)
def test_private_and_missing_get_the_same_answer(everybody: Crowd, address: Address, role: str) -> None:
    told = {}
    for state in ("private", "missing"):
        place = everybody.place(address.about, state)
        answer = _try(everybody.browser(role), address, place)
        told[state] = _without_names(answer, place)

    assert told["private"] == told["missing"]


def _without_names(answer: TestResponse, place: str) -> tuple[object, ...]:
    """All that one can compare: status, headers, body; but the name that was asked for, and what is random in every answer."""
    passing = {"Set-Cookie", "Content-Length", *OF_EACH_ANSWER}
    headers = {name: value for name, value in answer.headers.items() if name not in passing}
    cookies = sorted(re.sub(r"=[^;]*", "=", value, count=1) for value in answer.headers.getall("Set-Cookie"))
    # A number stands also where nothing is named.
    asked = rf"(?<=user_groups/){place}|(?<=user_groups%2F){place}" if place.isdigit() else re.escape(place)
    body = re.sub(asked, "NAME", answer.text)
    return answer.status, headers, cookies, without_token(body)
