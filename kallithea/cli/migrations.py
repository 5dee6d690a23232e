"""kallithea-cli db-upgrade, db-rehearse and db-snapshot: the tables of this release, and the way back."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.engine import make_url

from kallithea.cli import config_option
from kallithea.config import inifile, migrating
from kallithea.config.database import make_engine
from kallithea.lib.errors import ConfigError


@click.command("db-upgrade")
@config_option
def db_upgrade(config_file: Path) -> None:
    """Bring the database to the tables of this release; the release before still runs on them."""
    engine = make_engine(inifile.load(config_file).settings().sqlalchemy_url)
    try:
        count = len(migrating.pending(engine))
        migrating.upgrade(engine, _tell)
    finally:
        engine.dispose()
    click.echo("The database is up to date." if count else "The database was up to date.")


@click.command("db-rehearse")
@config_option
def db_rehearse(config_file: Path) -> None:
    """Try db-upgrade on a copy of the database, tell how long it takes, and remove the copy."""
    settings = inifile.load(config_file).settings()
    engine = make_engine(settings.sqlalchemy_url)
    steps: list[float] = []

    def tell(applied: migrating.Applied) -> None:
        steps.append(applied.seconds)
        _tell(applied)

    try:
        settings.cache_dir.mkdir(exist_ok=True)
        copied = migrating.rehearse(engine, settings.cache_dir, tell)
    finally:
        engine.dispose()
    click.echo(f"The copy was made in {copied:.2f} s and upgraded in {sum(steps):.2f} s, steps: {len(steps)}.")


@click.command("db-snapshot")
@config_option
@click.option("--back", is_flag=True, help="Put the database back to what is in FILE, also while it is served.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def db_snapshot(config_file: Path, file: Path, *, back: bool) -> None:
    """Write a copy of a SQLite database to FILE while it is served, or put the database back to it.

    Other engines keep copies themselves, and backup-create makes one of everything.
    """
    url = make_url(inifile.load(config_file).settings().sqlalchemy_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        click.echo(f"No snapshot: a database of {url.get_backend_name()} is not a file.")
        return
    here = Path(url.database)
    origin, copy = (file, here) if back else (here, file)
    if not origin.is_file():
        raise ConfigError(f"There is no file {origin}.")
    if not back:
        migrating.check_space(origin, file.absolute().parent, times=1)
    migrating.snapshot(origin, copy)
    click.echo(f"{copy} is as {origin} is.")


def _tell(applied: migrating.Applied) -> None:
    click.echo(f"{applied.revision} {applied.text} {applied.seconds:.2f} s")
