"""What is asked for on the command line, and the ini file, become one checked Site.

Names, addresses and paths are written into configurations in several languages, each with its own quoting. Instead of escaping
them five times, only what needs no escaping in any of them is accepted; a host name, a user or a path needs nothing else.
"""

from __future__ import annotations

import configparser
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kallithea.config import inifile
from kallithea.config.deployment.site import Address, Site, Tls
from kallithea.config.inifile import IniFile
from kallithea.config.rendering import PUBLIC
from kallithea.config.settings import Settings
from kallithea.lib.errors import ConfigError

LARGEST_BODY = 100 << 30
"""Where the ini file does not say it: 100 GiB."""
_LOOPBACK = ipaddress.ip_address("127.0.0.1")

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,31}")
_UNWRITABLE = re.compile(r"""[\x00-\x20\x7f-\xa0"'`\\$%{}()<>\[\];#&|*?!^~,=\u2028\u2029]""")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says; None where it leaves the answer to the ini file."""

    server_name: str | None = None
    prefix: str | None = None
    listen: Sequence[str] = ()
    port: int | None = None
    https: bool | None = None
    certificate: str | None = None
    key: str | None = None
    redirect_port: int = 80
    servers: Sequence[str] = ()
    default_certificate: str = "/etc/letsencrypt/live/{name}/fullchain.pem"
    default_key: str = "/etc/letsencrypt/live/{name}/privkey.pem"


def site_of(ini: Path, wishes: Wishes) -> Site:
    """The site of an ini file. Raises ConfigError for what cannot be used, and where a name is nowhere to be found."""
    loaded = inifile.load(ini)
    settings = loaded.settings()
    canonical = urlsplit(settings.canonical_url)
    name = checked_host(wishes.server_name or _canonical_host(settings), option="--server-name")
    is_https = (canonical.scheme == "https") if wishes.https is None else wishes.https
    speaks_uwsgi, own = _own_server(loaded)
    return Site(
        ini=checked_path(loaded.path),
        name=name,
        prefix=checked_prefix(canonical.path if wishes.prefix is None else wishes.prefix),
        addresses=tuple(checked_address(text) for text in wishes.listen),
        port=wishes.port or canonical.port or (443 if is_https else 80),
        tls=_tls(wishes, name) if is_https else None,
        backends=tuple(checked_server(text) for text in wishes.servers) or own,
        speaks_uwsgi=speaks_uwsgi,
        static_files=None if settings.static_files else checked_path(PUBLIC / "assets"),
        largest_body=_largest_body(loaded),
        canonical_url=settings.canonical_url,
        trusts_this_machine=any(not isinstance(proxy, str) and _LOOPBACK in proxy for proxy in settings.trusted_proxies),
        repositories=checked_path(settings.repos_path),
        cache=checked_path(settings.cache_dir),
        database=_database_file(settings),
    )


def checked_path(path: Path) -> Path:
    """The absolute path, if every configuration can hold it."""
    absolute = path.absolute()
    if found := _UNWRITABLE.search(str(absolute)):
        raise ConfigError(
            f"The path {str(absolute)!r} has {found[0]!r} in it, which not every configuration can hold.",
            hint="Use a path of letters, digits, dots, dashes, underscores and slashes.",
        )
    return absolute


def checked_host(text: str, *, option: str) -> str:
    """A host name."""
    if not _HOST.fullmatch(text):
        raise ConfigError(f"{option} {text!r} is not a host name.", hint="Such as code.example.com.")
    return text


def checked_address(text: str) -> str:
    """An IP address to listen on."""
    try:
        # A zone (fe80::1%eth0) may hold anything.
        address = ipaddress.ip_address(text.partition("%")[0] if "%" not in text else "")
    except ValueError as error:
        raise ConfigError(f"{text!r} is not an IP address.", hint="Such as 127.0.0.1, 0.0.0.0 or ::.") from error
    return str(address)


def checked_server(text: str) -> Address:
    """A host and a port, such as 10.0.0.2:5000 or [::1]:5000."""
    host, _, port = text.rpartition(":")
    plain = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_host = checked_address(plain) if plain != host else _HOST.fullmatch(host)
    if not is_host or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ConfigError(f"{text!r} is not of the form host:port.", hint="Such as 127.0.0.1:5000.")
    return Address(plain, int(port))


def checked_prefix(text: str) -> str:
    """A path such as /scm, without a slash at its end; empty for none."""
    prefix = text.rstrip("/")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ConfigError(f"The prefix {text!r} cannot be used.", hint="Such as /scm: letters, digits, dots, dashes, slashes.")
    return prefix


def checked_user(text: str) -> str:
    """The name of a user or a group of the system."""
    if not _USER.fullmatch(text):
        raise ConfigError(f"{text!r} is not the name of a user or group.")
    return text


def _canonical_host(settings: Settings) -> str:
    host = urlsplit(settings.canonical_url).hostname
    if not host:
        raise ConfigError(
            "What is the site called?", hint="Set canonical_url = https://… in the ini file, or use --server-name."
        )
    return host


def _tls(wishes: Wishes, name: str) -> Tls:
    certificate = wishes.certificate or wishes.default_certificate.format(name=name)
    key = wishes.key or wishes.default_key.format(name=name)
    return Tls(checked_path(Path(certificate)), checked_path(Path(key)), wishes.redirect_port)


def _own_server(loaded: IniFile) -> tuple[bool, tuple[Address, ...]]:
    """Whether the server of the ini file speaks uWSGI's protocol, and where it listens."""
    parser = loaded.parser
    if "uwsgi" in parser and "server:main" not in parser:
        options = {name: parser.get("uwsgi", name, raw=True) for name in parser["uwsgi"]}
        for name, speaks_uwsgi in (("http-socket", False), ("http", False), ("socket", True), ("uwsgi-socket", True)):
            if name in options:
                return speaks_uwsgi, (_reachable(*_split_host(options[name])),)
    try:
        host = parser.get("server:main", "host", fallback="127.0.0.1")
        port = parser.get("server:main", "port", fallback="5000")
    except configparser.InterpolationError as error:
        raise ConfigError(f"{loaded.path}: host or port of [server:main] cannot be read: {error.message}") from error
    return False, (_reachable(host, port),)


def _split_host(text: str) -> tuple[str, str]:
    host, _, port = text.strip().rpartition(":")
    return host, port


def _reachable(host: str, port: str) -> Address:
    """Where a server that listens on this host is reached from its own machine."""
    plain = host.strip().strip("[]")
    if plain in {"", "*", "0.0.0.0"}:  # noqa: S104 - what the ini file says is only read
        plain = "127.0.0.1"
    if plain == "::":
        plain = "::1"
    return checked_server(str(Address(plain, int(port) if port.strip().isdecimal() else 0)))


def _largest_body(loaded: IniFile) -> int:
    said = loaded.parser.get("server:main", "max_request_body_size", fallback="", raw=True).strip()
    return int(said) if said.isascii() and said.isdigit() else LARGEST_BODY


def _database_file(settings: Settings) -> Path | None:
    scheme, _, rest = settings.sqlalchemy_url.partition(":///")
    path = rest.partition("?")[0]
    return checked_path(Path(path)) if scheme.partition("+")[0] == "sqlite" and path else None
