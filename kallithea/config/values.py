"""How what an ini file says is read: a parser for each kind of value, which says what it accepts instead."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from kallithea.config.proxies import REMOTE_USER, UNIX, Network, Trusted
from kallithea.lib.errors import Invalid
from kallithea.lib.issues import web_address
from kallithea.lib.names import email_address
from kallithea.lib.time_zones import time_zone


class Unaccepted(ValueError):
    """A value that a parser cannot use; the text says what is accepted instead."""


def text(value: str) -> str:
    if not value:
        raise Unaccepted("a text that is not empty")
    return value


def secret(value: str) -> str:
    if len(value) < 16:
        raise Unaccepted("at least 16 characters that nobody can guess")
    return value


def flag(value: str) -> bool:
    lowered = value.lower()
    if lowered in {"true", "yes", "on", "1"}:
        return True
    if lowered in {"false", "no", "off", "0"}:
        return False
    raise Unaccepted("true or false")


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        # int() also takes "1_000" and digits of other scripts, which nobody means in an ini file.
        if not re.fullmatch(r"-?[0-9]{1,18}", value) or not lowest <= int(value) <= highest:
            raise Unaccepted(f"a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def processes(value: str) -> int:
    # More than there are processors: a transfer often waits for its client, and should not keep others waiting.
    return whole(0, 256)(value) or max(4, 2 * (os.cpu_count() or 1))


def zone(value: str) -> str:
    try:
        return time_zone(text(value))
    except Invalid:
        raise Unaccepted("the name of a time zone, such as Europe/Berlin or UTC") from None


def folder(value: str) -> Path:
    path = Path(text(value))
    if not path.is_absolute():
        raise Unaccepted("an absolute path, such as %(here)s/name for a place beside the ini file")
    return path


def optional_path(value: str) -> Path | None:
    return folder(value) if value else None


def ssh_address(value: str) -> str:
    filled = re.sub(r"\{(system_user|hostname|repo|repoid)\}", "1", value)
    if not re.fullmatch(r"[A-Za-z0-9_.~+:@/\[\]-]+", filled) or not re.search(r"\{(repo|repoid)\}$", value):
        raise Unaccepted("an address such as ssh://git@code.example.com:2222/{repo}, with {repo} or _{repoid} at its end")
    return value


def database_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    engine = scheme.partition("+")[0]
    if not separator or not rest or engine not in {"sqlite", "postgresql", "mysql", "mariadb"}:
        raise Unaccepted("a database URL that begins with sqlite:///, postgresql+psycopg:// or mysql+pymysql://")
    return value


def cache_url(value: str) -> str:
    if value and not re.fullmatch(r"(rediss?|unix)://\S+", value):
        raise Unaccepted("redis://host:6379/0, rediss://host:6379/0 (with TLS) or unix:///path/to/socket")
    return value


def site_url(value: str) -> str:
    if not value:
        return ""
    accepted = "an address such as https://code.example.com or https://example.com/code"
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError as error:
        raise Unaccepted(accepted) from error
    if not usable or parts.query or parts.fragment or parts.username or re.search(r"\s", value):
        raise Unaccepted(accepted)
    return value.rstrip("/")


def picture_url(value: str) -> str:
    filled = re.sub(r"\{(md5email|email|size)\}", "1", value)
    if not web_address(filled) or urlsplit(filled).netloc != urlsplit(value).netloc or "{" in filled:
        raise Unaccepted("an address that begins with https:// and a host, with {md5email}, {email} and {size} behind it")
    return value


def proxies(value: str) -> tuple[Trusted, ...]:
    words = [word for word in re.split(r"[\s,]+", value) if word]
    try:
        return tuple(UNIX if word == UNIX else ipaddress.ip_network(word) for word in words)
    except ValueError as error:
        raise Unaccepted(
            "IP addresses and networks with commas between them, such as 127.0.0.1, 10.0.0.0/8, and unix for unix sockets"
        ) from error


def networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in re.split(r"[\s,]+", value) if word)
    except ValueError as error:
        raise Unaccepted("IP addresses and networks with commas between them, such as 127.0.0.1, 10.0.0.0/8") from error


def user_header(value: str) -> str:
    if value not in ("", REMOTE_USER) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,99}", value):
        raise Unaccepted("the name of a header, such as X-Remote-User, or REMOTE_USER")
    return value


def sender(value: str) -> str:
    name, address = parseaddr(value)
    try:
        if value:
            Address(display_name=name, addr_spec=email_address(address))
    except (Invalid, ValueError) as error:
        raise Unaccepted("an address, or a name and an address, such as Kallithea <kallithea@example.com>") from error
    return value


def mail_host(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9_.-]{1,253}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", value):
        raise Unaccepted("the name or the IP address of a host; the port is in smtp_port")
    return value


def port(value: str) -> int:
    return whole(0, 65535)(value or "0")


def one_line(value: str) -> str:
    if not (value or " ").isprintable():
        raise Unaccepted("a text of one line")
    return value


def cookie_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        raise Unaccepted("up to 64 letters, digits, dots, dashes and underscores")
    return value
