"""make_app: the WSGI application from an ini file, for gearbox, mod_wsgi, uWSGI and every other server."""

from __future__ import annotations

import gc

gc.disable()  # Nothing of what is imported goes away again, and looking for what does is a tenth of the start.

import logging
import os
import sys
from configparser import RawConfigParser
from typing import Any

from kallithea.config import clocks, filesystems, limits, mailing, proxies, web
from kallithea.config.app import App
from kallithea.config.environment import require_utf8
from kallithea.config.servers import refuse_patched_threads, threads_of_server, variables_without_effect
from kallithea.config.settings import Settings
from kallithea.jobs.embedded import EmbeddedWorkers, WithWorkers
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import ConfigError

gc.freeze()
gc.enable()

log = logging.getLogger(__name__)

# With what a worker tells its server that it will never be able to start, so that it is not started again for ever.
HOPELESS = {"uwsgi": 22, "gunicorn": 3}


def make_app(global_conf: dict[str, str], **app_conf: str) -> Any:
    """The application (PasteDeploy's app_factory).

    Settings or a database that cannot be used end the process with a sentence and a hint: servers would print a traceback
    around any other exception, and none of them can go on.
    """
    limits.allow_many_open_files()
    limits.let_threads_take_turns()
    limits.collect_rarely()
    try:
        require_utf8()
        refuse_patched_threads()
        settings = Settings.from_conf(global_conf, app_conf, os.environ)
        app = App.build(settings, threads=threads_of_server(global_conf))
        chain = web.wsgi_chain(app)
        filesystems.tell_doubts(app.settings.repos_path)
        clocks.tell_doubts(app.engine, utc_now())
        _tell_doubts_of_proxies(global_conf, app.settings)
        _tell_doubts_of_mail(app.settings)
        if said := variables_without_effect():
            log.warning("%s", said)
    except ConfigError as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        raise SystemExit(next((code for server, code in HOPELESS.items() if server in sys.modules), 1)) from error
    # For servers that fork workers afterwards, as gunicorn under gearbox: connections belong to the process that made them.
    os.register_at_fork(after_in_child=lambda: app.engine.dispose(close=False))
    # Celery's workers do the jobs where it is configured; the server knows nothing of the broker.
    return chain if app.settings.use_celery else WithWorkers(chain, EmbeddedWorkers(app.job_tools()))


def _tell_doubts_of_mail(settings: Settings) -> None:
    if keys := mailing.missing(settings):
        log.warning("No mail is sent: smtp_server is set, but %s is not.", " and ".join(keys))


def _tell_doubts_of_proxies(global_conf: dict[str, str], settings: Settings) -> None:
    parser = RawConfigParser()
    parser.read(global_conf.get("__file__", ""), encoding="utf-8")
    for doubt in proxies.doubts(parser, trusted=settings.trusted_proxies):
        log.warning("%s", doubt)
