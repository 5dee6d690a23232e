"""The application for a command, from the ini file it was given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kallithea.config.app import App
from kallithea.config.inifile import load
from kallithea.services.scope import Scope


@contextmanager
def opened(config_file: Path) -> Iterator[App]:
    """The application, closed again at the end."""
    app = App.build(load(config_file).settings())
    try:
        yield app
    finally:
        app.close()


@contextmanager
def system_scope(config_file: Path) -> Iterator[Scope]:
    """A unit of work of the server's own administrator; commits when it is left in peace."""
    with opened(config_file) as app, app.system_scope(command_name()) as scope:
        yield scope


def command_name() -> str:
    """The command that runs, as the audit log tells who acts."""
    context = click.get_current_context(silent=True)
    return f"kallithea-cli {context.info_name}" if context else "kallithea-cli"
