"""The WSGI chain: log, proxies, health, static files, the wire, and the pages in TurboGears."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any
from wsgiref.headers import Headers

from tg import MinimalApplicationConfigurator
from whitenoise import WhiteNoise

import kallithea
from kallithea.config.app import App
from kallithea.config.health import HealthRoom, Readiness
from kallithea.config.metrics import Metrics, MetricsRoom
from kallithea.config.proxies import TrustedProxies
from kallithea.config.rendering import PUBLIC, Renderer
from kallithea.config.settings import Settings
from kallithea.config.ssh import address_template
from kallithea.config.timing import trace_statements
from kallithea.config.watched import ASSETS, Observer, Watched
from kallithea.config.watchers import Watchers
from kallithea.controllers.kept import KeptPage
from kallithea.controllers.root import RootController
from kallithea.controllers.scope_wrapper import make_scope_wrapper
from kallithea.controllers.visit import Contents, WebSettings
from kallithea.lib.cache import SizedCache
from kallithea.lib.shared_cache import DiskRemote, RedisRemote, Remote, SharedCache
from kallithea.wire.front_door import FrontDoor
from kallithea.wire.servers import Bodies

log = logging.getLogger(__name__)

ONE_HOUR = 3600
REMEMBERED_BYTES = 32 * 1024 * 1024
"""How much rendered content a process keeps; behind it lies the disk."""
AT_THE_TOP = {"/robots.txt": "robots.txt", "/favicon.ico": "favicon.svg"}
"""What programs look for without a link."""


def wsgi_chain(app: App) -> Any:
    """Everything a server needs to call, outermost first: log, bodies, proxies, health, static files, wire, pages."""
    app.warm_up()
    chain: Any = FrontDoor(app, pages(app), realm=app.settings.title)
    if app.settings.static_files:
        chain = _static(chain)
    return _watched(app, chain)


def _watched(app: App, chain: Any) -> Watched:
    """The chain with its health, behind proxies, and each request with an id, in the log."""
    settings = app.settings
    trace_statements(app.engine)
    watchers = Watchers(settings.monitored_from, settings.trusted_proxies)
    observers: list[Observer] = []
    if settings.metrics and (metrics := _metrics(app)):
        observers.append(metrics.observe)
        chain = MetricsRoom(chain, metrics.text, watchers)
    chain = HealthRoom(chain, Readiness.of(app), watchers)
    chain = TrustedProxies(
        chain, trusted=settings.trusted_proxies, force_https=settings.force_https, user_header=settings.remote_user_header
    )
    slow = settings.slow_request / 1000
    return Watched(Bodies(chain), proxies=settings.trusted_proxies, slow=slow, shows_times=settings.debug, observers=observers)


def _metrics(app: App) -> Metrics | None:
    """Counts for Prometheus; None where the disk has no room for them, as that shall not keep the server from its work."""
    try:
        return Metrics(app)
    except OSError as error:
        log.warning("Nothing is counted for /_metrics: %s", error)
        return None


def pages(app: App) -> Any:
    """The pages alone. TurboGears keeps one configuration for the process, so there is one application in each."""
    settings = app.settings
    web_settings = WebSettings(
        title=settings.title,
        version=kallithea.__version__,
        canonical_url=settings.canonical_url,
        cookie_name=settings.session_key,
        secret=settings.session_secret,
        remember_seconds=settings.session_timeout,
        page_size=settings.dashboard_items,
        cut_off=settings.cut_off_limit,
        strict_transport=settings.use_htsts,
        debug=settings.debug,
        issues=settings.issues,
        gravatar=settings.gravatar_url if settings.use_gravatar else "",
        ssh_address=address_template(settings),
        time_zone=settings.time_zone,
        look=_look(settings),
    )
    renderer = Renderer(bytecode_cache=settings.cache_dir / "templates", reload=settings.debug)
    configurator = MinimalApplicationConfigurator()
    configurator.update_blueprint(
        {
            "root_controller": RootController(),
            # Or README.md loses its ending, and files named like a type change the answer's.
            "disable_request_extensions": True,
            # What TurboGears keeps for a thread goes with the call: servers may send the answer in another thread.
            "registry_streaming": False,
            "default_renderer": "json",
            "renderers": ["json"],
            # TurboGears looks for these beside the package and warns where it finds none.
            "helpers": SimpleNamespace(),
            "app_globals": SimpleNamespace,
            "package": kallithea,
        }
    )
    configurator.register_application_wrapper(make_scope_wrapper(app, web_settings, renderer, remembered_contents(settings)))
    return configurator.make_wsgi_app({}, {})


def _look(settings: Settings) -> str:
    """The patterns of issues as text, by which pages know that they were rendered with others."""
    return repr([(rule.pattern.pattern, rule.address, rule.text) for rule in settings.issues])


def remembered_contents(settings: Settings) -> Contents:
    """Where rendered pages are kept: in the memory of this process, behind it on the disk, behind that in what others share."""
    found: Contents = SizedCache[KeptPage](REMEMBERED_BYTES)
    remotes: list[Remote] = []
    if settings.page_cache_size:
        remotes.append(DiskRemote(settings.cache_dir / "pages", settings.page_cache_size * 1_000_000))
    if settings.cache_url:
        remotes.append(RedisRemote(settings.cache_url))
    for remote in remotes:
        found = SharedCache(
            found,
            remote,
            secret=settings.session_secret,
            pack=KeptPage.to_bytes,
            unpack=KeptPage.from_bytes,
            size=lambda kept: kept.size,
        )
    return found


def _protect(headers: Headers, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


def _static(chain: Any) -> WhiteNoise:
    files = WhiteNoise(
        chain,
        root=str(PUBLIC / "assets"),
        prefix=ASSETS,
        max_age=ONE_HOUR,
        # The names of built files have the hash of what is in them.
        immutable_file_test=lambda _path, url: url.startswith(ASSETS),
        allow_all_origins=False,
        add_headers_function=_protect,
    )
    for address, name in AT_THE_TOP.items():
        files.add_file_to_dictionary(address, str(PUBLIC / name))
    return files
