"""Checks as somebody who wants in: each of them has to be refused."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.urls import Urls
from kallithea.selfcheck.checks import Registry
from kallithea.selfcheck.clients import PAGE, PUSHES, SCRIPT, SUBJECT
from kallithea.selfcheck.outcomes import Failed, NotChecked
from kallithea.selfcheck.web import Answer
from kallithea.selfcheck.world import World, bearer

REGISTRY = Registry()
check = REGISTRY.check

HOLE = "This is a hole: take the site off the network, look at the permissions, and report it."
NAMES = (
    "/%ff",
    "/%00",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/../../../../etc/passwd",
    "/.store/",
    "/.git/config",
    "/_static/../../etc/passwd",
    "//etc/passwd",
    "/" + "a/" * 2000,
    "/%E2%80%AE/%0d%0aSet-Cookie:%20a=b",
)
IN_REPOSITORY = ("raw/tip/..%2f..%2fconfig", "raw/tip/.git/config", "files/--output=%2ftmp%2fx/", "changelog?branch=--help")
STORED = ("HEAD", "objects/info/packs", "config", ".hg/hgrc")


@check("strangers.pages", "private pages, to strangers", quick=True, needs=["clients.group"], after=PUSHES)
def pages(world: World) -> str:
    missing = world.web.get(f"/{world.props.name}-none/git").status
    count = 0
    for path in _pages_of(world):
        for who, headers in _strangers(world).items():
            answer = world.web.get(path, headers)
            _refuse(answer, {missing, 404}, f"{who} gets {path}")
            count += 1
    return f"{count} answers as for what does not exist"


@check("strangers.home", "private things in lists", needs=["clients.group"])
def lists(world: World) -> str:
    for address in ("/", f"/?filter={world.props.name}", "/_admin/repo_groups"):
        for who, headers in _strangers(world).items():
            # What a list was filtered by stands on its page; its links do not.
            if f'href="{_prefix(world)}/{world.props.name}' in world.web.get(address, headers).text:
                raise Failed(f"{who} sees the private group at {address}", hint=HOLE)
    return "do not show"


@check("strangers.clone", "clone, by strangers", quick=True, needs=["clients.group"], after=PUSHES)
def clone(world: World) -> str:
    return _at_wire(world, "info/refs?service=git-upload-pack", "?cmd=capabilities")


@check("strangers.push", "push, by strangers", quick=True, needs=["clients.group"], after=PUSHES)
def push(world: World) -> str:
    return _at_wire(world, "info/refs?service=git-receive-pack", "?cmd=unbundle&heads=686973746f7279")


@check("strangers.files", "files of the store, by address", needs=["clients.group"], after=PUSHES)
def files(world: World) -> str:
    for kind in world.pushed:
        path = world.paths[kind]
        for door in STORED:
            answer = world.web.get(f"/{path}/{door}")
            _refuse(answer, {401, 404}, f"a visitor gets {door} of {kind}")
    return "are not served"


@check("strangers.administration", "administration, to others", quick=True, needs=["clients.group"])
def administration(world: World) -> str:
    sections = [tab.url for tab in admin_sections(Urls(), "")]
    for path in sections:
        for who, headers in _strangers(world).items():
            answer = world.web.get(path, headers)
            if answer.status in (200, 500) and not _asks_to_sign_in(answer):
                raise Failed(f"{who} gets {path} ({answer.status})", hint=HOLE)
    return f"{len(sections)} sections are closed"


@check("strangers.forms", "forms without their secret", quick=True, needs=["clients.group"], after=PUSHES)
def forms(world: World) -> str:
    repository = world.paths[world.pushed[0]]
    path, body = f"/{repository}/delete", f"repo_name={repository}".encode()
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://attacker.invalid"}
    cookie = {"Cookie": f"{world.settings.session_key}={world.owner.session}"}
    for headers in (sent, {**sent, **cookie}, {**sent, **bearer(world.stranger.token)}):
        if (answer := world.web.ask("POST", path, headers, body)).status < 400:
            raise Failed(f"a form of another site is answered with {answer.status}", hint=HOLE)
    if world.web.get(f"/{repository}", bearer(world.owner.token)).status != 200:
        raise Failed("a form of another site deleted a repository", hint=HOLE)
    return "are refused"


@check("strangers.session", "a forged session", quick=True, needs=["clients.group"])
def session(world: World) -> str:
    if not _knows(world, world.owner.session):
        raise NotChecked("a session alone opens nothing here, as a second factor is wanted")
    real = world.owner.session
    forged = (
        secrets.token_urlsafe(len(real)),
        real[:-4] + ("AAAA" if not real.endswith("AAAA") else "BBBB"),
        "1",
        "' OR 1=1 --",
    )
    for cookie in forged:
        if _knows(world, cookie):
            raise Failed("a cookie that nobody was given is signed in", hint=HOLE)
    return "opens nothing; the real one does"


@check("strangers.names", "hostile addresses", quick=True, needs=["clients.group"], after=PUSHES)
def names(world: World) -> str:
    inside = [f"/{world.paths[world.pushed[0]]}/{name}" for name in IN_REPOSITORY]
    for path in (*NAMES, *inside):
        answer = world.web.get(path, bearer(world.owner.token))
        if (
            answer.status >= 500
            or "root:" in answer.text[:200]
            or "[core]" in answer.text[:200]
            or "set-cookie: a" in answer.headers
        ):
            hint = "Report the address and what the log says of it." if answer.status >= 500 else HOLE
            raise Failed(f"{path[:60]} is answered with {answer.status}", hint=hint)
        if answer.status == 200 and path in NAMES and not _asks_to_sign_in(answer):
            raise Failed(f"{path[:60]} is answered with a page", hint=HOLE)
    return f"{len(NAMES) + len(inside)} are refused"


def _pages_of(world: World) -> Iterable[str]:
    yield f"/{world.props.name}"
    for kind in world.pushed:
        commit, path = world.commits[kind], world.paths[kind]
        yield from (f"/{path}", f"/{path}/changeset/{commit}", f"/{path}/raw/{commit}/{PAGE}", f"/{path}/refs-data")


def _strangers(world: World) -> dict[str, dict[str, str]]:
    return {"a visitor": {}, "a stranger": bearer(world.stranger.token)}


def _at_wire(world: World, git_query: str, hg_query: str) -> str:
    """Visitors are asked who they are, and strangers are told that there is nothing."""
    expected = {"a visitor": 401, "a stranger": 404}
    for kind in world.pushed:
        path = world.paths[kind]
        address = f"/{path}/{git_query}" if kind == "git" else f"/{path}{hg_query}"
        method = "POST" if "unbundle" in address else "GET"
        for who, headers in _strangers(world).items():
            sent = {**headers, "Accept": "application/mercurial-0.1"} if kind == "hg" else headers
            answer = world.web.ask(method, address, sent)
            _refuse(answer, {expected[who]}, f"{kind}: {who} is answered with {answer.status}, not {expected[who]}")
    return "visitors are asked who they are, strangers find nothing"


def _refuse(answer: Answer, expected: set[int], said: str) -> None:
    if answer.status not in expected or SUBJECT in answer.text or SCRIPT in answer.text:
        raise Failed(f"{said} ({answer.status})", hint=HOLE)


def _knows(world: World, cookie: str) -> bool:
    """Whether the account page shows itself to who has this cookie."""
    answer = world.web.get("/_admin/my_account", {"Cookie": f"{world.settings.session_key}={cookie}"})
    return answer.status == 200 and world.owner.name in answer.text


def _asks_to_sign_in(answer: Answer) -> bool:
    return 'type="password"' in answer.text


def _prefix(world: World) -> str:
    return world.web.path
