"""Every command of hg and every service of git × everybody × every state of a repository is as docs/permissions.md says."""

from __future__ import annotations

from base64 import b64encode
from contextlib import nullcontext

import pytest
from webtest import TestApp, TestResponse

from kallithea.lib.access import Access
from kallithea.wire import git, hg
from tests.doors.matrix import ROLES, STATES, Crowd, crowd, documented, outcome
from tests.worlds import OF_EACH_ANSWER, PASSWORD, World

PROMISED = documented("clients")
HG = {"Accept": hg.MEDIA_TYPE}
UNKNOWN = "a-command-of-tomorrow"
HG_COMMANDS = {**hg.REQUIRED, UNKNOWN: Access.WRITE}
# What a command must be told to be one at all.
HG_ARGUMENTS = {
    "batch": "cmds=heads+%3Blistkeys+namespace%3Dphases",
    "debugwireargs": "one=1&two=2",
    "known": "nodes=",
    "listkeys": "namespace=phases",
    "lookup": "key=tip",
    "protocaps": "caps=",
    "pushkey": "namespace=bookmarks&key=%40&old=&new=",
    "unbundle": "heads=666f726365",
}
FLUSH = b"0000"
"""A request of git that asks for nothing."""


@pytest.fixture(scope="module", name="hg_crowd")
def _hg_crowd(world: World) -> Crowd:
    return crowd(world, "hg")


@pytest.fixture(scope="module", name="git_crowd")
def _git_crowd(world: World) -> Crowd:
    return crowd(world, "git")


class _Client:
    """A client at the front door, with the password of somebody."""

    def __init__(self, everybody: Crowd, role: str) -> None:
        person = everybody.people[role]
        self.headers = {"User-Agent": "a client"}
        if person is not None:
            self.headers["Authorization"] = "Basic " + b64encode(f"{person.name}:{PASSWORD}".encode()).decode()
        # Without lint: it forbids what WSGI servers do, such as reading a body that was not sent.
        self._app = TestApp(everybody.world.wsgi, lint=False, extra_environ={"REMOTE_ADDR": "10.9.9.9"})

    def hg(self, place: str, command: str) -> TestResponse:
        more = HG_ARGUMENTS.get(command)
        target = f"/{place}?cmd={command}" + (f"&{more}" if more else "")
        if hg.required(command, ()) is Access.WRITE:
            return self._app.post(target, b"", headers={**self.headers, **HG}, status="*", content_type=hg.MEDIA_TYPE)
        return self._app.get(target, headers={**self.headers, **HG}, status="*")

    def git_advertisement(self, place: str, service: str) -> TestResponse:
        return self._app.get(f"/{place}/info/refs?service={service}", headers=self.headers, status="*")

    def git_service(self, place: str, service: str) -> TestResponse:
        kind = f"application/x-{service}-request"
        return self._app.post(f"/{place}/{service}", FLUSH, headers=self.headers, content_type=kind, status="*")


def test_every_requirement_of_clients_has_its_rows_in_the_documentation() -> None:
    assert set(PROMISED) == {(access.word, state) for access in (Access.READ, Access.WRITE) for state in STATES}


@pytest.mark.parametrize("command", HG_COMMANDS)
def test_hg_command_is_for_whom_the_documentation_says(hg_crowd: Crowd, command: str) -> None:
    found = {}
    for state in STATES:
        with hg_crowd.world.without_public_access() if state.endswith("off") else nullcontext():
            place = hg_crowd.place("repository", state)
            found[state] = {role: outcome(_Client(hg_crowd, role).hg(place, command).status_int) for role in ROLES}

    assert found == {state: _promised(command, state) for state in STATES}


@pytest.mark.parametrize("way", ["advertisement", "service"])
@pytest.mark.parametrize("service", git.REQUIRED)
def test_git_service_is_for_whom_the_documentation_says(git_crowd: Crowd, service: str, way: str) -> None:
    found = {}
    for state in STATES:
        with git_crowd.world.without_public_access() if state.endswith("off") else nullcontext():
            place = git_crowd.place("repository", state)
            clients = {role: _Client(git_crowd, role) for role in ROLES}
            use = {role: c.git_advertisement if way == "advertisement" else c.git_service for role, c in clients.items()}
            found[state] = {role: outcome(use[role](place, service).status_int) for role in ROLES}

    assert found == {state: PROMISED[git.REQUIRED[service].word, state] for state in STATES}


@pytest.mark.parametrize("role", ["visitor", "stranger"])
@pytest.mark.parametrize("command", HG_COMMANDS)
def test_hg_clients_cannot_tell_private_from_missing(hg_crowd: Crowd, command: str, role: str) -> None:
    client = _Client(hg_crowd, role)

    told = [_told(client.hg(hg_crowd.place("repository", state), command)) for state in ("private", "missing")]

    assert told[0] == told[1]


@pytest.mark.parametrize("role", ["visitor", "stranger"])
@pytest.mark.parametrize("service", git.REQUIRED)
def test_git_clients_cannot_tell_private_from_missing(git_crowd: Crowd, service: str, role: str) -> None:
    client = _Client(git_crowd, role)
    places = [git_crowd.place("repository", state) for state in ("private", "missing")]

    told = [(_told(client.git_advertisement(place, service)), _told(client.git_service(place, service))) for place in places]

    assert told[0] == told[1]


def _promised(command: str, state: str) -> dict[str, str]:
    return PROMISED[HG_COMMANDS[command].word, state]


def _told(answer: TestResponse) -> tuple[object, ...]:
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in OF_EACH_ANSWER)
    return answer.status, headers, answer.body
