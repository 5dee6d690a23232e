"""make_app: the WSGI application from an ini file, for gearbox, mod_wsgi, uWSGI and every other server."""

from __future__ import annotations

from typing import Any

from kallithea.config import limits, web
from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.lib.errors import ConfigError


def make_app(global_conf: dict[str, str], **app_conf: str) -> Any:
    """The application (PasteDeploy's app_factory).

    Settings or a database that cannot be used end the process with a sentence and a hint: servers would print a traceback
    around any other exception, and none of them can go on.
    """
    limits.allow_many_open_files()
    limits.let_threads_take_turns()
    try:
        return web.wsgi_chain(App.build(Settings.from_conf(global_conf, app_conf)))
    except ConfigError as error:
        raise SystemExit(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else "")) from error
