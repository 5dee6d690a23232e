"""The ini template and `docs/settings.md`, written from the declared settings.

`python -m kallithea.config.template` writes both.
"""

from pathlib import Path
from string import Template

from kallithea.config.settings import KEYS, Key
from kallithea.config.variables import SERVER_KEYS

_HERE = Path(__file__).parent
_TOP = _HERE.parents[1]
_NAME = "development.ini.tmpl"

SERVERS = {
    "waitress": """\
# Run as: gearbox serve -c FILE
[server:main]
use = egg:kallithea#waitress
host = ${host}
port = ${port}
# How many requests are answered at the same time; a clone or a push takes one for as long as it lasts.
threads = 32
connection_limit = 2000
asyncore_use_poll = true
# Seconds after which a silent connection is closed.
channel_timeout = 60
# The largest push in bytes: 100 GiB.
max_request_body_size = 107374182400
# Seconds that clones and pushes get to finish when the server is stopped.
graceful_timeout = 300
""",
    "gearbox": """\
# The server of the Python library: for trying things, not for the public.
# Run as: gearbox serve -c FILE
[server:main]
use = egg:gearbox#wsgiref
host = ${host}
port = ${port}
wsgiref.threaded = true
""",
    "gevent": """\
# Run as: gearbox serve -c FILE
[server:main]
use = egg:kallithea#gevent
host = ${host}
port = ${port}
# How many requests are answered at the same time; connections that only send or receive take none.
threads = 32
connection_limit = 2000
# Seconds after which a silent connection is closed.
channel_timeout = 60
# The largest push in bytes: 100 GiB.
max_request_body_size = 107374182400
# Seconds that clones and pushes get to finish when the server is stopped.
graceful_timeout = 300
""",
    "gunicorn": """\
# Run as: gearbox serve -c FILE
[server:main]
use = egg:gunicorn#main
host = ${host}
port = ${port}
proc_name = kallithea
workers = 2
worker_class = gthread
# How many requests a worker answers at the same time; a clone or a push takes one for as long as it lasts.
threads = 16
# Seconds after which a worker that hangs is replaced; transfers may last as long as they need.
timeout = 120
# Seconds that clones and pushes get to finish when the server is stopped or reloaded.
graceful_timeout = 300
# Requests after which a worker is replaced by a new one.
max_requests = 100000
max_requests_jitter = 10000
# For the program gunicornc; gunicorn 25.1 or newer.
control_socket = %(here)s/gunicorn.ctl
""",
    "uwsgi": """\
# Run as: uwsgi --ini-paste-logged FILE
[uwsgi]
http-socket = ${host}:${port}
master = true
workers = 2
# How many requests a worker answers at the same time; a clone or a push takes one for as long as it lasts.
threads = 16
enable-threads = true
single-interpreter = true
# Each worker loads the application for itself.
lazy-apps = true
need-app = true
buffer-size = 65535
# Seconds after which a silent connection is closed.
socket-timeout = 60
chunked-input-timeout = 60
chunked-input-limit = 67108864
# Requests after which a worker is replaced by a new one, and seconds that its clones and pushes get to finish.
max-requests = 100000
worker-reload-mercy = 300
# SIGTERM: stop when what has begun is finished.
hook-master-start = unix_signal:15 gracefully_kill_them_all
# When this file is touched, the workers load everything anew, one after the other, each when it has finished what it began.
touch-chain-reload = %p
auto-procname = true
strict = true
vacuum = true
""",
}

_POSTGRESQL = "postgresql+psycopg://user:password@localhost/kallithea"
_MARIADB = "mysql+pymysql://user:password@localhost/kallithea?charset=utf8mb4"

DATABASES = {
    "sqlite": "sqlite:///%(here)s/kallithea.db?timeout=60",
    "postgresql": _POSTGRESQL,
    "mariadb": _MARIADB,
    # As they were called in Kallithea 0.7.
    "postgres": _POSTGRESQL,
    "mysql": _MARIADB,
}

_HEAD = """\
# The configuration of one Kallithea.
#
# Lines that begin with # are comments; a setting that is commented out shows its default.
# %(here)s stands for the folder of this file. A percent sign in a value is written twice: %%
# The file holds secrets: only the user who runs Kallithea should be able to read it.

[DEFAULT]
# What stands here counts in every section.

${server_section}
# To serve the site below a path such as https://example.com/code, take the comment signs away here and from filter-with.
#[filter:proxy-prefix]
#use = egg:PasteDeploy#prefix
#prefix = /code
# Or it believes everybody who says to be a proxy; whom to believe says trusted_proxies.
#translate_forwarded_server = false

[app:main]
use = egg:kallithea
#filter-with = proxy-prefix
"""

_TAIL = """
[alembic]
script_location = kallithea:migrations

# Logging, as the Python documentation describes it under logging.config.

[loggers]
keys = root, kallithea, requests

[handlers]
keys = console

[formatters]
keys = plain, json

[logger_root]
level = WARNING
handlers = console

[logger_kallithea]
level = INFO
handlers =
qualname = kallithea

# A line for each request; WARNING: none.
[logger_requests]
level = INFO
handlers =
qualname = kallithea.requests

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
# plain: lines for people; json: one object for each, for programs that collect logs.
formatter = plain

[formatter_plain]
class = kallithea.config.logging.PlainFormatter
format = %(asctime)s %(levelname)-7s [%(name)s] %(request_id)s %(message)s

[formatter_json]
class = kallithea.config.logging.JsonFormatter
"""

_PAGE_HEAD = """\
# Settings

What can be set in the section `[app:main]` of the ini file. `kallithea-cli config-create my.ini` writes a file with all of
them; a key that is not in this list stops the start, and the message names the key that was probably meant. Keys of
Kallithea 0.7 that have no effect any more are named in a warning.

`[DEFAULT]` counts for every section, so a setting may stand there too; where both say something, write `set key = value` in
`[app:main]`. A percent sign is written twice (`%%`), and `%(here)s` stands for the folder of the ini file.

| Key | Default | Meaning |
| --- | --- | --- |
"""

_PAGE_TAIL = """\

## From the environment

Each setting can be given by a variable of the environment instead, which goes before the ini file: its key in capitals, with
`_` for each dot, behind `KALLITHEA__APP_MAIN__`. Where a server of `egg:kallithea` runs (`waitress`, `gevent`), KEYS
of `[server:main]` follow `KALLITHEA__SERVER_MAIN__`; gunicorn and uWSGI have variables of their own.

    KALLITHEA__APP_MAIN__CANONICAL_URL=https://code.example.com
    KALLITHEA__APP_MAIN__SQLALCHEMY_URL__FILE=/run/secrets/database
    KALLITHEA__APP_MAIN__SESSION_SECRET__FILE=/run/secrets/session
    KALLITHEA__SERVER_MAIN__HOST=0.0.0.0

With `__FILE` at its end a variable names a file that holds the value in one line, as Docker, Kubernetes and systemd hand over
secrets (`LoadCredential=session:/etc/kallithea/session` and
`Environment=KALLITHEA__APP_MAIN__SESSION_SECRET__FILE=%d/session`). A line end behind the value is left away. The file may be
readable by others, as containers mount it; a file that everybody may write to is refused.

Values are taken as they are: a percent sign is written once, and there is no `%(here)s`. They are checked as those of the ini
file are. A variable that begins with `KALLITHEA__` and stands for no setting stops the start with the name that was probably
meant; so does one that is set together with its `__FILE`. All ways in read them: `gearbox serve`, `kallithea-cli`, the SSH
service, Celery's workers, mod_wsgi, uWSGI, gunicorn, IIS. Each needs them in its own environment: a shell that runs
`kallithea-cli` too; for mod_wsgi it is the environment of Apache itself (`/etc/apache2/envvars`), as `SetEnv` is for single
requests.

The ini file stays, for the server and the log, and needs no editing: `kallithea-cli config-create kallithea.ini` when an image
is built, variables when it runs.
""".replace("KEYS", ", ".join(f"`{key}`" for key in SERVER_KEYS))


def stored_template() -> Template:
    """The template that is shipped: inside the package where it was installed from a wheel, at the top level of a checkout."""
    inside = _HERE / _NAME
    return Template((inside if inside.exists() else _TOP / _NAME).read_text(encoding="utf-8"))


def written_template() -> str:
    """The template as the declared settings have it."""
    return _HEAD + "".join(_entry(key) for key in KEYS) + _TAIL


def written_page() -> str:
    """The page of the documentation that lists the settings."""
    return _PAGE_HEAD + "".join(f"| `{key.name}` | {_shown_default(key)} | {key.help} |\n" for key in KEYS) + _PAGE_TAIL


def _entry(key: Key) -> str:
    sign = "" if key.default is None else "#"
    return f"\n# {key.help}\n" + f"{sign}{key.name} = {key.example}".rstrip() + "\n"


def _shown_default(key: Key) -> str:
    if key.default is None:
        return "none: it must be there"
    return f"`{key.default}`" if key.default else "empty"


def _write() -> None:
    (_TOP / _NAME).write_text(written_template(), encoding="utf-8")
    (_TOP / "docs" / "settings.md").write_text(written_page(), encoding="utf-8")


if __name__ == "__main__":
    _write()
