"""What reverse proxies say about a visitor, believed only from those that are listed.

Each proxy adds, at the end, the address that it was asked from. So what the last entry says comes from the proxy that asks us;
if it names a listed proxy too, the entry before comes from that one, and so on. The entry that the outermost listed proxy made
tells who the visitor is and what was asked for; what stands before it was sent by the visitor and means nothing.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from configparser import RawConfigParser
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from kallithea.lib.sign_in.vouching import VOUCHED, Vouched

log = logging.getLogger(__name__)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Trusted = Network | str
"""A listed network, or UNIX."""

UNIX = "unix"
"""Whoever asks through a unix socket."""

_NO_ADDRESS = frozenset({"", "localhost", "unix", "unix:"})
"""What servers say of clients at a unix socket: gunicorn, gevent and uWSGI nothing, waitress a word."""

LONGEST = 4096
"""Characters of a header that is read; a chain of fifty proxies needs less."""

FORWARDED = "HTTP_FORWARDED"
_FAMILY = "HTTP_X_FORWARDED_"

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,255})(?::(?P<port>[0-9]{0,5}))?")
_PREFIX = re.compile(r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)+")
_NODE = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+))(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the word of RFC 9110, no secret
_PAIR = re.compile(rf'\s*(?P<name>{_TOKEN})=(?:(?P<token>{_TOKEN})|"(?P<quoted>(?:[^"\\]|\\.)*)")\s*(?P<end>[,;]|$)')

DEFAULT_PORTS = {"http": "80", "https": "443"}
REMOTE_USER = "REMOTE_USER"


class Unreadable(ValueError):
    """A header that does not say what it should; the text names it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What proxies said; None where they said nothing."""

    client: str | None = None
    scheme: str | None = None
    host: str | None = None
    port: str | None = None
    """Where the proxy listens: for a host that the request names without a port."""


class TrustedProxies:
    """WSGI middleware: the visitor's address, scheme, host and prefix as the listed proxies tell them.

    Nothing behind it sees a forwarding header. Requests with a host that is none, and those whose proxies cannot be understood,
    are refused: what would be guessed could be what an attacker wrote.
    """

    def __init__(self, application: Any, *, trusted: Sequence[Trusted], force_https: bool, user_header: str = "") -> None:
        """`user_header` is the header that names who signed in at a listed proxy, or REMOTE_USER; empty for none."""
        self._application = application
        self._user_variable = user_header if user_header == REMOTE_USER else cgi_name(user_header)
        self._networks = tuple(entry for entry in trusted if not isinstance(entry, str))
        self._trusts_unix = UNIX in trusted
        self._force_https = force_https
        self._is_trusted = lru_cache(maxsize=256)(self._is_listed)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR") or ""
        said = _taken_out(environ)
        user = said.get(self._user_variable) or environ.pop(self._user_variable, "").strip()
        try:
            if "HTTP_HOST" in environ:
                environ["HTTP_HOST"] = _host(environ["HTTP_HOST"], "Host")
            environ["REMOTE_ADDR"] = _address(peer) or peer
            if self._is_trusted(peer):
                self._believe(environ, said)
            # REMOTE_USER is no header, so no client can send it: it is what the server itself found out.
            if user and (self._user_variable == REMOTE_USER or self._is_trusted(peer)):
                environ[VOUCHED] = Vouched(_decoded(user), _headers(environ, said))
        except Unreadable as error:
            log.warning("refused a request from %s: %s", peer or "a unix socket", error)
            return _refusal(error, start_response)
        if self._force_https:
            environ["wsgi.url_scheme"] = "https"
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer

    def _believe(self, environ: dict[str, Any], said: Mapping[str, str]) -> None:
        _check_lengths(said)
        before = Told(environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ.get("HTTP_HOST"))
        told, hops = from_x_forwarded(said, self._is_trusted)
        if FORWARDED in said:
            standard, standard_hops = from_forwarded(said[FORWARDED], self._is_trusted)
            if told == Told():
                told, hops = standard, standard_hops
            else:
                # Each proxy writes one kind and most let the other pass, so the other may be the visitor's own.
                _check_agreement(standard, _completed(told, before))
        after = _completed(told, before)
        environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = after.client, after.scheme
        if after.host:
            environ["HTTP_HOST"] = after.host
        if prefix := _prefix(said.get(_FAMILY + "PREFIX", ""), hops):
            environ["SCRIPT_NAME"] = prefix + environ.get("SCRIPT_NAME", "")

    def _is_listed(self, text: str) -> bool:
        if text in _NO_ADDRESS:
            return self._trusts_unix
        found = _address(text)
        return found is not None and any(ipaddress.ip_address(found) in network for network in self._networks)


def from_x_forwarded(said: Mapping[str, str], is_trusted: Callable[[str], bool]) -> tuple[Told, int]:
    """What X-Forwarded-For, -Proto, -Host and -Port tell, and how many entries come from listed proxies.

    Raises Unreadable.
    """
    client, hops = _client(_entries(said.get(_FAMILY + "FOR", "")), is_trusted)
    scheme = _nearest(said.get(_FAMILY + "PROTO", ""), hops)
    host = _nearest(said.get(_FAMILY + "HOST", ""), hops)
    port = _nearest(said.get(_FAMILY + "PORT", ""), hops)
    told = Told(
        client,
        _scheme(scheme, "X-Forwarded-Proto") if scheme else None,
        _host(host, "X-Forwarded-Host") if host else None,
        _port(port) if port else None,
    )
    return told, hops


def from_forwarded(text: str, is_trusted: Callable[[str], bool]) -> tuple[Told, int]:
    """What the header Forwarded of RFC 7239 tells, and how many of its elements come from listed proxies. Raises Unreadable."""
    elements = forwarded_elements(text)
    client, hops = _client([element.get("for", "") for element in elements], is_trusted)
    # The outermost listed proxy saw what the visitor asked for.
    told: dict[str, str] = {}
    for element in reversed(elements[-hops:]):
        told.update(element)
    scheme, host = told.get("proto"), told.get("host")
    return Told(client, _scheme(scheme, "Forwarded") if scheme else None, _host(host, "Forwarded") if host else None), hops


def forwarded_elements(text: str) -> list[dict[str, str]]:
    """The elements of a Forwarded header, each with its parameters by name in small letters. Raises Unreadable."""
    elements: list[dict[str, str]] = [{}]
    position = 0
    while position < len(text):
        pair = _PAIR.match(text, position)
        if pair is None or pair["name"].lower() in elements[-1]:
            # A quote that does not end would swallow what the next proxy wrote.
            raise Unreadable("Forwarded is not of the form for=address;proto=scheme;host=name.")
        value = pair["token"] if pair["token"] is not None else re.sub(r"\\(.)", r"\1", pair["quoted"])
        elements[-1][pair["name"].lower()] = value
        if pair["end"] == ",":
            elements.append({})
        position = pair.end()
    return elements


def doubts(parser: RawConfigParser, *, trusted: Sequence[Trusted]) -> list[str]:
    """What in an ini file lets everybody be a proxy, or keeps those that are listed from being heard; a sentence for each."""
    values = [parser.get(section, "filter-with", fallback="") for section in parser.sections()]
    values += [parser.get(section, "pipeline", fallback="") for section in parser.sections()]
    used = {f"filter:{word}" for value in values for word in value.split()}
    found = [
        f"[{section}] believes everybody who says to be a proxy. Add to it: translate_forwarded_server = false"
        for section in parser.sections()
        if section in used
        and parser.get(section, "use", fallback="").lower() == "egg:pastedeploy#prefix"
        and parser.get(section, "translate_forwarded_server", fallback="").lower() not in ("false", "no", "off", "n", "f", "0")
    ]
    server = dict(parser.items("server:main")) if parser.has_section("server:main") else {}
    if trusted and server.get("use") in ("egg:waitress", "egg:waitress#main") and "clear_untrusted_proxy_headers" not in server:
        found.append("In [server:main], waitress removes what trusted_proxies is about. Write: use = egg:kallithea#waitress")
    return found


def _taken_out(environ: dict[str, Any]) -> dict[str, str]:
    """The forwarding headers, which are in the environment no more: whatever is behind might believe them."""
    names = [name for name in environ if name == FORWARDED or name.startswith(_FAMILY)]
    return {name: value for name in names if (value := environ.pop(name).strip())}


def cgi_name(header: str) -> str:
    """The name of a header in a WSGI environment."""
    return "HTTP_" + header.upper().replace("-", "_")


def _headers(environ: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, str]:
    """All that a request has said, the forwarding headers too, by names in small letters."""
    every = {**said, **{name: value for name, value in environ.items() if name.startswith("HTTP_")}}
    return {name.removeprefix("HTTP_").replace("_", "-").lower(): _decoded(value) for name, value in every.items()}


def _decoded(text: str) -> str:
    """A header as UTF-8, where it is; WSGI hands bytes over as Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _check_lengths(said: Mapping[str, str]) -> None:
    for name, value in said.items():
        if len(value) > LONGEST:
            raise Unreadable(f"{_spelled(name)} is too long.")


def _check_agreement(standard: Told, others: Told) -> None:
    for name in ("client", "scheme", "host"):
        claimed = getattr(standard, name)
        if claimed is not None and claimed != getattr(others, name):
            raise Unreadable(f"Forwarded and X-Forwarded-* disagree about the {name}.")


def _completed(told: Told, before: Told) -> Told:
    """What was told, and what the request itself says where nothing was told."""
    host = told.host or before.host
    # What the visitor typed has the port; 80 and 443 go without saying.
    if host and told.port not in (None, *DEFAULT_PORTS.values()) and not re.search(r":[0-9]+$", host):
        host = f"{host}:{told.port}"
    return Told(told.client or before.client, told.scheme or before.scheme, host)


def _client(entries: Sequence[str], is_trusted: Callable[[str], bool]) -> tuple[str | None, int]:
    """The visitor's address, or the last one before it that is known; and how many entries come from listed proxies."""
    client = None
    for hops, entry in enumerate(reversed(entries), start=1):
        found = _address(entry)
        # A name that stands for an address, or the word unknown: that proxy does not tell.
        client = found or client
        if found is None or not is_trusted(found):
            return client, hops
    return client, max(len(entries), 1)


def _nearest(text: str, hops: int) -> str:
    """The entry of the outermost listed proxy; where not each of them made one, the first."""
    entries = _entries(text)
    return entries[-min(hops, len(entries))] if entries else ""


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",")] if text.strip() else []


# The same few proxies and hosts are in every request.
@lru_cache(maxsize=256)
def _address(text: str) -> str | None:
    """The address, spelled as Python does, without a port or zone; None for what is no address."""
    node = _NODE.fullmatch(text)
    try:
        found = ipaddress.ip_address((node["six"] or node["four"]) if node else text.partition("%")[0])
    except ValueError:
        return None
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(found)


def _scheme(text: str, header: str) -> str:
    scheme = text.lower()
    if scheme not in DEFAULT_PORTS:
        raise Unreadable(f"{header} says neither http nor https.")
    return scheme


@lru_cache(maxsize=256)
def _host(text: str, header: str) -> str:
    """The host in small letters, with its port. Raises Unreadable for what could be more than a host."""
    found = _HOST.fullmatch(text.strip())
    if not found or int(found["port"] or 1) not in range(1, 65536) or not _is_host_name(found["name"]):
        raise Unreadable(f"{header} is not the name of a host.")
    return found["name"].lower() + (f":{int(found['port'])}" if found["port"] else "")


def _is_host_name(name: str) -> bool:
    if not name.startswith("["):
        return True
    try:
        ipaddress.IPv6Address(name[1:-1])
    except ValueError:
        return False
    return True


def _port(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) not in range(1, 65536):
        raise Unreadable("X-Forwarded-Port is not a port.")
    return str(int(text))


def _prefix(text: str, hops: int) -> str:
    """The path that proxies took away, for SCRIPT_NAME. Raises Unreadable for one that could lead to another host."""
    prefix = _nearest(text, hops).rstrip("/")
    if not prefix:
        return ""
    path = unquote_to_bytes(prefix).decode("latin-1")
    if not _PREFIX.fullmatch(re.sub(r"[\x80-\xff ]", "x", path)):
        raise Unreadable("X-Forwarded-Prefix is not a path.")
    return path


def _spelled(name: str) -> str:
    return name.removeprefix("HTTP_").replace("_", "-").title()


def _refusal(error: Unreadable, start_response: Any) -> list[bytes]:
    body = f"{error} If you manage this server, docs/deployment/behind-a-proxy.md says what proxies should send.\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("400 Bad Request", [*headers, ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")])
    return [body]
