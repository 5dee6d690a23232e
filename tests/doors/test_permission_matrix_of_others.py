"""Who has access through a group of users, whose account is disabled, and who comes from a forbidden address, at every door."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from webtest import TestApp

from kallithea.controllers.exposing import OfUserGroup, Requirement, Visitor
from kallithea.lib.access import Access
from kallithea.model import UserGroup, UserGroupMember
from tests.doors.addresses import Address, addresses
from tests.doors.matrix import NOWHERE, USER_GROUP_STATES, Crowd, crowd, documented, outcome
from tests.worlds import PASSWORD, Person, World

ADDRESSES = addresses()
PROMISED = documented("pages")
CLIENTS = documented("clients")
PLACES = ("public", "private")
FORBIDDEN = {Visitor.ANYONE: "yes", Visitor.MEMBER: "sign in", Visitor.ADMINISTRATOR: "sign in"}
"""What is said to who comes from a forbidden address where the door is about nothing; elsewhere there is nothing."""


@pytest.fixture(scope="module", name="everybody")
def _everybody(world: World) -> Crowd:
    return _with_twins(world, "hg")


@pytest.fixture(scope="module", name="git_crowd")
def _git_crowd(world: World) -> Crowd:
    return _with_twins(world, "git")


def _with_twins(world: World, kind: str) -> Crowd:
    """A crowd, in which everybody also has a twin whose access comes through a group of users alone."""
    everybody = crowd(world, kind)
    for role, access in (("reader", Access.READ), ("writer", Access.WRITE), ("administrator", Access.ADMIN)):
        twin = world.person()
        everybody.people[f"{role} through a group"] = twin
        name = _user_group(world, twin)
        with world.app.system_scope() as scope:
            for place in (*everybody.repositories.values(), *everybody.groups.values()):
                located = scope.access.at(place)
                if located is None:
                    continue
                control = scope.access
                grant = control.administer_repository(located) if located.repository else control.administer_group(located)
                scope.granting.give(grant, f"group:{name}", access)
    return everybody


def _user_group(world: World, *members: Person, active: bool = True) -> str:
    name = f"users{world.number}"
    with world.app.session() as session, session.begin():
        group = UserGroup(name=name, name_key=name, owner_id=world.administrator.id, created_at=world.clock.now, active=active)
        session.add(group)
        session.flush()
        session.add_all(UserGroupMember(user_group_id=group.id, user_id=person.id) for person in members)
    return name


@contextmanager
def _allowed_from(world: World, networks: str) -> Iterator[None]:
    def set_to(text: str) -> None:
        with world.app.system_scope() as scope:
            scope.address_lists.set(None, text, by=scope.actor, origin=scope.credentials.origin)

    set_to(networks)
    try:
        yield
    finally:
        set_to("")


def _word(requirement: Requirement) -> str:
    return requirement.word if isinstance(requirement, Access) else requirement.value


def _states(address: Address) -> tuple[str, ...]:
    if address.about == "user group":
        return USER_GROUP_STATES
    return PLACES if address.about else (NOWHERE,)


def _outcome(world: World, person: Person | None, address: Address, place: str) -> str:
    browser, url = world.browser(person), address.at(place)
    answer = browser.post(url, address.harmless_form) if address.door.method == "POST" else browser.get(url)
    return outcome(answer.status_int)


@pytest.mark.parametrize(
    "address", [a for a in ADDRESSES if a.about in ("repository", "group")], ids=lambda address: address.label
)
def test_access_through_a_group_of_users_is_as_good_as_ones_own(everybody: Crowd, address: Address) -> None:
    found, promised = {}, {}
    for state in PLACES:
        for role in ("reader", "writer", "administrator"):
            twin = everybody.people[f"{role} through a group"]
            found[state, role] = _outcome(everybody.world, twin, address, everybody.place(address.about, state))
            promised[state, role] = PROMISED[_word(address.door.requires), state][role]

    assert found == promised


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.label)
def test_a_disabled_account_is_a_visitor(everybody: Crowd, address: Address) -> None:
    world = everybody.world
    boss = world.person(administrator=True)
    world.disable(boss)
    found = {s: _outcome(world, boss, address, everybody.place(address.about, s)) for s in _states(address)}

    assert found == {state: PROMISED[_word(address.door.requires), state]["visitor"] for state in _states(address)}


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.label)
@pytest.mark.parametrize("role", ["visitor", "administrator", "site administrator"])
def test_from_a_forbidden_address_there_is_nothing(everybody: Crowd, address: Address, role: str) -> None:
    world = everybody.world
    requires = address.door.requires
    with _allowed_from(world, "2001:db8::/32"):
        found = {
            _outcome(world, everybody.people[role], address, everybody.place(address.about, state))
            for state in _states(address)
        }

    if isinstance(requires, Visitor):
        assert found == {FORBIDDEN[requires]}
    else:
        assert found == {"sign in" if isinstance(requires, OfUserGroup) else "not found"}


def test_an_inactive_group_of_users_gives_nothing(world: World) -> None:
    person, repository = world.person(), world.repository(private=True)
    name = _user_group(world, person, active=False)
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(repository.path))
        scope.granting.give(grant, f"group:{name}", Access.ADMIN)

    assert world.browser(person).get(repository.url).status_int == 404


# --- clients


def _told(world: World, person: Person | None, path: str, *, address: str = "10.9.9.8") -> tuple[str, str]:
    """What git is told that wants to fetch, and to push."""
    headers = {}
    if person is not None:
        headers["Authorization"] = "Basic " + b64encode(f"{person.name}:{PASSWORD}".encode()).decode()
    app = TestApp(world.wsgi, lint=False, extra_environ={"REMOTE_ADDR": address})
    services = ("git-upload-pack", "git-receive-pack")
    answers = [app.get(f"/{path}/info/refs?service={service}", headers=headers, status="*") for service in services]
    return outcome(answers[0].status_int), outcome(answers[1].status_int)


@pytest.mark.parametrize("state", PLACES)
def test_clients_of_a_group_of_users_are_as_good(git_crowd: Crowd, state: str) -> None:
    roles = ("reader", "writer", "administrator")
    place = git_crowd.repositories[state]
    found = {role: _told(git_crowd.world, git_crowd.people[f"{role} through a group"], place) for role in roles}

    assert found == {role: (CLIENTS["read", state][role], CLIENTS["write", state][role]) for role in roles}


@pytest.mark.parametrize("state", PLACES)
def test_clients_of_a_disabled_account_have_a_wrong_password(git_crowd: Crowd, state: str) -> None:
    person = git_crowd.world.person(administrator=True)
    git_crowd.world.disable(person)

    assert _told(git_crowd.world, person, git_crowd.repositories[state], address="10.9.8.1") == ("sign in", "sign in")


@pytest.mark.parametrize("role", ["visitor", "administrator", "site administrator"])
@pytest.mark.parametrize("state", [*PLACES, "missing"])
def test_clients_from_a_forbidden_address_are_asked_to_sign_in_for_ever(git_crowd: Crowd, role: str, state: str) -> None:
    with _allowed_from(git_crowd.world, "2001:db8::/32"):
        address = f"10.9.7.{git_crowd.world.number % 250}"
        told = _told(git_crowd.world, git_crowd.people[role], git_crowd.repositories[state], address=address)

    assert told == ("sign in", "sign in")
