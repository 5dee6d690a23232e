"""What is asked for on the command line, and the ini file, become one checked Site.

Names, addresses and paths are written into configurations in several languages, each with its own quoting. Instead of escaping
them five times, only what needs no escaping in any of them is accepted; a host name, a user or a path needs nothing else.
"""

from __future__ import annotations

import configparser
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from kallithea.config import inifile
from kallithea.config.deployment.site import Address, Instance, OwnServer, Site, Tls
from kallithea.config.inifile import IniFile
from kallithea.config.rendering import PUBLIC
from kallithea.config.settings import Settings
from kallithea.config.stopping import GRACE
from kallithea.lib.errors import ConfigError

LARGEST_BODY = 100 << 30
"""Where the ini file does not say it: 100 GiB."""
_LOOPBACK = ipaddress.ip_address("127.0.0.1")

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,31}")
UNWRITABLE = re.compile(r"""[\x00-\x20\x7f-\xa0"'`\\$%{}()<>\[\];#&|*?!^~,=\u2028\u2029]""")


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


def instance_of(ini: Path) -> Instance:
    """What an ini file says. Raises ConfigError for what cannot be used."""
    loaded = inifile.load(ini)
    settings = loaded.settings()
    return Instance(
        ini=checked_path(loaded.path),
        server=_own_server(loaded),
        canonical_url=settings.canonical_url,
        trusts_this_machine=any(not isinstance(proxy, str) and _LOOPBACK in proxy for proxy in settings.trusted_proxies),
        static_files=None if settings.static_files else checked_path(PUBLIC / "assets"),
        repositories=checked_path(settings.repos_path),
        cache=checked_path(settings.cache_dir),
        database=_database_file(settings),
    )


def site_of(instance: Instance, wishes: Wishes) -> Site:
    """Where visitors reach the instance. Raises ConfigError for what cannot be used, and where its name is not known."""
    canonical = urlsplit(instance.canonical_url)
    name = checked_host(wishes.server_name or _canonical_host(canonical), option="--server-name")
    is_https = (canonical.scheme == "https") if wishes.https is None else wishes.https
    return Site(
        instance=instance,
        name=name,
        prefix=checked_prefix(canonical.path if wishes.prefix is None else wishes.prefix),
        addresses=tuple(checked_address(text) for text in wishes.listen),
        port=wishes.port or canonical.port or (443 if is_https else 80),
        tls=_tls(wishes, name) if is_https else None,
        backends=tuple(checked_server(text) for text in wishes.servers) or (instance.server.reached,),
    )


def checked_path(path: Path) -> Path:
    """The absolute path, if every configuration can hold it."""
    absolute = path.absolute()
    if found := UNWRITABLE.search(str(absolute)):
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


def _canonical_host(canonical: SplitResult) -> str:
    if not canonical.hostname:
        raise ConfigError(
            "What is the site called?", hint="Set canonical_url = https://… in the ini file, or use --server-name."
        )
    return canonical.hostname


def _tls(wishes: Wishes, name: str) -> Tls:
    certificate = wishes.certificate or wishes.default_certificate.format(name=name)
    key = wishes.key or wishes.default_key.format(name=name)
    return Tls(checked_path(Path(certificate)), checked_path(Path(key)), wishes.redirect_port)


def _own_server(loaded: IniFile) -> OwnServer:
    parser = loaded.parser
    is_uwsgi = "uwsgi" in parser and "server:main" not in parser
    section = "uwsgi" if is_uwsgi else "server:main"
    try:
        said = {name: parser.get(section, name, raw=is_uwsgi) for name in _names(parser, section)}
    except configparser.InterpolationError as error:
        raise ConfigError(f"{loaded.path}: [{section}] cannot be read: {error.message}") from error
    host, port, speaks_uwsgi = _uwsgi_socket(said) if is_uwsgi else (said.get("host", ""), said.get("port", "5000"), False)
    bound = _bound(host, port)
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what the ini file says is only read
    return OwnServer(
        use="uwsgi" if is_uwsgi else said.get("use", "").strip(),
        bound=bound,
        reached=Address(loopback.get(bound.host, bound.host), bound.port),
        speaks_uwsgi=speaks_uwsgi,
        largest_body=_whole(said.get("max_request_body_size", ""), LARGEST_BODY),
        grace=_whole(said.get("graceful_timeout") or said.get("worker-reload-mercy") or "", int(GRACE)),
    )


def _names(parser: configparser.ConfigParser, section: str) -> list[str]:
    return parser.options(section) if parser.has_section(section) else []


def _uwsgi_socket(said: Mapping[str, str]) -> tuple[str, str, bool]:
    """Host and port, and whether uWSGI's own protocol is spoken there."""
    for name, speaks_uwsgi in (("http-socket", False), ("http", False), ("socket", True), ("uwsgi-socket", True)):
        if name in said:
            host, _, port = said[name].strip().rpartition(":")
            return host, port, speaks_uwsgi
    raise ConfigError("[uwsgi] does not say where to listen.", hint="Write http-socket = 127.0.0.1:5000 in it.")


def _bound(host: str, port: str) -> Address:
    plain = host.strip().strip("[]") or "127.0.0.1"
    # waitress knows a star, which systemd does not.
    return checked_server(str(Address("0.0.0.0" if plain == "*" else plain, _whole(port, 0))))  # noqa: S104 - as above


def _whole(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"\s*[0-9]{1,15}\s*", text) else otherwise


def _database_file(settings: Settings) -> Path | None:
    scheme, _, rest = settings.sqlalchemy_url.partition(":///")
    path = rest.partition("?")[0]
    return checked_path(Path(path)) if scheme.partition("+")[0] == "sqlite" and path else None
