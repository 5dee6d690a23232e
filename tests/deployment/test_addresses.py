"""A real server with a canonical address, forced https and a prefix says the address that people shall use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import pytest

from kallithea.pages.site import CSRF_FIELD
from kallithea.services.actors import Member
from tests.clients.server import Answer, Hosted, Person, Server
from tests.deployment.servers import deployed

CANONICAL = "https://code.example.com:8443/scm"
HOSTILE = {
    "X-Forwarded-For": "10.1.1.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=10.1.1.1;host=evil.example",
}


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = (f"canonical_url={CANONICAL}", "force_https=true", "use_htsts=true")
    with deployed(tmp_path_factory.mktemp("canonical"), "waitress", *settings, prefix="/scm") as server:
        yield server


@pytest.fixture(name="alice", scope="module")
def _alice(server: Server) -> Person:
    return server.user()


@pytest.fixture(name="repositories", scope="module")
def _repositories(server: Server, alice: Person) -> Mapping[str, Hosted]:
    found = {kind: server.repository(kind=kind, writers=[alice], public=True) for kind in ("git", "hg")}
    for repository in found.values():
        assert alice.clone(repository).commit("hello.txt").push().worked
    return found


def _signed_in(server: Server, person: Person, headers: Mapping[str, str]) -> Answer:
    page = server.request("GET", "/scm/_admin/login", headers={"Host": headers.get("Host", "inner")})
    token = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', page.body.decode())
    assert token
    fields = {CSRF_FIELD: token[1], "username": person.name, "password": person.password}
    sent = {
        "Cookie": page.headers["set-cookie"].partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
        **headers,
    }
    return server.request("POST", "/scm/_admin/login", headers=sent, body=urlencode(fields).encode())


@pytest.mark.parametrize("host", ["code.example.com:8443", "inner", "evil.example", "[::1]:5000"])
def test_clone_address_is_the_canonical_one_whatever_was_asked_for(
    server: Server, repositories: Mapping[str, Hosted], host: str
) -> None:
    path = repositories["git"].path

    page = server.request("GET", f"/scm/{path}", headers={"Host": host}).body.decode()

    assert f'"{CANONICAL}/{path}"' in page
    assert "evil.example" not in page


@pytest.mark.parametrize("kind", ["git", "hg"])
def test_forced_https_does_not_turn_clients_away(
    server: Server, alice: Person, repositories: Mapping[str, Hosted], kind: str
) -> None:
    outcome = alice.clone(repositories[kind]).commit("more.txt").push()

    assert outcome.worked, outcome.text


def test_cookie_of_forced_https_is_for_https_and_the_prefix(server: Server, alice: Person) -> None:
    cookie = _signed_in(server, alice, {}).headers["set-cookie"].lower()

    assert "; path=/scm;" in f"{cookie};"
    assert "; secure" in cookie


def test_browsers_are_told_to_come_back_over_https(server: Server) -> None:
    answer = server.request("GET", "/scm/")

    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize("origin", ["https://code.example.com:8443", "https://inner"])
def test_form_of_the_canonical_site_is_taken_where_the_proxy_hides_its_name(server: Server, alice: Person, origin: str) -> None:
    answer = _signed_in(server, alice, {"Host": "inner", "Origin": origin})

    assert answer.status == 303


@pytest.mark.parametrize("origin", ["https://code.example.com", "http://code.example.com:8443", "https://evil.example"])
def test_form_of_another_site_is_refused(server: Server, alice: Person, origin: str) -> None:
    answer = _signed_in(server, alice, {"Host": "inner", "Origin": origin})

    assert answer.status == 400


def test_redirect_stays_at_the_address_that_was_asked_for(server: Server, alice: Person) -> None:
    answer = _signed_in(server, alice, {"Host": "inner"})

    assert answer.headers["location"] == "https://inner/scm/"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_prefix_of_the_ini_file_does_not_make_everybody_a_proxy(server: Server, alice: Person, name: str) -> None:
    answer = _signed_in(server, alice, {"Host": "inner", name: HOSTILE[name]})

    assert answer.headers["location"] == "https://inner/scm/"
    with server.app.system_scope() as scope:
        member = Member(scope.accounts.by_name(alice.name).id, alice.name)
        assert {session.address for session in scope.accounts.sessions(member)} == {"127.0.0.1"}


def test_host_that_is_none_is_refused_in_words(server: Server) -> None:
    answer = server.request("GET", "/scm/", headers={"Host": "evil.example/path"})

    assert answer.status == 400
    assert b"Host is not the name of a host" in answer.body
