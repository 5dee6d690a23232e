"""A proxy in front says who asks; nobody else can say it."""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import select
from webtest import TestApp, TestResponse

from kallithea.config.proxies import UNIX, TrustedProxies
from kallithea.config.settings import Settings
from kallithea.lib.errors import ConfigError
from kallithea.lib.sign_in.header import HeaderSettings, HeaderSource, short_name
from kallithea.lib.sign_in.sources import VerifiedPerson
from kallithea.model import User, UserGroup, UserGroupMember
from kallithea.pages.site import CSRF_FIELD
from tests.sign_in.conftest import turn_off, turn_on
from tests.worlds import PASSWORD, World, counted_statements

PROXY, STRANGER = "10.200.0.1", "203.0.113.9"
TRUSTED = (ipaddress.ip_network("10.200.0.0/16"), UNIX)
HEADER = "X-Remote-User"
SETTINGS = {
    "new_people": "create",
    "clean_username": "true",
    "email_header": "X-Forwarded-Email",
    "groups_header": "X-Forwarded-Groups",
}


@pytest.fixture(name="house")
def _house(world: World) -> Iterator[World]:
    """A world that believes its proxy."""
    turn_on(world, "header", SETTINGS)
    yield world
    turn_off(world, "header")


class Client:
    """A browser or program behind something."""

    def __init__(self, world: World, *, peer: str = PROXY, header: str = HEADER) -> None:
        chain = TrustedProxies(world.wsgi, trusted=TRUSTED, force_https=False, user_header=header)
        self.app = TestApp(chain, lint=False, extra_environ={"REMOTE_ADDR": peer})

    def get(self, url: str, headers: Mapping[str, str] | None = None, **environ: str) -> TestResponse:
        return self.app.get(url, headers=dict(headers or {}), extra_environ=environ or None, status="*")

    def who(self, headers: Mapping[str, str] | None = None, **environ: str) -> str | None:
        """The name of the account that acts."""
        link = self.get("/", headers, **environ).html.find("a", class_="you")
        return None if link is None else str(link.text)


def test_whom_the_proxy_names_is_signed_in(house: World) -> None:
    client = Client(house)

    assert client.who({HEADER: "hanna", "X-Forwarded-Email": "hanna@example.com"}) == "hanna"
    assert client.who() is None
    with house.app.session() as session:
        assert session.scalars(select(User.email).where(User.name == "hanna")).one() == "hanna@example.com"


def test_spoofed_header_of_a_client_that_is_no_proxy_is_ignored(house: World) -> None:
    for peer in (STRANGER, "10.201.0.1", "::1", "localhost.evil"):
        assert Client(house, peer=peer).who({HEADER: house.administrator.name}) is None
        assert Client(house, peer=peer).who({HEADER: "hanna", "X-Forwarded-For": PROXY}) is None


def test_spoofed_header_of_another_name_is_ignored(house: World) -> None:
    spoofed = {"X-Forwarded-User": "hanna", "Remote-User": "hanna", "X-Remote-Users": "hanna", "Kallithea.Vouched": "hanna"}

    assert Client(house).who(spoofed) is None


def test_two_headers_of_one_name_are_nobody(house: World) -> None:
    # As servers hand them over that a client sent one of, and the proxy another.
    assert Client(house).who({HEADER: f"{house.administrator.name},hanna"}) is None


def test_header_injection_names_nobody(house: World) -> None:
    # As a server would have to let it through: line ends are in no header that a server reads.
    for name in ("hanna\r\nX-Remote-User: root", "hanna\0", "x" * 501, "   "):
        assert Client(house).who(HTTP_X_REMOTE_USER=name) is None


def test_nobody_is_believed_without_the_setting(house: World) -> None:
    assert Client(house, header="").who({HEADER: "hanna"}) is None


def test_nobody_is_believed_while_the_source_is_off(world: World) -> None:
    assert Client(world).who({HEADER: "hanna"}) is None
    turn_on(world, "header", SETTINGS)
    client = Client(world)
    assert client.who({HEADER: "hanna"}) == "hanna"
    turn_off(world, "header")

    assert client.who({HEADER: "hanna"}) is None


def test_the_server_itself_says_remote_user(house: World) -> None:
    client = Client(house, header="REMOTE_USER", peer=STRANGER)

    assert client.who(REMOTE_USER="hanna") == "hanna"
    assert client.who({"Remote-User": "hanna", "Remote_User": "hanna"}) is None


def test_account_takeover_by_a_name_is_refused(house: World) -> None:
    client = Client(house)

    assert client.who({HEADER: house.administrator.name}) is None
    page = client.get("/_admin/login", {HEADER: house.administrator.name})
    assert "nothing says that it is yours" in page.text


def test_people_of_two_domains_are_two_people(house: World) -> None:
    number = house.number
    assert Client(house).who({HEADER: f"ONE\\ida{number}"}) == f"ida{number}"

    assert Client(house).who({HEADER: f"TWO\\ida{number}"}) is None
    assert Client(house).who({HEADER: f"ida{number}"}) is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("DOMAIN\\alice", "alice"),
        ("alice@REALM", "alice"),
        ("D\\alice@R", "alice"),
        ("alice", "alice"),
        ("@x", ""),
        ("a\\", ""),
    ],
)
def test_short_names(said: str, name: str) -> None:
    assert short_name(said) == name


def test_long_names_stay_where_that_is_wanted() -> None:
    person = HeaderSource(HeaderSettings(clean_username=False)).recognise("D\\alice", {})

    assert person == VerifiedPerson("D\\alice", "D\\alice")


def test_names_and_groups_are_utf_8() -> None:
    settings = HeaderSettings(name_header="X-Name", groups_header="X-Groups", email_header="X-Email")
    headers = {"x-name": "Jörg", "x-groups": "a, b ,,ü", "x-email": "j@example.com"}

    person = HeaderSource(settings).recognise("joerg", headers)

    assert person == VerifiedPerson("joerg", "joerg", "j@example.com", "Jörg", frozenset({"a", "b", "ü"}))


def test_user_groups_follow_the_header(house: World) -> None:
    name = f"crew{house.number}"
    with house.app.session() as session, session.begin():
        row = UserGroup(name=name, name_key=name, owner_id=house.administrator.id, created_at=house.clock())
        session.add(row)
        session.flush()
        number = row.id
    with house.app.system_scope() as scope:
        scope.synchronised_groups.follow("header", "crew", name)
    who = f"jule{house.number}"

    assert Client(house).who({HEADER: who, "X-Forwarded-Groups": "others, crew"}) == who

    with house.app.session() as session:
        assert session.scalar(select(UserGroupMember.id).where(UserGroupMember.user_group_id == number)) is not None


def test_an_account_that_waits_is_told_so_and_may_still_look_around(house: World) -> None:
    with house.app.system_scope() as scope:
        scope.sign_in_sources.save("header", {**SETTINGS, "new_people": "approve"})
    who = f"kim{house.number}"
    client = Client(house)

    assert client.who({HEADER: who}) is None
    assert "not enabled" in client.get("/_admin/login", {HEADER: who}).text
    with house.app.session() as session, session.begin():
        session.scalars(select(User).where(User.name == who)).one().is_active = True
    assert client.who({HEADER: who}) == who


def test_a_disabled_account_is_nobody_at_once(house: World) -> None:
    who = f"lena{house.number}"
    client = Client(house)
    assert client.who({HEADER: who}) == who
    with house.app.session() as session, session.begin():
        session.scalars(select(User).where(User.name == who)).one().is_active = False

    assert client.who({HEADER: who}) is None


def test_who_asks_again_costs_one_statement(house: World) -> None:
    client = Client(house)
    person = {HEADER: f"mia{house.number}"}
    client.get("/_admin/session_csrf_secret_token", person)

    with counted_statements(house.app.engine) as seen:
        client.get("/_admin/session_csrf_secret_token", person)

    assert len(seen) == 1


# --- forms


def test_form_token_of_one_is_not_that_of_another(house: World) -> None:
    """Who is vouched for has no session, which tokens are bound to otherwise."""
    one, other = Client(house), Client(house)
    mine = one.get("/_admin/session_csrf_secret_token", {HEADER: f"nora{house.number}"}).text
    who = {HEADER: f"olga{house.number}"}
    other.get("/_admin/session_csrf_secret_token", who)

    answer = other.app.post("/_admin/logout", {CSRF_FIELD: mine}, headers=who, status="*")

    assert answer.status_int == 400


def test_forms_work(house: World) -> None:
    client, who = Client(house), {HEADER: f"paula{house.number}"}
    token = client.get("/_admin/session_csrf_secret_token", who).text

    answer = client.app.post("/_admin/my_account/sessions/delete", {CSRF_FIELD: token, "session_id": "others"}, headers=who)

    assert answer.status_int == 303


# --- clients


def _refs(client: Client, path: str, headers: Mapping[str, str]) -> int:
    return int(client.get(f"/{path}/info/refs?service=git-upload-pack", headers).status_int)


def test_clients_of_whom_the_proxy_names_need_no_password(house: World) -> None:
    number = house.number
    with house.app.system_scope():
        pass
    client, who = Client(house), f"rosa{number}"
    client.who({HEADER: who})
    with house.app.session() as session:
        user_id = session.scalars(select(User.id).where(User.name == who)).one()
    repository = house.repository("git", private=True)
    with house.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.locate_path(repository.path))
        from kallithea.lib.access import Access

        scope.granting.give(grant, f"user:{scope.accounts.get(user_id).name}", Access.READ)

    assert _refs(client, repository.path, {HEADER: who}) == 200
    assert _refs(client, repository.path, {HEADER: who, "Authorization": "Negotiate abc"}) == 200
    assert _refs(client, repository.path, {}) == 401
    assert _refs(Client(house, peer=STRANGER), repository.path, {HEADER: who}) == 401


def test_password_works_where_the_proxy_names_nobody(house: World) -> None:
    person = house.person()
    repository = house.repository("git", readers=[person], private=True)
    basic = "Basic " + b64encode(f"{person.name}:{PASSWORD}".encode()).decode()

    assert _refs(Client(house), repository.path, {"Authorization": basic}) == 200


# --- the setting


@pytest.mark.parametrize("value", ["X Remote User", "X-Remote-User:", "HTTP_X_REMOTE_USER", "-x", "x" * 101])
def test_what_is_no_header_is_refused(value: str) -> None:
    conf = {"repos_path": "/r", "cache_dir": "/c", "sqlalchemy.url": "sqlite:///x", "session.secret": "x" * 32}

    with pytest.raises(ConfigError, match="remote_user_header"):
        Settings.from_conf({}, {**conf, "remote_user_header": value})
