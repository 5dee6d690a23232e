"""What an administrator can set in `[app:main]`: each key declared once, with its parser, its default and one line of help.

The ini template and `docs/settings.md` are written from these declarations, and what an ini file says is checked against them.
"""

import dataclasses
import difflib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from kallithea.config import values, variables
from kallithea.config.former_keys import RENAMED, why_ignored
from kallithea.config.issue_patterns import ISSUE_KEY, issue_rules
from kallithea.config.proxies import Network, Trusted
from kallithea.lib.errors import ConfigError
from kallithea.lib.issues import IssueRule

log = logging.getLogger(__name__)

T = TypeVar("T")

# Words of PasteDeploy itself, which it may hand over beside ours.
PASTE_WORDS = frozenset({"here", "__file__", "use", "filter-with", "require"})


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


@dataclass(frozen=True)
class Settings:
    """The checked configuration of one instance; made from an ini file, or directly in tests."""

    title: str = _setting("title", values.text, "What the site calls itself.", default="Kallithea")
    canonical_url: str = _setting(
        "canonical_url",
        values.site_url,
        "The address of the site for links that leave it; empty: as the visitor asked for it.",
        default="",
    )
    repos_path: Path = _setting(
        "repos_path", values.folder, "The folder that holds all repositories.", example="%(here)s/repos"
    )
    cache_dir: Path = _setting(
        "cache_dir",
        values.folder,
        "The folder for what can be computed again; it may be emptied at any time.",
        example="%(here)s/cache",
    )
    sqlalchemy_url: str = _setting(
        "sqlalchemy.url", values.database_url, "Where the database is.", example="${database_url}", secret=True
    )
    sqlalchemy_pool_recycle: int = _setting(
        "sqlalchemy.pool_recycle",
        values.whole(-1, 86400 * 7),
        "Seconds after which a database connection is replaced; -1: never.",
        default="3600",
    )
    page_cache_size: int = _setting(
        "page_cache_size",
        values.whole(0, 10**7),
        "Megabytes of rendered pages in cache_dir, which come quickly after a restart; 0: none.",
        default="500",
    )
    cache_url: str = _setting(
        "cache_url",
        values.cache_url,
        "A Redis or Valkey that several processes and machines share for rendered pages; empty: each remembers its own.",
        default="",
        secret=True,
    )
    session_key: str = _setting(
        "session.key", values.cookie_name, "The name of the cookie that keeps a visitor signed in.", default="kallithea"
    )
    session_secret: str = _setting(
        "session.secret", values.secret, "The secret of sessions, forms, tokens and authenticator apps; another one ends them.",
        example="${session_secret}", secret=True,
    )  # fmt: skip
    session_timeout: int = _setting(
        "session.timeout",
        values.whole(60, 86400 * 3650),
        "Seconds without a request after which a visitor has to sign in again.",
        default="2592000",
    )
    trusted_proxies: tuple[Trusted, ...] = _setting(
        "trusted_proxies",
        values.proxies,
        "Reverse proxies whose X-Forwarded-* or Forwarded is believed: addresses, networks, unix for a unix socket.",
        default="",
    )
    remote_user_header: str = _setting(
        "remote_user_header",
        values.user_header,
        "Header with which trusted_proxies say who signed in; REMOTE_USER: the web server itself says it; empty: none.",
        default="",
    )
    force_https: bool = _setting(
        "force_https", values.flag, "Write https into addresses and cookies, however the request came.", default="false"
    )
    use_htsts: bool = _setting(
        "use_htsts", values.flag, "Tell browsers to come back over https only (Strict-Transport-Security).", default="false"
    )
    static_files: bool = _setting(
        "static_files", values.flag, "Serve style sheets and scripts; false where the web server in front does.", default="true"
    )
    dashboard_items: int = _setting(
        "dashboard_items", values.whole(1, 1000), "How many entries a page of a list shows.", default="100"
    )
    cut_off_limit: int = _setting(
        "cut_off_limit",
        values.whole(0, 2**31),
        "Bytes of a file or a diff that a page shows before it asks whether to show more.",
        default="256000",
    )
    time_zone: str = _setting(
        "time_zone",
        values.zone,
        "In which zone pages and mails tell times to people who chose none, and whose browser does not say theirs.",
        default="UTC",
    )
    visitor_budget: int = _setting(
        "visitor_budget",
        values.whole(0, 10**6),
        "Pages that are made in a minute for each network that is not signed in; costly ones count as 5; 0: any number.",
        default="600",
    )
    use_gravatar: bool = _setting(
        "use_gravatar",
        values.flag,
        "Ask another site, by default Gravatar, for pictures of people who have none here; it then sees who looks at what.",
        default="false",
    )
    gravatar_url: str = _setting(
        "gravatar_url",
        values.picture_url,
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
        values.sender,
        "Who mails are from: an address, or Name <address>; without it, smtp_server and canonical_url no mail is sent.",
        default="",
    )
    email_prefix: str = _setting("email_prefix", values.one_line, "What the subjects of mails begin with.", default="")
    smtp_server: str = _setting(
        "smtp_server", values.mail_host, "The mail server that takes our mails; empty: none.", default=""
    )
    smtp_port: int = _setting(
        "smtp_port",
        values.port,
        "The port of the mail server; 0: 465 for smtp_use_ssl, 587 for smtp_use_tls, or 25.",
        default="0",
    )
    smtp_username: str = _setting(
        "smtp_username", values.one_line, "The name to sign in with at the mail server; empty: without signing in.", default=""
    )
    smtp_password: str = _setting(
        "smtp_password", str, "The password to sign in with at the mail server.", default="", secret=True
    )
    smtp_use_tls: bool = _setting(
        "smtp_use_tls", values.flag, "Protect the connection with STARTTLS, and send nothing without it.", default="false"
    )
    smtp_use_ssl: bool = _setting(
        "smtp_use_ssl",
        values.flag,
        "Protect the connection with TLS from its beginning; goes before smtp_use_tls.",
        default="false",
    )
    ini_file: str = dataclasses.field(default="", kw_only=True)
    """Where all this is written; empty where it is in no file. No key itself."""
    git_path: str = _setting("git_path", values.text, "The git program: a name to look for, or a path.", default="git")
    hg_helpers: int = _setting(
        "hg_helpers",
        values.processes,
        "How many processes carry large Mercurial transfers; 0: twice as many as processors, at least 4.",
        default="0",
    )
    ssh_enabled: bool = _setting(
        "ssh_enabled", values.flag, "Serve hg and git over SSH too, by OpenSSH and kallithea-cli ssh-serve.", default="false"
    )
    ssh_socket: Path | None = _setting(
        "ssh_socket",
        values.optional_path,
        "Where kallithea-cli ssh-serve listens for what sshd starts; empty: ssh.sock beside repos_path.",
        default="",
        example="%(here)s/ssh.sock",
    )
    ssh_authorized_keys: Path | None = _setting(
        "ssh_authorized_keys",
        values.optional_path,
        "An authorized_keys file to keep up to date, where sshd does not ask for keys; empty: none.",
        default="",
    )
    clone_ssh_tmpl: str = _setting(
        "clone_ssh_tmpl",
        values.ssh_address,
        "How pages write SSH addresses: with {repo} or {repoid}, {hostname}, and {system_user}, who the server runs as.",
        default="ssh://{system_user}@{hostname}/{repo}",
    )
    purge_deleted_after: int = _setting(
        "purge_deleted_after",
        values.whole(0, 36500),
        "Days after which deleted repositories are removed for good; 0: not before repo-purge-deleted.",
        default="0",
    )
    backup_path: Path | None = _setting(
        "backup_path",
        values.optional_path,
        "The folder for backups, best on another disk than repos_path; empty: none.",
        default="",
    )
    backup_every: int = _setting(
        "backup_every",
        values.whole(0, 8760),
        "Hours after which the server makes the next backup by itself; 0: never.",
        default="0",
    )
    backup_keep: int = _setting(
        "backup_keep", values.whole(1, 10_000), "How many backups are kept when the server makes them.", default="14"
    )
    backup_drill_every: int = _setting(
        "backup_drill_every",
        values.whole(0, 3650),
        "Days after which the server restores the newest backup into a scratch folder to prove it; 0: never.",
        default="0",
    )
    use_celery: bool = _setting(
        "use_celery",
        values.flag,
        "Leave background jobs to kallithea-cli celery-run; false: the server does them.",
        default="false",
    )
    celery_broker_url: str = _setting(
        "celery.broker_url",
        values.text,
        "The broker of Celery: redis://host:6379/0 or amqp://user:password@host// (RabbitMQ).",
        default="redis://localhost:6379/0",
        secret=True,
    )
    celery_worker_concurrency: int = _setting(
        "celery.worker_concurrency", values.whole(1, 1000), "How many jobs one celery-run does at the same time.", default="2"
    )
    celery_worker_max_tasks_per_child: int = _setting(
        "celery.worker_max_tasks_per_child",
        values.whole(1, 10**6),
        "How many jobs a process of celery-run does before another takes its place.",
        default="100",
    )
    monitored_from: tuple[Network, ...] = _setting(
        "monitored_from",
        values.networks,
        "Addresses and networks that are told what is wrong at /_health and may read /_metrics.",
        default="127.0.0.1, ::1",
    )
    metrics: bool = _setting(
        "metrics", values.flag, "Count for Prometheus, at /_metrics; needs pip install kallithea[metrics].", default="false"
    )
    least_free_space: int = _setting(
        "least_free_space",
        values.whole(0, 10**9),
        "Megabytes on the disk below which /_health/ready says that this server cannot work.",
        default="200",
    )
    slow_request: int = _setting(
        "slow_request",
        values.whole(0, 3_600_000),
        "Milliseconds after which a request is logged with its SQL and where its time went; 0: never.",
        default="3000",
    )
    pause_patience: int = _setting(
        "pause_patience",
        values.whole(0, 600),
        "Seconds that pushes and other changes wait while they are paused, as during an upgrade, before they are refused.",
        default="30",
    )
    debug: bool = _setting(
        "debug",
        values.flag,
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
        found = {key.field: value_of(key, given, by_variable.get(key.name)) for key in wanted}
        return cls(**found, issues=issue_rules(given), ini_file=global_conf.get("__file__", ""))


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
    except values.Unaccepted as error:
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
