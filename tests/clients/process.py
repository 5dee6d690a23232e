"""A server in a process of its own: `python -m tests.clients.process waitress|streaming FOLDER SOCKET [PREFIX]`.

FOLDER holds an instance, SOCKET is the number of an inherited socket that listens already. waitress takes a request in whole
before it calls the application; `streaming` is a small server that lets it read from the client, as gunicorn and Apache do.
"""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from argon2 import PasswordHasher

from kallithea.config.app import App
from kallithea.config.limits import collect_rarely, let_threads_take_turns
from kallithea.config.servers import waitress_server
from kallithea.config.settings import Settings
from kallithea.config.web import wsgi_chain
from kallithea.config.worker_threads import WorkerThreads
from kallithea.lib.passwords import Passwords

THREADS = 32


def settings(folder: Path) -> Settings:
    """The settings of the instance in a folder."""
    return Settings.from_conf(
        {},
        {
            "title": "Test House",
            "repos_path": str(folder / "repos"),
            "cache_dir": str(folder / "cache"),
            "sqlalchemy.url": (folder / "database").read_text(),
            "session.secret": "fedcba9876543210fedcba9876543210",
            "hg_helpers": "2",
            "pause_patience": "3",
        },
    )


def new_instance(folder: Path, database_url: str) -> None:
    """Make the folders of an instance, whose database is there already."""
    for name in ("repos", "cache"):
        (folder / name).mkdir()
    (folder / "database").write_text(database_url)


def build(folder: Path) -> App:
    """The application, with passwords that are cheap to check."""
    return App.build(settings(folder), passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


class StreamingServer(ThreadingMixIn, WSGIServer):
    """The server of the Python library, with a thread for each connection."""

    daemon_threads = True

    def __init__(self, listening: socket.socket) -> None:
        address = listening.getsockname()
        super().__init__(address, WSGIRequestHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = address
        self.setup_environ()


def main(kind: str, folder: str, listening: str, prefix: str = "") -> None:
    logging.basicConfig(level=logging.INFO)
    let_threads_take_turns()
    collect_rarely()
    application = wsgi_chain(build(Path(folder)))
    inherited = socket.socket(fileno=int(listening))
    if kind == "streaming":
        with StreamingServer(inherited) as server:
            server.set_app(application)
            server.serve_forever()
    server = waitress_server(
        application,
        {},
        WorkerThreads(THREADS),
        sockets=[inherited],
        connection_limit=2000,
        channel_timeout=60,
        max_request_body_size=100 << 30,
        url_prefix=prefix,
        asyncore_use_poll=True,
    )
    server.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
