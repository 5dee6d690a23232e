"""A server in a process of its own: `python -m tests.clients.process FOLDER SOCKET [PREFIX]`.

FOLDER holds an instance, SOCKET is the number of an inherited socket that listens already.
"""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import waitress
from argon2 import PasswordHasher

from kallithea.config.app import App
from kallithea.config.database import make_engine, upgrade
from kallithea.config.settings import Settings
from kallithea.lib.passwords import Passwords
from kallithea.wire.front_door import FrontDoor

THREADS = 16


def settings(folder: Path) -> Settings:
    """The settings of the instance in a folder."""
    return Settings.from_conf(
        {},
        {
            "title": "Test House",
            "repos_path": str(folder / "repos"),
            "cache_dir": str(folder / "cache"),
            "sqlalchemy.url": f"sqlite:///{folder}/kallithea.db",
            "app_instance_uuid": "0123456789abcdef0123456789abcdef",
            "session.secret": "fedcba9876543210fedcba9876543210",
            "hg_helpers": "2",
        },
    )


def new_instance(folder: Path) -> None:
    """Make the folders and the database of an instance."""
    for name in ("repos", "cache"):
        (folder / name).mkdir()
    engine = make_engine(settings(folder).sqlalchemy_url)
    upgrade(engine)
    engine.dispose()


def build(folder: Path) -> App:
    """The application, with passwords that are cheap to check."""
    return App.build(settings(folder), passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


def pages(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Stands for the pages behind the door."""
    start_response("404 Not Found", [("Content-Type", "text/html")])
    return [b"a page\n"]


def main(folder: str, listening: str, prefix: str = "") -> None:
    logging.basicConfig(level=logging.INFO)
    app = build(Path(folder))
    waitress.serve(
        FrontDoor(app, pages, realm=app.settings.title, transfers=THREADS // 2),
        sockets=[socket.socket(fileno=int(listening))],
        threads=THREADS,
        max_request_body_size=100 << 30,
        url_prefix=prefix,
        asyncore_use_poll=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
