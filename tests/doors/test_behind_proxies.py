"""Every address that leaves the house is right: asked directly, through proxies, over https, below a prefix, with a port."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from webtest import TestApp

from kallithea.config.proxies import UNIX, TrustedProxies
from kallithea.pages.site import CSRF_FIELD
from kallithea.services.actors import Member
from kallithea.services.throttle import FREE_FAILURES
from tests.worlds import PASSWORD, Hosted, Person, World

PROXIES = (ipaddress.ip_network("10.200.0.0/16"), UNIX)
NEAR, FAR, VISITOR, STRANGER = "10.200.0.1", "10.200.0.2", "203.0.113.7", "198.51.100.9"


@dataclass(frozen=True)
class Way:
    """A way on which requests reach the application, and the address that people have typed."""

    name: str
    site: str
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = NEAR
    host: str = "inner:5000"
    script_name: str = ""
    scheme: str = "http"
    force_https: bool = False
    visitor: str = VISITOR

    @property
    def sent(self) -> Mapping[str, str]:
        """The headers with what proxies, or visitors who say to be one, tell about the visitor."""
        if "Forwarded" in self.headers:
            return self.headers
        return {"X-Forwarded-For": VISITOR if self.peer in (NEAR, "") else STRANGER, **self.headers}

    @property
    def origin(self) -> str:
        parts = urlsplit(self.site)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def prefix(self) -> str:
        return urlsplit(self.site).path

    @property
    def is_https(self) -> bool:
        return self.site.startswith("https:")


CHAIN = {
    "X-Forwarded-For": f"{VISITOR}, {FAR}",
    "X-Forwarded-Proto": "https, http",
    "X-Forwarded-Host": "code.example.com, far",
    "X-Forwarded-Prefix": "/scm",
}
SPOOFED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}

WAYS = [
    Way("directly", "http://inner:5000", peer=VISITOR),
    Way("directly-at-the-usual-port", "http://inner", peer=VISITOR, host="inner:80"),
    Way("directly-over-https", "https://inner:5001", peer=VISITOR, host="inner:5001", scheme="https"),
    Way(
        "directly-over-ipv6", "http://[2001:db8::1]:5000", peer="2001:db8::7", host="[2001:DB8::1]:5000", visitor="2001:db8::7"
    ),
    Way("below-a-prefix-of-the-server", "http://inner:5000/scm", peer=VISITOR, script_name="/scm"),
    Way(
        "below-a-prefix-with-letters",
        "http://inner:5000/caf%C3%A9",
        peer=VISITOR,
        script_name="/café".encode().decode("latin-1"),
    ),
    Way("forced-https", "https://inner:5000", peer=VISITOR, force_https=True),
    Way(
        "forced-https-below-a-prefix",
        "https://code.example.com/scm",
        host="code.example.com",
        script_name="/scm",
        force_https=True,
    ),
    Way("proxy-that-keeps-the-host", "https://code.example.com", {"X-Forwarded-Proto": "https"}, host="code.example.com"),
    Way("proxy-with-a-port", "https://code.example.com:8443", {"X-Forwarded-Proto": "https"}, host="code.example.com:8443"),
    Way(
        "proxy-that-names-the-port",
        "https://code.example.com:8443",
        {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "8443"},
        host="code.example.com",
    ),
    Way(
        "proxy-that-names-the-usual-port",
        "https://code.example.com",
        {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"},
        host="code.example.com",
    ),
    Way("proxy-that-names-the-host", "http://code.example.com", {"X-Forwarded-Host": "code.example.com"}),
    Way(
        "proxy-that-names-an-ipv6-host",
        "https://[2001:db8::1]:8443",
        {"X-Forwarded-Host": "[2001:db8::1]:8443", "X-Forwarded-Proto": "https"},
    ),
    Way("proxy-with-a-prefix", "http://inner:5000/scm", {"X-Forwarded-Prefix": "/scm"}),
    Way("proxy-and-server-with-prefixes", "http://inner:5000/scm/inner", {"X-Forwarded-Prefix": "/scm"}, script_name="/inner"),
    Way("proxy-at-a-unix-socket", "https://code.example.com", {"X-Forwarded-Proto": "https"}, peer="", host="code.example.com"),
    Way(
        "proxy-with-forwarded",
        "https://code.example.com:8443/scm",
        {"Forwarded": f'for={VISITOR};proto=https;host="code.example.com:8443"', "X-Forwarded-Prefix": "/scm"},
    ),
    Way("chain", "https://code.example.com/scm", CHAIN),
    Way(
        "chain-with-forwarded",
        "https://code.example.com",
        {"Forwarded": f"for={VISITOR};proto=https;host=code.example.com, for={FAR};proto=http;host=far"},
    ),
    Way("stranger-who-says-to-be-a-proxy", "http://inner:5000", SPOOFED, peer=VISITOR),
]

every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


class Client:
    """A client on one of the ways."""

    def __init__(self, world: World, way: Way) -> None:
        chain = TrustedProxies(world.wsgi, trusted=PROXIES, force_https=way.force_https)
        environ = {"REMOTE_ADDR": way.peer, "HTTP_HOST": way.host, "SCRIPT_NAME": way.script_name}
        self._more = {**environ, "wsgi.url_scheme": way.scheme}
        # Cookies by hand: the ones of the test's client are for one host.
        self.app = TestApp(chain, lint=False, cookiejar=None)
        self.way = way
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Any:
        return self._sent("GET", path, b"", headers)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Any:
        body = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in fields.items()).encode()
        return self._sent("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **headers})

    def signing_in_token(self) -> str:
        """The token in the form, and its cookie."""
        token = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', self.get("/_admin/login").text)
        assert token
        return token[1]

    def signs_in(self, person: Person, *, origin: str | None = None, came_from: str = "") -> Any:
        fields = {"username": person.name, "password": PASSWORD, CSRF_FIELD: self.signing_in_token()}
        return self.post(
            "/_admin/login", {**fields, **({"came_from": came_from} if came_from else {})}, Origin=origin or self.way.origin
        )

    def _sent(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        self.app.reset()
        more = {**self.way.sent, **headers}
        if self.cookies:
            more["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.app.request(
            path, method=method, body=body, headers=more, environ=dict(self._more), status="*", expect_errors=True
        )
        for line in answer.headers.getall("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


@pytest.fixture(scope="module", name="repositories")
def _repositories(world: World) -> Mapping[str, Hosted]:
    found = {kind: world.repository(kind) for kind in ("git", "hg")}
    for repository in found.values():
        world.filled(repository, {"README.md": b"# Read me\n"})
    return found


@every_way
def test_clone_address_is_what_people_typed(world: World, repositories: Mapping[str, Hosted], way: Way) -> None:
    page = Client(world, way).get(repositories["git"].url).text

    assert f'"{way.site}{repositories["git"].url}"' in page


@every_way
def test_links_of_a_page_stay_on_the_site(world: World, repositories: Mapping[str, Hosted], way: Way) -> None:
    page = Client(world, way).get(repositories["git"].url).text

    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
    assert links
    assert [link for link in links if not link.startswith(f"{way.prefix}/")] == []


@every_way
def test_redirect_after_signing_in_stays_on_the_site(world: World, way: Way) -> None:
    answer = Client(world, way).signs_in(world.person())

    assert (answer.status_int, answer.location) == (303, f"{way.site}/")


@every_way
def test_redirect_leads_back_to_where_the_visitor_came_from(world: World, way: Way) -> None:
    answer = Client(world, way).signs_in(world.person(), came_from=f"{way.prefix}/_admin/my_account")

    assert answer.location == f"{way.site}/_admin/my_account"


@every_way
def test_cookie_is_for_this_site_and_for_https_where_it_is_https(world: World, way: Way) -> None:
    answer = Client(world, way).signs_in(world.person())

    (cookie,) = (line for line in answer.headers.getall("Set-Cookie") if line.startswith(f"{world.app.settings.session_key}="))
    assert f"; Path={way.prefix or '/'};" in f"{cookie};"
    assert "; HttpOnly" in cookie
    assert ("; secure" in cookie.lower()) is way.is_https
    assert "; domain" not in cookie.lower()


@every_way
def test_signed_in_visitor_stays_signed_in(world: World, way: Way) -> None:
    client = Client(world, way)

    client.signs_in(world.person())

    assert client.get("/_admin/my_account").status_int == 200


@every_way
@pytest.mark.parametrize("other", ["https://evil.example", "null"])
def test_form_of_another_site_is_refused(world: World, way: Way, other: str) -> None:
    answer = Client(world, way).signs_in(world.person(), origin=other)

    assert answer.status_int == 400


@every_way
def test_git_is_answered(world: World, repositories: Mapping[str, Hosted], way: Way) -> None:
    answer = Client(world, way).get(f"{repositories['git'].url}/info/refs?service=git-upload-pack")

    assert (answer.status_int, answer.body[:34]) == (200, b"001e# service=git-upload-pack\n0000")


@every_way
def test_hg_is_answered(world: World, repositories: Mapping[str, Hosted], way: Way) -> None:
    answer = Client(world, way).get(f"{repositories['hg'].url}?cmd=capabilities", Accept="application/mercurial-0.1")

    assert (answer.status_int, b"unbundle" in answer.body) == (200, True)


@every_way
def test_visitor_is_counted_by_the_address_that_is_known(world: World, way: Way) -> None:
    client = Client(world, way)
    person = world.person()

    client.signs_in(person)

    with world.app.system_scope() as scope:
        member = Member(person.id, person.name, person.is_administrator)
        assert [row.address for row in scope.accounts.sessions(member)] == [way.visitor]


GUESSER, THROUGH_PROXY = "198.18.0.9", "198.18.1.9"


@pytest.mark.parametrize(
    "way",
    [
        Way("guesser-who-says-to-be-a-proxy", "http://inner:5000", peer=GUESSER),
        Way("guesser-behind-a-proxy", "http://inner:5000"),
    ],
    ids=lambda way: way.name,
)
def test_guesser_cannot_evade_the_throttle_with_another_address_each_time(world: World, way: Way) -> None:
    client = Client(world, way)
    token = client.signing_in_token()
    statuses = []

    for number in range(FREE_FAILURES["address"] + 1):
        invented = f"198.19.{number}.1"
        told = invented if way.peer == GUESSER else f"{invented}, {THROUGH_PROXY}"
        fields = {"username": f"nobody{number}", "password": "wrong", CSRF_FIELD: token}
        statuses.append(client.post("/_admin/login", fields, **{"X-Forwarded-For": told}).status_int)

    assert statuses[-1] == 429
    assert 429 not in statuses[:-1]
