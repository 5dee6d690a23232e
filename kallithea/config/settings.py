"""What an administrator can set in `[app:main]`: each key declared once, with its parser, its default and one line of help.

The ini template and `docs/settings.md` are written from these declarations, and what an ini file says is checked against them.
"""

import dataclasses
import difflib
import ipaddress
import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from kallithea.config import variables
from kallithea.config.former_keys import RENAMED, why_ignored
from kallithea.config.issue_patterns import ISSUE_KEY, issue_rules
from kallithea.config.proxies import REMOTE_USER, UNIX, Network, Trusted
from kallithea.lib.errors import ConfigError, Invalid
from kallithea.lib.issues import IssueRule, web_address
from kallithea.lib.names import email_address
from kallithea.lib.time_zones import time_zone

log = logging.getLogger(__name__)

T = TypeVar("T")

# Words of PasteDeploy itself, which it may hand over beside ours.
PASTE_WORDS = frozenset({"here", "__file__", "use", "filter-with", "require"})


class _Unaccepted(ValueError):
    """A value that a parser cannot use; the text says what is accepted instead."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the ini file as it is declared: what it is called, how it is read, and what it is for."""

    name: str
    field: str
    default: str | None
    """The value that counts where the ini file says nothing; None for a key that every ini file has to have."""
    example: str
    """What a new ini file says; `${…}` is filled in by config-create."""
    parse: Callable[[str], Any]
    help: str


def _setting(
    name: str,
    parse: Callable[[str], T],
    help_line: str,
    *,
    default: str | None = None,
    example: str | None = None,
    secret: bool = False,
) -> T:
    """Declare one key as a field of Settings; one without a default must be in the ini file."""
    declaration = {"name": name, "parse": parse, "help": help_line, "default": default, "example": example}
    if default is None:
        return cast("T", dataclasses.field(metadata=declaration, repr=not secret, kw_only=True))
    return dataclasses.field(metadata=declaration, repr=not secret, kw_only=True, default=parse(default))


def _text(value: str) -> str:
    if not value:
        raise _Unaccepted("a text that is not empty")
    return value


def _secret(value: str) -> str:
    if len(value) < 16:
        raise _Unaccepted("at least 16 characters that nobody can guess")
    return value


def _flag(value: str) -> bool:
    lowered = value.lower()
    if lowered in {"true", "yes", "on", "1"}:
        return True
    if lowered in {"false", "no", "off", "0"}:
        return False
    raise _Unaccepted("true or false")


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        # int() also takes "1_000" and digits of other scripts, which nobody means in an ini file.
        if not re.fullmatch(r"-?[0-9]{1,18}", value) or not lowest <= int(value) <= highest:
            raise _Unaccepted(f"a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def _processes(value: str) -> int:
    # More than there are processors: a transfer often waits for its client, and should not keep others waiting.
    return _whole(0, 256)(value) or max(4, 2 * (os.cpu_count() or 1))


def _zone(value: str) -> str:
    try:
        return time_zone(_text(value))
    except Invalid:
        raise _Unaccepted("the name of a time zone, such as Europe/Berlin or UTC") from None


def _folder(value: str) -> Path:
    path = Path(_text(value))
    if not path.is_absolute():
        raise _Unaccepted("an absolute path, such as %(here)s/name for a place beside the ini file")
    return path


def _optional_path(value: str) -> Path | None:
    return _folder(value) if value else None


def _ssh_address(value: str) -> str:
    filled = re.sub(r"\{(system_user|hostname|repo|repoid)\}", "1", value)
    if not re.fullmatch(r"[A-Za-z0-9_.~+:@/\[\]-]+", filled) or not re.search(r"\{(repo|repoid)\}$", value):
        raise _Unaccepted("an address such as ssh://git@code.example.com:2222/{repo}, with {repo} or _{repoid} at its end")
    return value


def _database_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    engine = scheme.partition("+")[0]
    if not separator or not rest or engine not in {"sqlite", "postgresql", "mysql", "mariadb"}:
        raise _Unaccepted("a database URL that begins with sqlite:///, postgresql+psycopg:// or mysql+pymysql://")
    return value


def _cache_url(value: str) -> str:
    if value and not re.fullmatch(r"(rediss?|unix)://\S+", value):
        raise _Unaccepted("redis://host:6379/0, rediss://host:6379/0 (with TLS) or unix:///path/to/socket")
    return value


def _site_url(value: str) -> str:
    if not value:
        return ""
    accepted = "an address such as https://code.example.com or https://example.com/code"
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError as error:
        raise _Unaccepted(accepted) from error
    if not usable or parts.query or parts.fragment or parts.username or re.search(r"\s", value):
        raise _Unaccepted(accepted)
    return value.rstrip("/")


def _picture_url(value: str) -> str:
    filled = re.sub(r"\{(md5email|email|size)\}", "1", value)
    if not web_address(filled) or urlsplit(filled).netloc != urlsplit(value).netloc or "{" in filled:
        raise _Unaccepted("an address that begins with https:// and a host, with {md5email}, {email} and {size} behind it")
    return value


def _proxies(value: str) -> tuple[Trusted, ...]:
    words = [word for word in re.split(r"[\s,]+", value) if word]
    try:
        return tuple(UNIX if word == UNIX else ipaddress.ip_network(word) for word in words)
    except ValueError as error:
        raise _Unaccepted(
            "IP addresses and networks with commas between them, such as 127.0.0.1, 10.0.0.0/8, and unix for unix sockets"
        ) from error


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in re.split(r"[\s,]+", value) if word)
    except ValueError as error:
        raise _Unaccepted("IP addresses and networks with commas between them, such as 127.0.0.1, 10.0.0.0/8") from error


def _user_header(value: str) -> str:
    if value not in ("", REMOTE_USER) and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,99}", value):
        raise _Unaccepted("the name of a header, such as X-Remote-User, or REMOTE_USER")
    return value


def _sender(value: str) -> str:
    name, address = parseaddr(value)
    try:
        if value:
            Address(display_name=name, addr_spec=email_address(address))
    except (Invalid, ValueError) as error:
        raise _Unaccepted("an address, or a name and an address, such as Kallithea <kallithea@example.com>") from error
    return value


def _mail_host(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9_.-]{1,253}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", value):
        raise _Unaccepted("the name or the IP address of a host; the port is in smtp_port")
    return value


def _port(value: str) -> int:
    return _whole(0, 65535)(value or "0")


def _one_line(value: str) -> str:
    if not (value or " ").isprintable():
        raise _Unaccepted("a text of one line")
    return value


def _cookie_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        raise _Unaccepted("up to 64 letters, digits, dots, dashes and underscores")
    return value


@dataclass(frozen=True)
class Settings:
    """The checked configuration of one instance; made from an ini file, or directly in tests."""

    title: str = _setting("title", _text, "What the site calls itself.", default="Kallithea")
    canonical_url: str = _setting(
        "canonical_url",
        _site_url,
        "The address of the site for links that leave it; empty: as the visitor asked for it.",
        default="",
    )
    repos_path: Path = _setting("repos_path", _folder, "The folder that holds all repositories.", example="%(here)s/repos")
    cache_dir: Path = _setting(
        "cache_dir",
        _folder,
        "The folder for what can be computed again; it may be emptied at any time.",
        example="%(here)s/cache",
    )
    sqlalchemy_url: str = _setting(
        "sqlalchemy.url", _database_url, "Where the database is.", example="${database_url}", secret=True
    )
    sqlalchemy_pool_recycle: int = _setting(
        "sqlalchemy.pool_recycle",
        _whole(-1, 86400 * 7),
        "Seconds after which a database connection is replaced; -1: never.",
        default="3600",
    )
    page_cache_size: int = _setting(
        "page_cache_size",
        _whole(0, 10**7),
        "Megabytes of rendered pages in cache_dir, which come quickly after a restart; 0: none.",
        default="500",
    )
    cache_url: str = _setting(
        "cache_url",
        _cache_url,
        "A Redis or Valkey that several processes and machines share for rendered pages; empty: each remembers its own.",
        default="",
        secret=True,
    )
    session_key: str = _setting(
        "session.key", _cookie_name, "The name of the cookie that keeps a visitor signed in.", default="kallithea"
    )
    session_secret: str = _setting(
        "session.secret", _secret, "The secret of sessions, forms, tokens and authenticator apps; another one ends them.",
        example="${session_secret}", secret=True,
    )  # fmt: skip
    session_timeout: int = _setting(
        "session.timeout",
        _whole(60, 86400 * 3650),
        "Seconds without a request after which a visitor has to sign in again.",
        default="2592000",
    )
    trusted_proxies: tuple[Trusted, ...] = _setting(
        "trusted_proxies",
        _proxies,
        "Reverse proxies whose X-Forwarded-* or Forwarded is believed: addresses, networks, unix for a unix socket.",
        default="",
    )
    remote_user_header: str = _setting(
        "remote_user_header",
        _user_header,
        "Header with which trusted_proxies say who signed in; REMOTE_USER: the web server itself says it; empty: none.",
        default="",
    )
    force_https: bool = _setting(
        "force_https", _flag, "Write https into addresses and cookies, however the request came.", default="false"
    )
    use_htsts: bool = _setting(
        "use_htsts", _flag, "Tell browsers to come back over https only (Strict-Transport-Security).", default="false"
    )
    static_files: bool = _setting(
        "static_files", _flag, "Serve style sheets and scripts; false where the web server in front does.", default="true"
    )
    dashboard_items: int = _setting(
        "dashboard_items", _whole(1, 1000), "How many entries a page of a list shows.", default="100"
    )
    cut_off_limit: int = _setting(
        "cut_off_limit",
        _whole(0, 2**31),
        "Bytes of a file or a diff that a page shows before it asks whether to show more.",
        default="256000",
    )
    time_zone: str = _setting(
        "time_zone",
        _zone,
        "In which zone pages and mails tell times to people who chose none, and whose browser does not say theirs.",
        default="UTC",
    )
    visitor_budget: int = _setting(
        "visitor_budget",
        _whole(0, 10**6),
        "Pages that are made in a minute for each network that is not signed in; costly ones count as 5; 0: any number.",
        default="600",
    )
    use_gravatar: bool = _setting(
        "use_gravatar",
        _flag,
        "Ask another site, by default Gravatar, for pictures of people who have none here; it then sees who looks at what.",
        default="false",
    )
    gravatar_url: str = _setting(
        "gravatar_url",
        _picture_url,
        "Where that site has the picture: an address with {md5email} or {email}, and {size} in pixels.",
        default="https://secure.gravatar.com/avatar/{md5email}?d=identicon&s={size}",
    )
    issue_pat: str = _setting(
        "issue_pat",
        str,
        "How messages name issues: a regular expression; issue_pat_NAME and so on add more. Needs kallithea[issue-patterns].",
        default="",
    )
    issue_server_link: str = _setting(
        "issue_server_link",
        str,
        r"Where an issue is: an address with \1 for the first group of issue_pat, {repo} or {repo_name} for the repository.",
        default="",
    )
    issue_sub: str = _setting(
        "issue_sub", str, r"What is shown for an issue, such as #\1; empty: what issue_pat found.", default=""
    )
    issues: tuple[IssueRule, ...] = dataclasses.field(default=(), kw_only=True)
    """What the keys above make together; no key itself."""
    app_email_from: str = _setting(
        "app_email_from",
        _sender,
        "Who mails are from: an address, or Name <address>; without it, smtp_server and canonical_url no mail is sent.",
        default="",
    )
    email_prefix: str = _setting("email_prefix", _one_line, "What the subjects of mails begin with.", default="")
    smtp_server: str = _setting("smtp_server", _mail_host, "The mail server that takes our mails; empty: none.", default="")
    smtp_port: int = _setting(
        "smtp_port",
        _port,
        "The port of the mail server; 0: 465 for smtp_use_ssl, 587 for smtp_use_tls, or 25.",
        default="0",
    )
    smtp_username: str = _setting(
        "smtp_username", _one_line, "The name to sign in with at the mail server; empty: without signing in.", default=""
    )
    smtp_password: str = _setting(
        "smtp_password", str, "The password to sign in with at the mail server.", default="", secret=True
    )
    smtp_use_tls: bool = _setting(
        "smtp_use_tls", _flag, "Protect the connection with STARTTLS, and send nothing without it.", default="false"
    )
    smtp_use_ssl: bool = _setting(
        "smtp_use_ssl",
        _flag,
        "Protect the connection with TLS from its beginning; goes before smtp_use_tls.",
        default="false",
    )
    ini_file: str = dataclasses.field(default="", kw_only=True)
    """Where all this is written; empty where it is in no file. No key itself."""
    git_path: str = _setting("git_path", _text, "The git program: a name to look for, or a path.", default="git")
    hg_helpers: int = _setting(
        "hg_helpers",
        _processes,
        "How many processes carry large Mercurial transfers; 0: twice as many as processors, at least 4.",
        default="0",
    )
    ssh_enabled: bool = _setting(
        "ssh_enabled", _flag, "Serve hg and git over SSH too, by OpenSSH and kallithea-cli ssh-serve.", default="false"
    )
    ssh_socket: Path | None = _setting(
        "ssh_socket",
        _optional_path,
        "Where kallithea-cli ssh-serve listens for what sshd starts; empty: ssh.sock beside repos_path.",
        default="",
        example="%(here)s/ssh.sock",
    )
    ssh_authorized_keys: Path | None = _setting(
        "ssh_authorized_keys",
        _optional_path,
        "An authorized_keys file to keep up to date, where sshd does not ask for keys; empty: none.",
        default="",
    )
    clone_ssh_tmpl: str = _setting(
        "clone_ssh_tmpl",
        _ssh_address,
        "How pages write SSH addresses: with {repo} or {repoid}, {hostname}, and {system_user}, who the server runs as.",
        default="ssh://{system_user}@{hostname}/{repo}",
    )
    purge_deleted_after: int = _setting(
        "purge_deleted_after",
        _whole(0, 36500),
        "Days after which deleted repositories are removed for good; 0: not before repo-purge-deleted.",
        default="0",
    )
    backup_path: Path | None = _setting(
        "backup_path",
        _optional_path,
        "The folder for backups, best on another disk than repos_path; empty: none.",
        default="",
    )
    backup_every: int = _setting(
        "backup_every",
        _whole(0, 8760),
        "Hours after which the server makes the next backup by itself; 0: never.",
        default="0",
    )
    backup_keep: int = _setting(
        "backup_keep", _whole(1, 10_000), "How many backups are kept when the server makes them.", default="14"
    )
    backup_drill_every: int = _setting(
        "backup_drill_every",
        _whole(0, 3650),
        "Days after which the server restores the newest backup into a scratch folder to prove it; 0: never.",
        default="0",
    )
    use_celery: bool = _setting(
        "use_celery",
        _flag,
        "Leave background jobs to kallithea-cli celery-run; false: the server does them.",
        default="false",
    )
    celery_broker_url: str = _setting(
        "celery.broker_url",
        _text,
        "The broker of Celery: redis://host:6379/0 or amqp://user:password@host// (RabbitMQ).",
        default="redis://localhost:6379/0",
        secret=True,
    )
    celery_worker_concurrency: int = _setting(
        "celery.worker_concurrency", _whole(1, 1000), "How many jobs one celery-run does at the same time.", default="2"
    )
    celery_worker_max_tasks_per_child: int = _setting(
        "celery.worker_max_tasks_per_child",
        _whole(1, 10**6),
        "How many jobs a process of celery-run does before another takes its place.",
        default="100",
    )
    monitored_from: tuple[Network, ...] = _setting(
        "monitored_from",
        _networks,
        "Addresses and networks that are told what is wrong at /_health and may read /_metrics.",
        default="127.0.0.1, ::1",
    )
    metrics: bool = _setting(
        "metrics", _flag, "Count for Prometheus, at /_metrics; needs pip install kallithea[metrics].", default="false"
    )
    least_free_space: int = _setting(
        "least_free_space",
        _whole(0, 10**9),
        "Megabytes on the disk below which /_health/ready says that this server cannot work.",
        default="200",
    )
    slow_request: int = _setting(
        "slow_request",
        _whole(0, 3_600_000),
        "Milliseconds after which a request is logged with its SQL and where its time went; 0: never.",
        default="3000",
    )
    pause_patience: int = _setting(
        "pause_patience",
        _whole(0, 600),
        "Seconds that pushes and other changes wait while they are paused, as during an upgrade, before they are refused.",
        default="30",
    )
    debug: bool = _setting(
        "debug",
        _flag,
        "For developers: notice changed templates, and show tracebacks to browsers on this machine.",
        default="false",
    )

    @property
    def ssh_place(self) -> Path:
        """Where the socket of the SSH service is."""
        return self.ssh_socket or self.repos_path.parent / "ssh.sock"

    @classmethod
    def from_conf(
        cls, global_conf: Mapping[str, str], app_conf: Mapping[str, str], environ: Mapping[str, str] | None = None
    ) -> "Settings":
        """Check what PasteDeploy hands to an application: `[DEFAULT]` and `set` in the first, `[app:main]` in the second.

        What the variables of `environ` say goes before both.
        """
        _refuse_unknown(app_conf, known_only=True)
        # `[DEFAULT]` may also hold names that other values refer to as %(name)s, so only a likely misspelling stops.
        _refuse_unknown(global_conf, known_only=False)
        by_variable = variables.app_settings(environ or {}, BY_NAME)
        given = {**global_conf, **app_conf, **{name: said.value for name, said in by_variable.items()}}
        _tell_ignored(given)
        wanted = [key for key in KEYS if key.name in given or key.default is None]
        values = {key.field: value_of(key, given, by_variable.get(key.name)) for key in wanted}
        return cls(**values, issues=issue_rules(given), ini_file=global_conf.get("__file__", ""))


def check_names(names: Iterable[str]) -> None:
    """Stop at the first name that is not a key of `[app:main]`."""
    _refuse_unknown(names, known_only=True)


def nearest(name: str, *, likeness: float = 0.6) -> str | None:
    """The known key that looks most like the given one."""
    close = difflib.get_close_matches(name.lower(), BY_NAME, n=1, cutoff=likeness)
    return close[0] if close else None


def _refuse_unknown(names: Iterable[str], *, known_only: bool) -> None:
    for name in names:
        if name in BY_NAME or name in PASTE_WORDS or ISSUE_KEY.fullmatch(name) or why_ignored(name):
            continue
        if name in RENAMED:
            hint = "kallithea-cli config-check my.ini --merge brings the file up to date."
            raise ConfigError(f"The setting {name} is called {RENAMED[name]} now.", hint=hint)
        known = nearest(name, likeness=0.6 if known_only else 0.85)
        if known or known_only:
            hint = f"Did you mean {known}?" if known else "docs/settings.md lists the keys that exist."
            raise ConfigError(f"{name} is not a setting of Kallithea.", hint=hint)


def _tell_ignored(names: Iterable[str]) -> None:
    for name in names:
        if reason := why_ignored(name):
            log.warning("The setting %s has no effect: %s.", name, reason)


def value_of(key: Key, given: Mapping[str, str], said: variables.Given | None = None) -> Any:
    """The value of one key; `said` is the variable that gives it, if one does. Raises ConfigError where it is missing or
    cannot be used."""
    if key.name not in given:
        hint = f"Add to [app:main] a line such as: {_line_for(key)}; or set the variable {variables.variable(key.name)}."
        raise ConfigError(f"The setting {key.name} is missing.", hint=hint)
    value = given[key.name].strip()
    try:
        return key.parse(value)
    except _Unaccepted as error:
        named = f"The variable {said.variable}" if said else f"The setting {key.name}"
        shown = "" if key.field in _SECRETS or (said and said.is_from_file) else f" = {value}"
        raise ConfigError(f"{named}{shown} cannot be used.", hint=f"Accepted is {error}.") from error


def _line_for(key: Key) -> str:
    example = {"${database_url}": "sqlite:///%(here)s/kallithea.db"}.get(key.example, key.example)
    return f"{key.name} = {'(a long random text)' if example.startswith('$') else example}"


def _declared() -> Iterable[Key]:
    for field in dataclasses.fields(Settings):
        said: Mapping[str, Any] = field.metadata
        if not said:
            continue
        example = said["default"] if said["example"] is None else said["example"]
        yield Key(said["name"], field.name, said["default"], example, said["parse"], said["help"])


KEYS: tuple[Key, ...] = tuple(_declared())
BY_NAME: Mapping[str, Key] = {key.name: key for key in KEYS}
_SECRETS = frozenset(field.name for field in dataclasses.fields(Settings) if not field.repr)
