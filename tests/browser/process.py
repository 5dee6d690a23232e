"""A whole server in a process of its own: `python -m tests.browser.process FOLDER SOCKET`.

FOLDER holds an instance, SOCKET is the number of an inherited socket that listens already.
"""

from __future__ import annotations

import logging
import socket
import sys
from dataclasses import replace
from pathlib import Path

import waitress
from argon2 import PasswordHasher

from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.config.web import wsgi_chain
from kallithea.lib.passwords import Passwords
from tests.clients import process

TITLE = "Harbour Lane"
SITE = "site"
"""The file of a folder that has the address of the instance: passkeys belong to it."""
PAGE_SIZE = 20
"""Entries of a page of a list, so that forty commits have more than one."""


def settings(folder: Path) -> Settings:
    """The settings of the instance in a folder."""
    site = (folder / SITE).read_text()
    return replace(process.settings(folder), title=TITLE, dashboard_items=PAGE_SIZE, canonical_url=site)


def build(folder: Path) -> App:
    """The application, with passwords that are cheap to check."""
    return App.build(settings(folder), passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


def main(folder: str, listening: str) -> None:
    logging.basicConfig(level=logging.INFO)
    app = build(Path(folder))
    waitress.serve(wsgi_chain(app), sockets=[socket.socket(fileno=int(listening))], threads=8, asyncore_use_poll=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
