"""What proxies say is believed from those that are listed, and only as far as they said it themselves."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.config.proxies import LONGEST, UNIX, TrustedProxies, Unreadable, doubts, forwarded_elements

PROXY, SECOND, VISITOR, STRANGER = "10.0.0.1", "10.0.0.2", "203.0.113.7", "198.51.100.9"
TRUSTED = (ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("2001:db8:1::/64"), UNIX)


def behind(
    headers: Mapping[str, str], *, peer: str = PROXY, host: str = "inner:5000", force_https: bool = False, script_name: str = ""
) -> dict[str, Any]:
    """What the application gets to see of a request that `peer` made; `refused` instead where it does not."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return []

    def start_response(status: str, _headers: list[tuple[str, str]]) -> None:
        seen["refused"] = status

    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": host, "SCRIPT_NAME": script_name}
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    answer = TrustedProxies(application, trusted=TRUSTED, force_https=force_https)(environ, start_response)
    assert "refused" not in seen or b"".join(answer)
    return seen


def site(headers: Mapping[str, str], **more: Any) -> str:
    """The address of the site as the application sees it, or `refused`."""
    seen = behind(headers, **more)
    if "refused" in seen:
        return "refused"
    return f"{seen['wsgi.url_scheme']}://{seen['HTTP_HOST']}{seen['SCRIPT_NAME']}"


def visitor(headers: Mapping[str, str], **more: Any) -> str:
    seen = behind(headers, **more)
    return "refused" if "refused" in seen else str(seen["REMOTE_ADDR"])


# --- who the visitor is


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (VISITOR, VISITOR),
        (f"{VISITOR}:49152", VISITOR),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:DB8:0::7]:443", "2001:db8::7"),
        ("::ffff:203.0.113.7", VISITOR),
        (f"{VISITOR}, {SECOND}", VISITOR),
        (f"{VISITOR}, {SECOND}, 2001:db8:1::5", VISITOR),
        # Everybody in the chain is a proxy: the first of them asks on its own behalf.
        (SECOND, SECOND),
        (f"10.0.0.3, {SECOND}", "10.0.0.3"),
        # The proxy does not tell: its own address is the last one that is known.
        ("unknown", PROXY),
        (f"unknown, {SECOND}", SECOND),
        ("", PROXY),
    ],
)
def test_visitor_is_the_last_address_that_is_no_listed_proxy(told: str, expected: str) -> None:
    assert visitor({"X-Forwarded-For": told}) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (f"for={VISITOR}", VISITOR),
        (f'For="{VISITOR}:80";by=_me', VISITOR),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        ('for="[2001:db8::7]:_port"', "2001:db8::7"),
        (f'for={VISITOR};proto=https, for="{SECOND}"', VISITOR),
        (f"for={VISITOR},for={SECOND}", VISITOR),
        (f"for=_gazonk, for={SECOND}", SECOND),
        ("for=unknown", PROXY),
        ("proto=https", PROXY),
        (f'for="{VISITOR[:-1]}\\{VISITOR[-1]}"', VISITOR),
    ],
)
def test_visitor_is_read_from_forwarded_too(told: str, expected: str) -> None:
    assert visitor({"Forwarded": told}) == expected


@pytest.mark.parametrize("peer", ["", "localhost"])
def test_a_proxy_at_a_unix_socket_is_believed_where_unix_is_listed(peer: str) -> None:
    assert visitor({"X-Forwarded-For": VISITOR}, peer=peer) == VISITOR


def test_a_proxy_whose_address_is_an_ipv4_address_in_ipv6_is_known() -> None:
    assert visitor({"X-Forwarded-For": VISITOR}, peer=f"::ffff:{PROXY}") == VISITOR


# --- what was asked for


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "http://inner:5000"),
        ({"X-Forwarded-Proto": "HTTPS"}, "https://inner:5000"),
        ({"X-Forwarded-Host": "Code.Example.com"}, "http://code.example.com"),
        ({"X-Forwarded-Host": "code.example.com:8443", "X-Forwarded-Proto": "https"}, "https://code.example.com:8443"),
        ({"X-Forwarded-Host": "[2001:db8::1]:8443"}, "http://[2001:db8::1]:8443"),
        ({"X-Forwarded-Host": "code.example.com", "X-Forwarded-Port": "8443"}, "http://code.example.com:8443"),
        ({"X-Forwarded-Host": "code.example.com", "X-Forwarded-Port": "443"}, "http://code.example.com"),
        ({"X-Forwarded-Port": "8443"}, "http://inner:5000"),
        ({"X-Forwarded-Prefix": "/scm"}, "http://inner:5000/scm"),
        ({"X-Forwarded-Prefix": "/scm/"}, "http://inner:5000/scm"),
        ({"X-Forwarded-Prefix": "/"}, "http://inner:5000"),
        ({"Forwarded": "proto=https;host=code.example.com"}, "https://code.example.com"),
        ({"Forwarded": 'host="[2001:db8::1]:8443";proto=https'}, "https://[2001:db8::1]:8443"),
        ({"Forwarded": "proto=https;host=code.example.com", "X-Forwarded-Prefix": "/scm"}, "https://code.example.com/scm"),
    ],
)
def test_site_is_what_the_proxy_was_asked_for(headers: Mapping[str, str], expected: str) -> None:
    assert site(headers) == expected


def test_prefix_of_the_proxy_stands_before_the_one_of_the_server() -> None:
    assert site({"X-Forwarded-Prefix": "/scm"}, script_name="/inner") == "http://inner:5000/scm/inner"


def test_port_is_added_to_the_host_of_the_request() -> None:
    assert site({"X-Forwarded-Port": "8443"}, host="code.example.com") == "http://code.example.com:8443"


@pytest.mark.parametrize(
    "headers",
    [
        {
            "X-Forwarded-For": f"{STRANGER}, {VISITOR}, {SECOND}",
            "X-Forwarded-Proto": "http, https, http",
            "X-Forwarded-Host": "evil.example, code.example.com, second",
            "X-Forwarded-Prefix": "/evil, /scm, /second",
        },
        {
            "Forwarded": f"for={STRANGER};host=evil.example, for={VISITOR};proto=https;host=code.example.com,"
            f"for={SECOND};proto=http",
            "X-Forwarded-Prefix": "/scm",
        },
    ],
    ids=["x-forwarded", "forwarded"],
)
def test_in_a_chain_the_outermost_listed_proxy_tells(headers: Mapping[str, str]) -> None:
    assert (visitor(headers), site(headers)) == (VISITOR, "https://code.example.com/scm")


def test_force_https_changes_the_scheme_alone() -> None:
    assert site({}, force_https=True) == "https://inner:5000"


def test_both_kinds_of_headers_may_say_the_same() -> None:
    headers = {"X-Forwarded-For": VISITOR, "X-Forwarded-Proto": "https", "Forwarded": f"for={VISITOR};proto=https"}

    assert (visitor(headers), site(headers)) == (VISITOR, "https://inner:5000")


# --- attacks

EVERYTHING = {
    "X-Forwarded-For": VISITOR,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Server": "evil.example",
    "Forwarded": f"for={VISITOR};proto=https;host=evil.example",
}


@pytest.mark.parametrize("peer", [STRANGER, "2001:db8:2::1"])
def test_what_a_stranger_says_is_ignored(peer: str) -> None:
    assert (visitor(EVERYTHING, peer=peer), site(EVERYTHING, peer=peer)) == (peer, "http://inner:5000")


@pytest.mark.parametrize("peer", [STRANGER, PROXY])
def test_nothing_behind_sees_a_forwarding_header(peer: str) -> None:
    headers = {**EVERYTHING, "Forwarded": ""} if peer == PROXY else EVERYTHING

    assert not [name for name in behind(headers, peer=peer) if "FORWARDED" in name]


def test_unix_sockets_are_not_believed_unless_they_are_listed() -> None:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return []

    environ = {"REMOTE_ADDR": "", "wsgi.url_scheme": "http", "HTTP_X_FORWARDED_FOR": VISITOR}
    TrustedProxies(application, trusted=TRUSTED[:1], force_https=False)(environ, None)

    assert seen["REMOTE_ADDR"] == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": f"{PROXY}, {STRANGER}, {VISITOR}"},
        {"X-Forwarded-For": f"{STRANGER}, unknown, {VISITOR}"},
        {"X-Forwarded-For": f"garbage <script>, {VISITOR}"},
        {"Forwarded": f"for={STRANGER}, for={VISITOR}"},
        {"Forwarded": f"for={SECOND}, for={VISITOR}"},
    ],
)
def test_visitor_cannot_evade_the_throttle_with_an_invented_chain(headers: Mapping[str, str]) -> None:
    assert visitor(headers) == VISITOR


@pytest.mark.parametrize(
    "own",
    [
        f"for={STRANGER}",
        "proto=http",
        "host=evil.example",
        f'for="{STRANGER}:80"',
    ],
)
def test_visitor_cannot_contradict_a_proxy_that_lets_the_other_header_pass(own: str) -> None:
    headers = {"X-Forwarded-For": VISITOR, "X-Forwarded-Proto": "https", "Forwarded": own}

    assert visitor(headers) == "refused"


@pytest.mark.parametrize(
    "own",
    [
        f'for={STRANGER};x="',
        f'for={STRANGER};x="\\',
        f"for={STRANGER};;;",
        "for",
        "for=a b",
        "=",
        "for=1;for=2",
        'for="a"b',
        "é=é",
    ],
)
def test_visitor_cannot_swallow_what_the_proxy_adds_to_forwarded(own: str) -> None:
    assert visitor({"Forwarded": f"{own}, for={VISITOR}"}) == "refused"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example/path", "evil.example?x", "evil.example#x", "me@evil.example", "evil example", "evil\r\nX-A: b", "a;b",
        "[::1", "[::g]", "::1", "evil.example:0", "evil.example:65536", "evil.example:-1", "evil.example:x", "é.example",
        '"><b>', "a" * 256, "http://evil.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded"])
def test_host_that_is_more_than_a_host_is_refused(header: str, host: str) -> None:
    headers = {"Forwarded": f'host="{host}"'} if header == "Forwarded" else {header: host}

    assert site(headers) == "refused"


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", "/\\evil.example", "scm", "/a//b", "/a/../b", "/.", "/a?b", "/%2f%2fevil.example", "/a\r\nb", "/a%0db"],
)
def test_prefix_that_could_lead_elsewhere_is_refused(prefix: str) -> None:
    assert site({"X-Forwarded-Prefix": prefix}) == "refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-Port": "80, x"},
        {"X-Forwarded-Port": "70000"},
        {"X-Forwarded-Port": "²"},
    ],
)
def test_what_is_no_scheme_and_no_port_is_refused(headers: Mapping[str, str]) -> None:
    assert site(headers) == "refused"


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host"])
def test_very_long_headers_are_refused(name: str) -> None:
    assert visitor({name: "for=_a, " * LONGEST}) == "refused"


def test_very_long_header_of_a_stranger_is_ignored() -> None:
    assert visitor({"X-Forwarded-For": "1" * 10 * LONGEST}, peer=STRANGER) == STRANGER


def test_address_with_a_zone_is_an_address_without_it() -> None:
    assert visitor({"X-Forwarded-For": "fe80::1%<script>"}) == "fe80::1"


@given(st.text(alphabet='for=;,"\\ []:1.ah_', max_size=40))
def test_forwarded_is_read_or_refused(text: str) -> None:
    try:
        elements = forwarded_elements(text)
    except Unreadable:
        return

    assert all(name == name.lower() for element in elements for name in element)


@given(name=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
def test_quoted_text_in_forwarded_comes_back(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')

    assert forwarded_elements(f'for="{quoted}"; Host=b ,for=c') == [{"for": name, "host": "b"}, {"for": "c"}]


# --- ini files that would undo all this

PREFIX = "[filter:proxy-prefix]\nuse = egg:PasteDeploy#prefix\nprefix = /scm\n"
USED = "[app:main]\nfilter-with = proxy-prefix\n"
WAITRESS = "[server:main]\nuse = egg:waitress#main\n"


def doubted(text: str, *, trusted: bool = True) -> list[str]:
    parser = RawConfigParser()
    parser.read_string(text)
    return doubts(parser, trusted=TRUSTED if trusted else ())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (PREFIX + USED, "translate_forwarded_server"),
        (PREFIX + "translate_forwarded_server = true\n" + USED, "translate_forwarded_server"),
        (PREFIX + "[pipeline:main]\npipeline = proxy-prefix kallithea\n", "translate_forwarded_server"),
        (WAITRESS, "egg:kallithea#waitress"),
    ],
)
def test_ini_file_that_undoes_it_is_noticed(text: str, word: str) -> None:
    (doubt,) = doubted(text)

    assert word in doubt


@pytest.mark.parametrize(
    "text",
    [
        PREFIX,
        PREFIX + "translate_forwarded_server = false\n" + USED,
        WAITRESS + "clear_untrusted_proxy_headers = false\n",
        "[server:main]\nuse = egg:kallithea#waitress\n",
        "",
    ],
)
def test_ini_file_that_keeps_to_it_is_not_doubted(text: str) -> None:
    assert doubted(text) == []


def test_waitress_may_remove_the_headers_where_no_proxy_is_listed() -> None:
    assert doubted(WAITRESS, trusted=False) == []


# --- the page of the documentation

PAGE = (Path(__file__).parents[2] / "docs" / "deployment" / "behind-a-proxy.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (`[A-Z].*`) \| `?([^`|]+?)`? \| `?([^`|]+?)`? \|$", PAGE, re.MULTILINE)


def test_examples_of_the_documentation_are_found() -> None:
    assert len(ROWS) == 12


@pytest.mark.parametrize(("peer", "headers", "expected_visitor", "expected_site"), ROWS)
def test_examples_of_the_documentation_are_true(peer: str, headers: str, expected_visitor: str, expected_site: str) -> None:
    sent = dict(re.findall(r"`([A-Za-z-]+): ([^`]+)`", headers))

    assert (visitor(sent, peer=peer), site(sent, peer=peer)) == (expected_visitor, expected_site)
