"""make_app: the WSGI application from an ini file, for gearbox, mod_wsgi, uWSGI and every other server."""

from __future__ import annotations

from typing import Any

from kallithea.config import web
from kallithea.config.app import App
from kallithea.config.settings import Settings


def make_app(global_conf: dict[str, str], **app_conf: str) -> Any:
    """The application (PasteDeploy's app_factory). Raises ConfigError for settings or a database it cannot use."""
    settings = Settings.from_conf(global_conf, app_conf)
    return web.wsgi_chain(App.build(settings))
