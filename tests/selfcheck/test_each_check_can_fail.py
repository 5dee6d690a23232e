"""Something is broken, and exactly the check that looks at it fails, with its hint."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kallithea.config.database import make_engine
from kallithea.config.web import wsgi_chain
from kallithea.lib.access import Access
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import ConfigError
from kallithea.selfcheck import environment
from kallithea.selfcheck.checks import Result, Status
from kallithea.selfcheck.outcomes import Failed
from kallithea.selfcheck.run import CHECKS
from kallithea.selfcheck.serving import served
from kallithea.services.repositories import NewRepository
from tests.ports import free_port
from tests.selfcheck.conftest import House, of

Application = Callable[..., Iterable[bytes]]
Environ = dict[str, Any]

WITH_GIT = tuple(check.name for check in CHECKS if check.quick and "hg" not in check.name)
"""What the things below are tried with: hg takes longer to start than all of these together."""


def failed(results: list[Result]) -> set[str]:
    """The names of the checks that failed; each says something and what to do."""
    found = of(results, Status.FAILED)
    for result in found.values():
        assert result.said
        assert result.hint
    return set(found)


# --- the environment


def test_without_git(house: House) -> None:
    app = house.app()
    with app.system_scope() as scope:
        scope.repositories.create(NewRepository("needs-git", "git"), owner=scope.accounts.by_name("admin"))
    try:
        results = house.checks("clients.git-create", "clients.hg-create", git_path="no-such-git")
    finally:
        with app.system_scope() as scope:
            scope.repositories.delete(scope.access.administer_repository(scope.access.at("needs-git")))
        for found in app.vault.discarded():
            app.vault.purge(found)
        app.close()
    assert failed(results) == {"environment.git"}
    assert of(results, Status.NOT_CHECKED)["clients.git-create"].said == "it needs environment.git"
    assert "clients.hg-create" in of(results, Status.OK)


def test_a_git_that_is_too_old(house: House, tmp_path: Path) -> None:
    old = tmp_path / "git"
    old.write_text("#!/bin/sh\necho git version 2.30.1\n")
    old.chmod(0o755)
    assert failed(house.checks("environment.git", git_path=str(old))) == {"environment.git"}


def test_a_mercurial_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _name: "6.9")
    with pytest.raises(Failed, match="Mercurial 6"):
        environment.hg(None)  # type: ignore[arg-type]


def test_a_database_without_tables(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(ConfigError):
        environment.database(SimpleNamespace(app=SimpleNamespace(engine=engine)))  # type: ignore[arg-type]
    engine.dispose()


def test_names_of_files_that_are_not_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "iso8859-1")
    with pytest.raises(Failed, match="iso8859-1"):
        environment.python(None)  # type: ignore[arg-type]


def test_a_store_that_cannot_be_written_to(house: House) -> None:
    # Where not even root makes files.
    results = house.checks("environment.store", "clients.group", repos_path=Path("/proc/sys"))
    assert failed(results) == {"environment.store"}
    assert of(results, Status.NOT_CHECKED)["clients.group"].said == "it needs environment.store"


def test_a_disk_without_room(house: House) -> None:
    results = house.checks("environment.disk", "environment.store", least_free_space=10**9)
    assert failed(results) == {"environment.disk"}


def test_a_clock_that_is_wrong(house: House) -> None:
    def fast() -> datetime:
        return utc_now() + timedelta(minutes=20)

    assert failed(house.checks("environment.clock", "environment.disk", clock=fast)) == {"environment.clock"}


def test_an_own_address_where_somebody_else_answers(house: House) -> None:
    def other(_environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        return [b"ok\n"]

    with served(other) as site:
        assert failed(house.checks("environment.address", "environment.mail", canonical_url=site)) == {"environment.address"}


def test_a_mail_server_that_is_not_there(house: House) -> None:
    mail = {"smtp_server": "127.0.0.1", "smtp_port": free_port(), "app_email_from": "k@example.com"}
    nowhere = f"http://127.0.0.1:{free_port()}"
    results = house.checks("environment.mail", "environment.address", canonical_url=nowhere, **mail)
    assert failed(results) == {"environment.mail"}
    assert of(results, Status.NOT_CHECKED)["environment.address"].said.startswith(f"nothing answers at {nowhere} yet")


# --- what is between the application and its visitors


class Around:
    """Something between the server and the application that spoils answers."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, self.headers(environ, headers), *more)

        return self.answer(environ, start)

    def headers(self, environ: Environ, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return headers

    def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
        return self.application(environ, start)


def without(name: str, where: str) -> type[Around]:
    """Takes a header away."""

    class Without(Around):
        def headers(self, environ: Environ, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
            return [each for each in headers if each[0].lower() != name or where not in environ["PATH_INFO"]]

    return Without


def answering(status: str, when: Callable[[Environ], bool], body: bytes = b"") -> type[Around]:
    """Answers for the application."""

    class Answering(Around):
        def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
            if not when(environ):
                return self.application(environ, start)
            start(status, [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
            return [body]

    return Answering


def changed(**given: str) -> type[Around]:
    """Changes what visitors say."""

    class Changed(Around):
        def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
            return self.application({**environ, **given}, start)

    return Changed


def taking_the_first(name: str, where: str) -> type[Around]:
    """Takes everybody for the first who came with this header."""

    class First(Around):
        seen = ""

        def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
            if where in environ["PATH_INFO"] and environ.get(name):
                First.seen = First.seen or environ[name]
                environ = {**environ, name: First.seen}
            return self.application(environ, start)

    return First


class NoFilter(Around):
    """A git that does not offer to leave contents out."""

    def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
        for chunk in self.application(environ, start):
            yield chunk.replace(b"fetch=shallow wait-for-done filter", b"fetch=shallow wait-for-done filler")


def at(*parts: str, method: str = "", signed_in: bool | None = None) -> Callable[[Environ], bool]:
    """Requests whose address has all these parts in it."""

    def matches(environ: Environ) -> bool:
        address = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        is_signed_in = "HTTP_AUTHORIZATION" in environ
        return (
            all(part in address for part in parts)
            and method in ("", environ["REQUEST_METHOD"])
            and signed_in in (None, is_signed_in)
        )

    return matches


BROKEN: dict[str, tuple[type[Around], str]] = {
    "the policy of files that people push is taken away": (without("content-security-policy", "/raw/"), "pages.raw"),
    "guessing types is allowed": (without("x-content-type-options", "/raw/"), "pages.raw"),
    "the policy of style sheets is taken away": (without("x-content-type-options", ".css"), "pages.static"),
    "style sheets are gone": (answering("404 Not Found", at(".css")), "pages.static"),
    "the server is not ready": (answering("503 Down", at("/_health/ready"), b"not ok\nstore: not ok: full\n"), "pages.health"),
    "the form to sign in is broken": (answering("500 Oops", at("/_admin/login")), "pages.cookie"),
    "the proxy hands on another host": (changed(HTTP_HOST="inside:8080"), "pages.addresses"),
    "a page is broken": (answering("404 Not Found", at("/changelog")), "pages.git"),
    "the protocol of git is taken away": (changed(HTTP_GIT_PROTOCOL=""), "clients.git-protocol-2"),
    "no large request comes through": (answering("413 Too Large", at("git-upload-pack", method="POST")), "clients.git-clone"),
    "every cookie is signed in": (taking_the_first("HTTP_COOKIE", "/my_account"), "strangers.session"),
    "the administration is open": (answering("200 OK", at("/_admin/users"), b"all people"), "strangers.administration"),
    "files of the store are served": (answering("200 OK", at("/HEAD"), b"ref: x"), "strangers.files"),
    "an address breaks the server": (answering("500 Oops", at("/raw/tip/..")), "strangers.names"),
    "forms need no secret": (answering("302 Found", at("/delete", method="POST")), "strangers.forms"),
    "visitors may clone": (answering("200 OK", at("service=git-upload-pack", signed_in=False)), "strangers.clone"),
    "visitors may push": (answering("200 OK", at("service=git-receive-pack", signed_in=False)), "strangers.push"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found_by_its_check_alone(house: House, what: str) -> None:
    around, name = BROKEN[what]
    assert failed(house.checks(*WITH_GIT, "strangers.files", around=around)) == {name}


def test_a_first_page_without_its_policy(house: House) -> None:
    assert failed(house.checks("pages.home", around=without("content-security-policy", "/"))) == {"pages.home"}


def test_a_push_that_fails_leaves_the_rest_unchecked(house: House) -> None:
    refused = answering("500 Oops", at("git-receive-pack", method="POST"))
    results = house.checks("clients.git-clone", "strangers.pages", around=refused)
    assert failed(results) == {"clients.git-push"}
    assert of(results, Status.NOT_CHECKED)["clients.git-clone"].said == "it needs clients.git-push"
    assert of(results, Status.NOT_CHECKED)["strangers.pages"].said == "nothing could be pushed that it could be tried with"


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("clients.git-partial", NoFilter),
        ("clients.git-read-only", taking_the_first("HTTP_AUTHORIZATION", "/git")),
        ("clients.token-revoked", taking_the_first("HTTP_AUTHORIZATION", "info/refs")),
        ("clients.git-pull", answering("413 Too Large", at("git-receive-pack", method="POST", signed_in=True))),
        ("clients.hg-push", answering("500 Oops", at("cmd=unbundle"))),
        ("clients.hg-clone", answering("500 Oops", at("cmd=getbundle"))),
        ("pages.hg", answering("500 Oops", at("/hg/changelog"))),
    ],
)
def test_what_only_clients_meet(house: House, name: str, around: type[Around]) -> None:
    if name == "clients.git-pull":
        around = after_the_first(around)
    assert failed(house.checks(name, around=around)) == {name}


def after_the_first(around: type[Around]) -> type[Around]:
    """Lets the first push through."""

    class Later(around):  # type: ignore[valid-type, misc]
        pushes = 0

        def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "POST" and "receive-pack" in environ["PATH_INFO"]:
                Later.pushes += 1
                if Later.pushes == 1:
                    return self.application(environ, start)
            return super().answer(environ, start)

    return Later


def test_a_repository_that_everybody_may_read(house: House) -> None:
    class Public(Around):
        """Shares everything at the last moment, as a rule that is wrong would."""

        def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
            if "changeset" in environ["PATH_INFO"]:
                share(house, environ["PATH_INFO"].strip("/").rpartition("/changeset")[0])
            return self.application(environ, start)

    assert failed(house.checks("clients.git-push", "strangers.pages", around=Public)) == {"strangers.pages"}


def test_a_group_that_everybody_sees(house: House) -> None:
    class Listed(Around):
        def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
            group = environ["QUERY_STRING"].partition("filter=")[2]
            if not group:
                return self.application(environ, start)
            start("200 OK", [("Content-Type", "text/html")])
            return [f'<a href="/{group}/secret">'.encode()]

    assert failed(house.checks("strangers.home", around=Listed)) == {"strangers.home"}


def share(house: House, path: str) -> None:
    app = house.app()
    try:
        with app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.locate_path(path))
            scope.repositories.describe(grant, description=None, is_private=False)
            scope.granting.give(grant, "anyone", Access.READ)
    finally:
        app.close()


def test_a_running_server_without_its_ssh_service(house: House) -> None:
    app = house.app()
    try:
        with served(wsgi_chain(app)) as site:
            results = house.checks("clients.git-ssh", "pages.addresses", url=site)
    finally:
        app.close()
    assert failed(results) == {"clients.git-ssh"}
    assert "ssh-serve" in of(results, Status.FAILED)["clients.git-ssh"].hint


def test_a_store_in_which_nothing_new_can_be(house: House) -> None:
    store = house.folder / "repos" / ".store"
    aside = store.rename(store.with_name(".store-aside")) if store.is_dir() else None
    store.write_text("a file where the folder was")
    try:
        assert failed(house.checks("clients.git-create")) == {"clients.git-create"}
    finally:
        store.unlink()
        if aside:
            aside.rename(store)


def test_things_that_cannot_be_taken_away_are_told(house: House) -> None:
    grave = house.folder / "repos" / ".discarded"
    aside = grave.rename(grave.with_name(".discarded-aside")) if grave.is_dir() else None

    class Blocked(Around):
        def answer(self, environ: Environ, start: Any) -> Iterable[bytes]:
            grave.write_text("a file where the folder was")
            return self.application(environ, start)

    try:
        assert failed(house.checks("clients.git-create", "pages.home", around=Blocked)) == {"cleaning"}
    finally:
        grave.unlink()
        if aside:
            aside.rename(grave)


def test_every_check_is_proven_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    # The twin for hg is the same function; starting hg once more would take longer than all the others.
    proven = [check.name for check in CHECKS if f'"{check.name}"' in text or f'"{check.name.replace(".hg-", ".git-")}"' in text]
    by_call = ["environment.python", "environment.hg", "environment.database"]
    elsewhere = ["clients.sshd"]  # tests/ssh/test_self_check.py
    assert sorted({*proven, *by_call, *elsewhere}) == sorted(check.name for check in CHECKS)
