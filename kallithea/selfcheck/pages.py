"""Checks of what browsers get: pages, their protection, and addresses in them."""

from __future__ import annotations

import re
from collections.abc import Callable

from kallithea.selfcheck.checks import Registry
from kallithea.selfcheck.clients import PAGE, PUSHES, SCRIPT, SUBJECT, content
from kallithea.selfcheck.outcomes import Failed
from kallithea.selfcheck.web import Answer
from kallithea.selfcheck.world import KINDS, World, bearer

REGISTRY = Registry()
check = REGISTRY.check

STRIPPED = "Something between here and the application takes headers away: look at the proxy."


@check("pages.health", "health", quick=True)
def health(world: World) -> str:
    answer = world.web.get("/_health/ready")
    if answer.status != 200:
        wrong = [line for line in answer.text.splitlines()[1:] if "not ok" in line]
        raise Failed("; ".join(wrong) or f"/_health/ready is answered with {answer.status}", hint="See docs/monitoring.md.")
    return "ready"


@check("pages.home", "the first page and its protection", quick=True)
def home(world: World) -> str:
    answer = world.web.get("/")
    if answer.status != 200:
        raise Failed(f"the first page is answered with {answer.status}", hint="The log of the server says why.")
    policy = answer.header("content-security-policy")
    wanted = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
    missing = [part for part in wanted if part not in policy]
    if missing or "unsafe" in policy:
        raise Failed(f"Content-Security-Policy is without {', '.join(missing) or 'protection'}", hint=STRIPPED)
    _has(answer, "x-content-type-options", "nosniff")
    _has(answer, "x-frame-options", "DENY")
    return "served with its policy"


@check("pages.static", "style sheets and scripts", quick=True, needs=["pages.home"])
def static(world: World) -> str:
    page = world.web.get("/").text
    found = sorted(set(re.findall(r'(?:href|src)="([^"]+\.(?:css|js))"', page)))
    for address in found:
        path = address.removeprefix(world.web.path)
        answer = world.web.get(path)
        if answer.status != 200:
            hint = "Run kallithea-cli front-end-build; or, with static_files = false, look at the web server in front."
            raise Failed(f"{address} is answered with {answer.status}", hint=hint)
        _has(answer, "x-content-type-options", "nosniff")
    if not found:
        raise Failed("the first page names none", hint="Run kallithea-cli front-end-build.")
    return f"{len(found)} are served"


@check("pages.raw", "HTML that people push", quick=True, needs=["clients.group"], after=PUSHES)
def raw(world: World) -> str:
    for kind in world.pushed:
        path = f"/{world.paths[kind]}/raw/{world.commits[kind]}/{PAGE}"
        answer = world.web.get(path, bearer(world.owner.token))
        if answer.status != 200 or answer.text != content(world):
            raise Failed(f"{kind}: the file is answered with {answer.status}", hint="The log of the server says why.")
        _has(answer, "x-content-type-options", "nosniff")
        _has(answer, "content-security-policy", "sandbox")
        if answer.header("content-type").startswith("text/html"):
            raise Failed("HTML that people push is served as a page", hint=STRIPPED)
    return "never runs as a page of this site"


def _pages(kind: str) -> Callable[[World], str]:
    """The history and the changeset, as their owner sees them."""

    def look(world: World) -> str:
        commit, path = world.commits[kind], f"/{world.paths[kind]}"
        for address in (path, f"{path}/changelog", f"{path}/changeset/{commit}"):
            answer = world.web.get(address, bearer(world.owner.token))
            if answer.status != 200 or SUBJECT not in answer.text:
                raise Failed(f"{address} is answered with {answer.status}", hint="The log of the server says why.")
            if SCRIPT in answer.text:
                raise Failed(f"{address} has a script in it that was pushed", hint="Report this: it is a hole.")
        return "show what was pushed"

    return look


for _kind in KINDS:
    check(f"pages.{_kind}", f"{_kind}: pages of the repository", quick=True, needs=[f"clients.{_kind}-push"])(_pages(_kind))


@check("pages.addresses", "addresses in pages", quick=True, needs=["clients.group"], after=PUSHES)
def addresses(world: World) -> str:
    """What proxies have to hand on: host, scheme and prefix as visitors see them."""
    site = world.settings.canonical_url or world.web.site
    if world.settings.force_https:
        site = re.sub(r"^http:", "https:", site)
    path = world.paths[world.pushed[0]]
    page = world.web.get(f"/{path}", bearer(world.owner.token)).text
    if f"{site}/{path}" not in page:
        found = re.findall(rf"(https?://[^\s\"<>]*?)/{re.escape(path)}", page)
        hint = "Have the proxy hand on Host and X-Forwarded-Proto, name it in trusted_proxies, or set canonical_url."
        raise Failed(f"pages write {found[0] if found else 'no address'} where visitors see {site}", hint=hint)
    return site


@check("pages.cookie", "the cookie of a session", quick=True)
def cookie(world: World) -> str:
    """The form to sign in carries a secret in a cookie, which has the same protection as that of a session."""
    answer = world.web.get("/_admin/login")
    said = answer.header("set-cookie")
    if answer.status != 200:
        raise Failed(f"the form to sign in is answered with {answer.status}", hint="The log of the server says why.")
    missing = [word for word in ("HttpOnly", "SameSite") if said and word.lower() not in said.lower()]
    if missing:
        raise Failed(f"cookies are without {' and '.join(missing)}", hint=STRIPPED)
    return "the form to sign in is there, cookies are protected" if said else "the form to sign in is there"


def _has(answer: Answer, name: str, value: str) -> None:
    if value.lower() not in answer.header(name).lower():
        raise Failed(f"{name} does not say {value}", hint=STRIPPED)
