"""Runners for `[server:main]` of web servers that need help to stop gracefully, and how many threads a server has.

`use = egg:kallithea#waitress` and `use = egg:kallithea#gevent`: at SIGTERM they listen no more, finish what they have begun
within `graceful_timeout` seconds, and end; a second signal ends them at once. gunicorn and uWSGI can do that by themselves.
"""

from __future__ import annotations

import configparser
import importlib
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import IO, Any

from kallithea.config import systemd
from kallithea.config.stopping import GRACE
from kallithea.config.variables import server_settings
from kallithea.config.worker_threads import WorkerThreads
from kallithea.lib.errors import ConfigError
from kallithea.services.admission import USUAL_THREADS
from kallithea.wire.servers import TAKEN_IN

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

IN_MEMORY = 1 << 18
"""Bytes of a body that are not worth a file."""
CHUNK = 1 << 17
LARGEST_BODY = 100 << 30
TOO_LARGE = "413 Content Too Large"
NO_ROOM = "503 The server cannot keep what was sent. Its disk may be full."
"""hg and git show nothing of an answer but its status."""

# How many threads a server has that the ini file says nothing about; one that starts a thread for each request counts as usual.
WAITRESS_THREADS = 4
DEFAULT_THREADS = {
    "egg:kallithea#waitress": WAITRESS_THREADS,
    "egg:waitress#main":      WAITRESS_THREADS,
    "egg:waitress":           WAITRESS_THREADS,
    "egg:gunicorn#main":      1,
    "egg:gunicorn":           1,
}  # fmt: skip

_OURS = "egg:kallithea#"


def variables_without_effect() -> str | None:
    """What to say where variables speak of [server:main] and the server is one that does not read them."""
    given = server_settings(os.environ)
    others = next((name for name in ("uwsgi", "mod_wsgi", "gunicorn") if name in sys.modules), None)
    if not given or not others:
        return None
    return f"KALLITHEA__SERVER_MAIN__{next(iter(given)).upper()} has no effect: {others} has settings of its own."


def threads_of_server(global_conf: Mapping[str, str]) -> int:
    """How many requests the server around this process answers at once."""
    if "uwsgi" in sys.modules:
        return _whole(importlib.import_module("uwsgi").opt.get("threads"), 1)
    if "mod_wsgi" in sys.modules:
        return _whole(getattr(importlib.import_module("mod_wsgi"), "threads_per_process", None), USUAL_THREADS)
    parser = configparser.RawConfigParser()
    parser.read(global_conf.get("__file__", ""), encoding="utf-8")
    if not parser.has_section("server:main"):
        return USUAL_THREADS
    section = dict(parser["server:main"])
    if section.get("use", "").startswith(_OURS):
        section.update(server_settings(os.environ))
    return _whole(section.get("threads"), DEFAULT_THREADS.get(section.get("use", ""), USUAL_THREADS))


def refuse_patched_threads() -> None:
    """Raise ConfigError where gevent has replaced threads: a database or a lock would then stop all requests at once."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        raise ConfigError(
            "Kallithea does not run on threads that gevent replaced.",
            hint="Write use = egg:kallithea#gevent in [server:main]; with gunicorn, worker_class = gthread.",
        )


def run_waitress(
    application: Application, _global_conf: Mapping[str, str], *, environ: Mapping[str, str] = os.environ, **settings: Any
) -> None:
    """Serve until a signal, by waitress with its own settings and what variables say (paste.server_runner)."""
    from waitress import wasyncore

    settings.update(server_settings(environ))
    patience = float(settings.pop("graceful_timeout", GRACE))
    # What proxies say is read, and taken away, by whoever knows which of them are trusted.
    settings.setdefault("clear_untrusted_proxy_headers", False)
    dispatchers: dict[int, Any] = {}
    if inherited := systemd.inherited_sockets():
        # Where to listen was said to systemd.
        settings = {name: value for name, value in settings.items() if name not in {"host", "port", "listen"}}
        settings["sockets"] = inherited
    workers = WorkerThreads(int(settings.get("threads", WAITRESS_THREADS)))
    server = waitress_server(application, dispatchers, workers, **settings)
    server.print_listen("Serving on http://{}:{}")
    asked = _asked_to_stop()

    def turn() -> None:
        wasyncore.loop(timeout=1, use_poll=server.adj.asyncore_use_poll, map=dispatchers, count=1)

    try:
        with systemd.told(_listening(dispatchers)[0].socket):
            while not asked:
                turn()
        log.info("Stopping when what has begun is finished.")
        _close_listening(dispatchers)
        until = time.monotonic() + patience
        while _close_idle(dispatchers) and len(asked) == 1 and time.monotonic() < until:
            turn()
        turn()  # closes what has become idle
    except KeyboardInterrupt:
        asked.append(signal.SIGINT)
    workers.shutdown(timeout=0.1 if len(asked) > 1 else 5)


def waitress_server(application: Application, dispatchers: dict[int, Any], workers: WorkerThreads, **settings: Any) -> Any:
    """waitress with our threads and buffers; `dispatchers` is filled with what its loop has to look after."""
    import waitress

    from kallithea.config.waitress_buffers import Connection

    server = waitress.create_server(application, map=dispatchers, _dispatcher=workers, **settings)
    for listening in _listening(dispatchers):
        listening.channel_class = Connection
    return server


def _listening(dispatchers: Mapping[int, Any]) -> list[Any]:
    from waitress.server import BaseWSGIServer

    return [each for each in dispatchers.values() if isinstance(each, BaseWSGIServer)]


def _close_listening(dispatchers: dict[int, Any]) -> None:
    for server in _listening(dispatchers):
        server.del_channel(dispatchers)
        server.socket.close()


def _close_idle(dispatchers: dict[int, Any]) -> int:
    """Close the connections on which nothing goes on; how many are left."""
    from waitress.channel import HTTPChannel

    channels = [dispatcher for dispatcher in list(dispatchers.values()) if isinstance(dispatcher, HTTPChannel)]
    for channel in channels:
        has_begun = channel.request is not None and channel.request.headers_finished
        if not (channel.requests or channel.total_outbufs_len or has_begun):
            channel.will_close = True
    return len(channels)


def run_gevent(application: Application, _global_conf: Mapping[str, str], **settings: Any) -> None:
    """Serve until a signal, by gevent (paste.server_runner).

    gevent holds the connections, so that thousands of slow ones cost little; each request is answered in a real thread, when it
    has been taken in completely. Nothing is patched: databases, locks and child processes block threads, and nobody else.
    """
    from gevent import signal_handler
    from gevent import socket as gevent_socket
    from gevent.event import Event
    from gevent.pool import Pool
    from gevent.pywsgi import WSGIHandler, WSGIServer
    from gevent.threadpool import ThreadPool

    settings.update(server_settings(os.environ))
    listen: Any = next((gevent_socket.socket(fileno=each.detach()) for each in systemd.inherited_sockets()), None)
    listen = listen or (settings.get("host", "127.0.0.1"), int(settings.get("port", 8080)))
    silence = float(settings.get("channel_timeout", 60))
    largest = int(settings.get("max_request_body_size", LARGEST_BODY))
    patience = float(settings.get("graceful_timeout", GRACE))
    threads = ThreadPool(int(settings.get("threads", USUAL_THREADS)))
    idle: set[Any] = set()
    asked: list[int] = []

    class Handler(WSGIHandler):  # type: ignore[misc]  # gevent has no types
        """One connection: closed where it is silent for long, and where the server stops and nothing goes on."""

        def handle(self) -> None:
            self.socket.settimeout(silence)
            super().handle()

        def read_requestline(self) -> Any:
            if asked:
                return None
            idle.add(self.socket)
            try:
                return super().read_requestline()
            except OSError:  # silent for too long
                return None
            finally:
                idle.discard(self.socket)

    connections = Pool(int(settings.get("connection_limit", 2000)))
    server = WSGIServer(
        listen,
        _InThreads(application, threads.apply, largest=largest),
        spawn=connections,
        handler_class=Handler,
        log=None,
        error_log=logging.getLogger("gevent.pywsgi"),
    )
    stopping = Event()

    def stop() -> None:
        asked.append(signal.SIGTERM)
        stopping.set()
        if len(asked) > 1:
            connections.kill(block=False)

    signal_handler(signal.SIGTERM, stop)
    server.start()
    log.info("Serving on http://%s:%s", *server.address[:2])
    with systemd.told(server.socket):
        stopping.wait()
    log.info("Stopping when what has begun is finished.")
    server.close()
    for connection in list(idle):
        connection.shutdown(2)
    server.stop(timeout=patience)


class _InThreads:
    """Calls a WSGI application, and everything of its answer, in real threads; `apply` runs a function in one of them."""

    def __init__(self, application: Application, apply: Callable[..., Any], *, largest: int) -> None:
        self._application = application
        self._apply = apply
        self._largest = largest

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            if refused := self._take_in(environ, body):
                start_response(refused, [("Content-Length", "0"), ("Connection", "close")])
                return
            environ.update({"wsgi.input": body, "wsgi.input_terminated": True, "wsgi.multithread": True, TAKEN_IN: True})
            begun: list[Any] = []
            answer = self._apply(self._application, (environ, lambda *given: begun.append(given)))
            try:
                chunks = self._apply(iter, (answer,))
                first = self._apply(next, (chunks, None))
                start_response(*begun[-1])
                while first is not None:
                    yield first
                    first = self._apply(next, (chunks, None))
            finally:
                if (close := getattr(answer, "close", None)) is not None:
                    self._apply(close)

    def _take_in(self, environ: Environ, body: IO[bytes]) -> str | None:
        """Copy the whole body; the status to answer where that cannot be."""
        announced = environ.get("CONTENT_LENGTH") or "0"
        if int(announced) > self._largest:
            return TOO_LARGE
        size, has_room = 0, True
        while chunk := environ["wsgi.input"].read(CHUNK):
            size += len(chunk)
            if size > self._largest:
                return TOO_LARGE
            try:
                if has_room:
                    body.write(chunk)
            except OSError as error:
                log.warning("A request cannot be kept in %s: %s", tempfile.gettempdir(), error.strerror)
                has_room = False  # the rest is read all the same: the client listens only when all is sent
        if not has_room:
            return NO_ROOM
        body.seek(0)
        environ["CONTENT_LENGTH"] = str(size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return None


def _asked_to_stop() -> list[int]:
    """A list that gets longer with every SIGTERM."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGTERM, note)
    return asked


def _whole(given: object, otherwise: int) -> int:
    text = given.decode("ascii", "replace") if isinstance(given, bytes) else str(given)
    return int(text) if text.isdigit() and int(text) > 0 else otherwise
