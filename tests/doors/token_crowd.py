"""Somebody with a token of every kind, around the places of a crowd."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from webtest import TestApp, TestResponse

from kallithea.lib.access import Access
from tests.doors.matrix import Crowd, crowd
from tests.worlds import World

OF_PEOPLE = ("read", "write", "admin", "bound", "site administrator, write", "site administrator, admin")
ON_PAGES = (*OF_PEOPLE, "deploy")
OF_CLIENTS = (*OF_PEOPLE, "deploy, read", "deploy, write", "deploy, elsewhere")


@dataclass(frozen=True, slots=True)
class TokenCrowd:
    """A crowd, and the tokens of its administrators by what they are: those of people everywhere, deploy tokens by state."""

    crowd: Crowd
    of_people: Mapping[str, str]
    of_repositories: Mapping[tuple[str, str], str]

    @property
    def world(self) -> World:
        return self.crowd.world

    def token(self, role: str, state: str = "private") -> str:
        """The token of that kind; what is missing has no deploy tokens, so there it is one of the private repository."""
        if role in self.of_people:
            return self.of_people[role]
        known = state.partition(",")[0]
        kind = "deploy, read" if role == "deploy" else role
        return self.of_repositories[kind, known if known != "missing" else "private"]


def token_crowd(world: World, kind: str) -> TokenCrowd:
    """A new crowd with tokens."""
    everybody = crowd(world, kind)
    owner, boss = everybody.people["administrator"], world.administrator
    assert owner is not None
    elsewhere = world.repository(kind, administrators=[owner]).path
    of_people = {
        "read": world.token(owner, Access.READ),
        "write": world.token(owner, Access.WRITE),
        "admin": world.token(owner, Access.ADMIN),
        "bound": world.token(owner, Access.ADMIN, places=[elsewhere]),
        "site administrator, write": world.token(world.person(administrator=True), Access.WRITE),
        "site administrator, admin": world.token(boss, Access.ADMIN),
    }
    of_repositories = {}
    for state in ("public", "private"):
        path = everybody.repositories[state]
        of_repositories["deploy, read", state] = world.deploy_token(path, Access.READ)
        of_repositories["deploy, write", state] = world.deploy_token(path, Access.WRITE)
        of_repositories["deploy, elsewhere", state] = world.deploy_token(elsewhere, Access.WRITE)
    return TokenCrowd(everybody, of_people, of_repositories)


def basic(password: str, name: str = "") -> dict[str, str]:
    """The header that shows a name and a password."""
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Program:
    """A program with a token: it has no cookies and knows no forms."""

    def __init__(self, world: World, headers: Mapping[str, str]) -> None:
        self._headers = {"User-Agent": "a program", **headers}
        address = f"10.8.{world.number % 250}.{world.number % 250}"
        self.app = TestApp(world.wsgi, lint=False, extra_environ={"REMOTE_ADDR": address})

    def get(self, url: str, **more: str) -> TestResponse:
        return self.app.get(url, headers={**self._headers, **more}, status="*")

    def post(self, url: str, fields: Mapping[str, str] | None = None, **more: str) -> TestResponse:
        return self.app.post(url, dict(fields or {}), headers={**self._headers, **more}, status="*")

    def clones(self, path: str) -> int:
        """The status of what git asks first."""
        return int(self.get(f"/{path}/info/refs?service=git-upload-pack").status_int)

    def pushes(self, path: str) -> int:
        """The status of what git asks first when it wants to push."""
        return int(self.get(f"/{path}/info/refs?service=git-receive-pack").status_int)
