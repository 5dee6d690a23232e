"""Every door says what it requires, forms are checked to be ours, and looking changes nothing."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import kallithea.controllers
from kallithea.controllers.base import Room
from kallithea.controllers.exposing import DOORS, AsMember, OfUserGroup, Visitor
from kallithea.lib.access import Access
from kallithea.pages.site import CSRF_FIELD
from tests.doors.addresses import Address, addresses
from tests.worlds import Browser, Hosted, World

ADDRESSES = addresses()
POSTS = [address for address in ADDRESSES if address.door.method == "POST"]
LEAD_ELSEWHERE = (
    "/login",
    "/login/with/oidc",
    "/login/back/oidc",
    "/login/leave/oidc",
    "/api_keys",
    "/second",
    "/changelog_details/tip",
)
GETS = [address for address in ADDRESSES if address.door.method == "GET"]


@pytest.fixture(scope="module", name="repository")
def _repository(world: World) -> Hosted:
    repository = world.repository("hg")
    world.filled(repository, {"README.md": b"# Read me\n"})
    return repository


@pytest.fixture(scope="module", name="group")
def _group(world: World) -> str:
    return world.group()


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def _rooms() -> Iterator[type[Room]]:
    for module in pkgutil.walk_packages(kallithea.controllers.__path__, "kallithea.controllers."):
        members = vars(importlib.import_module(module.name)).values()
        yield from (
            m for m in members if inspect.isclass(m) and issubclass(m, Room) and m.__module__ == module.name and m is not Room
        )


def _place(address: Address, repository: Hosted, group: str) -> str:
    return address.around(repository.path, group)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.room} {door.path}")
def test_door_says_what_it_requires(door: object) -> None:
    assert isinstance(getattr(door, "requires"), Access | Visitor | AsMember | OfUserGroup)  # noqa: B009 - the door of a future that may not have it


@pytest.mark.parametrize("room", sorted(set(_rooms()), key=str), ids=lambda room: room.__name__)
def test_public_method_of_a_room_is_a_door_or_belongs_to_all_rooms(room: type[Room]) -> None:
    inherited = {name for base in room.__mro__[1:] for name in vars(base)}
    methods = {name for name, value in vars(room).items() if inspect.isfunction(value) and not name.startswith("_")}

    assert [name for name in methods - inherited if not getattr(vars(room)[name], "doors", ())] == []


@pytest.mark.parametrize("address", POSTS, ids=lambda address: address.label)
@pytest.mark.parametrize("token", [None, "", "0" * 64], ids=["missing", "empty", "wrong"])
def test_form_without_our_token_is_refused(
    boss: Browser, repository: Hosted, group: str, address: Address, token: str | None
) -> None:
    fields = {} if token is None else {CSRF_FIELD: token}

    answer = boss.post(_place(address, repository, group), {**address.harmless_form, **fields}, token=False)

    assert answer.status_int == 400
    assert "not from this site" in answer.text


@pytest.mark.parametrize("address", POSTS, ids=lambda address: address.label)
@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null", "http://localhost:81"])
def test_form_from_another_site_is_refused(
    boss: Browser, repository: Hosted, group: str, address: Address, origin: str
) -> None:
    answer = boss.post(_place(address, repository, group), address.harmless_form, headers={"Origin": origin})

    assert answer.status_int == 400
    assert "another site" in answer.text


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}], ids=["no origin", "our origin"])
def test_form_with_our_token_is_taken(boss: Browser, headers: dict[str, str]) -> None:
    assert boss.post("/_admin/logout", headers=headers).status_int == 303


def test_token_of_one_person_is_no_token_of_another(world: World) -> None:
    mine, theirs = world.browser(world.person()), world.browser(world.person())

    answer = mine.post("/_admin/logout", {CSRF_FIELD: theirs.token()}, token=False)

    assert answer.status_int == 400


def test_token_in_the_query_is_none(boss: Browser) -> None:
    assert boss.post(f"/_admin/logout?{CSRF_FIELD}={boss.token()}", token=False).status_int == 400


@pytest.mark.parametrize("address", GETS, ids=lambda address: address.label)
def test_looking_changes_nothing(world: World, boss: Browser, repository: Hosted, group: str, address: Address) -> None:
    url = _place(address, repository, group)
    before = world.rows(), world.folders()

    boss.get(url, status=303 if url.endswith(LEAD_ELSEWHERE) else 200)

    assert (world.rows(), world.folders()) == before
