"""The ini template and `docs/settings.md`, written from the declared settings.

`python -m kallithea.config.template` writes both.
"""

from pathlib import Path
from string import Template

from kallithea.config.settings import KEYS, Key

_HERE = Path(__file__).parent
_TOP = _HERE.parents[1]
_NAME = "development.ini.tmpl"

SERVERS = {
    "waitress": """\
[server:main]
use = egg:waitress#main
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
# Whom to believe what proxies say is set with trusted_proxies.
clear_untrusted_proxy_headers = false
""",
    "gearbox": """\
# The server of the Python library: for trying things, not for the public.
[server:main]
use = egg:gearbox#wsgiref
host = ${host}
port = ${port}
wsgiref.threaded = true
""",
    "gevent": """\
[server:main]
use = egg:gearbox#gevent
host = ${host}
port = ${port}
""",
    "gunicorn": """\
[server:main]
use = egg:gunicorn#main
host = ${host}
port = ${port}
proc_name = kallithea
workers = 2
worker_class = gthread
threads = 16
# Seconds that a clone or a push may take.
timeout = 3600
""",
    "uwsgi": """\
# Run as: uwsgi --ini-paste-logged FILE
[uwsgi]
http-socket = ${host}:${port}
master = true
workers = 2
threads = 16
enable-threads = true
single-interpreter = true
lazy-apps = true
buffer-size = 65535
http-timeout = 3600
auto-procname = true
need-app = true
die-on-term = true
strict = true
vacuum = true
""",
}

DATABASES = {
    "sqlite": "sqlite:///%(here)s/kallithea.db?timeout=60",
    "postgres": "postgresql+psycopg://user:password@localhost/kallithea",
    "mysql": "mysql+pymysql://user:password@localhost/kallithea?charset=utf8mb4",
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
keys = root, kallithea

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console

[logger_kallithea]
level = INFO
handlers =
qualname = kallithea

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(asctime)s %(levelname)-7s [%(name)s] %(message)s
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


def stored_template() -> Template:
    """The template that is shipped: inside the package where it was installed from a wheel, at the top level of a checkout."""
    inside = _HERE / _NAME
    return Template((inside if inside.exists() else _TOP / _NAME).read_text(encoding="utf-8"))


def written_template() -> str:
    """The template as the declared settings have it."""
    return _HEAD + "".join(_entry(key) for key in KEYS) + _TAIL


def written_page() -> str:
    """The page of the documentation that lists the settings."""
    return _PAGE_HEAD + "".join(f"| `{key.name}` | {_shown_default(key)} | {key.help} |\n" for key in KEYS)


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
