"""Every door × every kind of token is as docs/permissions.md says: pages, commands of hg, services of git."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from kallithea.controllers.exposing import Requirement
from kallithea.lib.access import Access
from kallithea.wire import git, hg
from tests.doors.addresses import Address, addresses
from tests.doors.matrix import STATES, documented, outcome
from tests.doors.test_permission_matrix_of_clients import FLUSH, HG, HG_ARGUMENTS, HG_COMMANDS
from tests.doors.token_crowd import OF_CLIENTS, ON_PAGES, Program, TokenCrowd, basic, bearer, token_crowd
from tests.worlds import World

ADDRESSES = addresses()
PAGES = documented("tokens on pages", ON_PAGES)
CLIENTS = documented("tokens of clients", OF_CLIENTS)


@pytest.fixture(scope="module", name="hg_tokens")
def _hg_tokens(world: World) -> TokenCrowd:
    return token_crowd(world, "hg")


@pytest.fixture(scope="module", name="git_tokens")
def _git_tokens(world: World) -> TokenCrowd:
    return token_crowd(world, "git")


def _row(address: Address) -> tuple[str, str]:
    requires: Requirement = address.door.requires
    word = requires.word if isinstance(requires, Access) else requires.value
    return word, "form" if address.door.method == "POST" else "look"


def _use(program: Program, address: Address, place: str) -> str:
    url = address.at(place)
    answer = program.post(url, address.harmless_form) if address.door.method == "POST" else program.get(url)
    return outcome(answer.status_int)


def test_the_documentation_has_a_row_for_every_door() -> None:
    assert {_row(address) for address in ADDRESSES} <= set(PAGES)
    assert set(CLIENTS) == {(access.word, state) for access in (Access.READ, Access.WRITE) for state in STATES}


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.label)
def test_door_lets_in_which_tokens_the_documentation_says(hg_tokens: TokenCrowd, address: Address) -> None:
    place = hg_tokens.crowd.place(address.about, "private")
    programs = {role: Program(hg_tokens.world, bearer(hg_tokens.token(role))) for role in ON_PAGES}

    assert {role: _use(program, address, place) for role, program in programs.items()} == PAGES[_row(address)]


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a.about], ids=lambda address: address.label)
def test_no_token_finds_what_is_missing(hg_tokens: TokenCrowd, address: Address) -> None:
    place = hg_tokens.crowd.place(address.about, "missing")
    programs = {role: Program(hg_tokens.world, bearer(hg_tokens.token(role))) for role in hg_tokens.of_people}

    assert {_use(program, address, place) for program in programs.values()} == {"not found"}


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a.door.method == "POST"], ids=lambda address: address.label)
def test_no_form_is_taken_with_a_token_as_password(hg_tokens: TokenCrowd, address: Address) -> None:
    """Browsers send those again by themselves, for whatever page of another site asks them."""
    place = hg_tokens.crowd.place(address.about, "private")
    program = Program(hg_tokens.world, basic(hg_tokens.token("site administrator, admin")))

    assert program.post(address.at(place), address.harmless_form).status_int == 403


@pytest.mark.parametrize("command", HG_COMMANDS)
def test_hg_command_is_for_the_tokens_that_the_documentation_says(hg_tokens: TokenCrowd, command: str) -> None:
    found = {}
    for state in STATES:
        with hg_tokens.world.without_public_access() if state.endswith("off") else nullcontext():
            found[state] = {role: outcome(_hg(hg_tokens, role, state, command)) for role in OF_CLIENTS}

    assert found == {state: CLIENTS[HG_COMMANDS[command].word, state] for state in STATES}


@pytest.mark.parametrize("way", ["advertisement", "service"])
@pytest.mark.parametrize("service", git.REQUIRED)
def test_git_service_is_for_the_tokens_that_the_documentation_says(git_tokens: TokenCrowd, service: str, way: str) -> None:
    found = {}
    for state in STATES:
        with git_tokens.world.without_public_access() if state.endswith("off") else nullcontext():
            found[state] = {role: outcome(_git(git_tokens, role, state, service, way)) for role in OF_CLIENTS}

    assert found == {state: CLIENTS[git.REQUIRED[service].word, state] for state in STATES}


def _hg(tokens: TokenCrowd, role: str, state: str, command: str) -> int:
    headers = {**basic(tokens.token(role, state), "token"), **HG}
    app, place, more = Program(tokens.world, {}).app, tokens.crowd.place("repository", state), HG_ARGUMENTS.get(command)
    target = f"/{place}?cmd={command}" + (f"&{more}" if more else "")
    if hg.required(command, ()) is Access.WRITE:
        return int(app.post(target, b"", headers=headers, status="*", content_type=hg.MEDIA_TYPE).status_int)
    return int(app.get(target, headers=headers, status="*").status_int)


def _git(tokens: TokenCrowd, role: str, state: str, service: str, way: str) -> int:
    headers = bearer(tokens.token(role, state))
    app, place = Program(tokens.world, {}).app, tokens.crowd.place("repository", state)
    if way == "advertisement":
        return int(app.get(f"/{place}/info/refs?service={service}", headers=headers, status="*").status_int)
    kind = f"application/x-{service}-request"
    return int(app.post(f"/{place}/{service}", FLUSH, headers=headers, content_type=kind, status="*").status_int)
