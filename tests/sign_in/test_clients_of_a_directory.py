"""hg and git sign in with the name and password of a directory, as people do on the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kallithea.lib.access import Access
from tests.clients.conftest import _kind, _server  # noqa: F401 - fixtures
from tests.clients.server import Hosted, Person, Server
from tests.sign_in.ldap_server import PASSWORD, LdapServer, running_slapd


@pytest.fixture(scope="module", name="slapd")
def _slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LdapServer]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as slapd:
        yield slapd


@pytest.fixture(name="erna")
def _erna(server: Server, slapd: LdapServer) -> Iterator[Person]:
    """Somebody of the directory who has signed in once."""
    with server.app.system_scope() as scope:
        scope.sign_in_sources.save("ldap", slapd.settings())
        scope.sign_in_sources.turn_on("ldap")
    erna = Person(server, "erna", PASSWORD)
    server.request("GET", "/nothing?cmd=heads", headers=erna.basic)
    yield erna
    with server.app.system_scope() as scope:
        scope.sign_in_sources.turn_off("ldap")


def _writable(server: Server, kind: str) -> Hosted:
    repository = server.repository(kind=kind, writers=[Person(server, "erna")])
    with server.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
        scope.granting.give(grant, "user:erna", Access.WRITE)
    return repository


def test_a_person_of_the_directory_clones_and_pushes(server: Server, erna: Person, slapd: LdapServer, kind: str) -> None:
    repository = _writable(server, kind)
    asked = slapd.log().count("SRCH base")

    work = erna.clone(repository).commit("hello.txt")
    outcome = work.push()

    assert outcome.worked, outcome.text
    assert [push.user_name for push in server.pushes(repository)] == ["erna"]
    # Every request of a client shows the password, and the directory is asked for the first one only.
    assert slapd.log().count("SRCH base") - asked <= 1


def test_a_wrong_password_of_the_directory_is_refused(server: Server, erna: Person, kind: str) -> None:
    repository = _writable(server, kind)

    assert not replace(erna, password="wrong").tries_to_clone(repository).worked


def test_a_directory_that_is_away_is_said_to_be(server: Server, erna: Person, slapd: LdapServer, kind: str) -> None:
    repository = server.repository(kind=kind, public=True)
    owner = server.user()
    with server.app.system_scope() as scope:
        scope.sign_in_sources.save("ldap", slapd.settings(host="localhost:9"))

    target = f"/{repository.path}?cmd=heads" if kind == "hg" else f"/{repository.path}/info/refs?service=git-upload-pack"
    answer = server.request("GET", target, headers=replace(erna, password="something").basic)

    assert answer.status == 503
    assert b"directory cannot be asked" in answer.body
    assert owner.tries_to_clone(repository).worked
