"""db-create: the tables, the first administrator, and the repositories that are there already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import Connection, Engine, MetaData, inspect, text
from sqlalchemy.engine import make_url

from kallithea.cli import config_option
from kallithea.cli.instance import command_name, opened
from kallithea.config import database, inifile
from kallithea.config.refusals import check_new
from kallithea.config.settings import Settings
from kallithea.config.variables import variable
from kallithea.lib.errors import ConfigError, Conflict
from kallithea.lib.names import email_address, user_name
from kallithea.lib.passwords import checked_new_password
from kallithea.services.accounts import NewAccount


@dataclass(frozen=True, slots=True)
class FirstContent:
    """What a new database is filled with."""

    user: str
    password: str
    email: str
    public_access: bool = True


@click.command("db-create")
@config_option
@click.option("--user", help="User name of the first administrator.")
@click.option("--password", help="Password of the first administrator.")
@click.option("--email", help="E-mail address of the first administrator.")
@click.option("--repos", type=click.Path(path_type=Path), help="Folder of the repositories; written into the ini file.")
@click.option("--force-yes", is_flag=True, help="Answer every question with yes.")
@click.option("--force-no", is_flag=True, help="Answer every question with no.")
@click.option("--public-access/--no-public-access", default=True, show_default=True, help="May visitors see public things?")
@click.option("--reuse/--no-reuse", default=False, help="Keep the existing database file or schema, and only drop our tables.")
def db_create(
    config_file: Path,
    user: str | None,
    password: str | None,
    email: str | None,
    repos: Path | None,
    force_yes: bool,
    force_no: bool,
    public_access: bool,
    reuse: bool,
) -> None:
    """Create the database of an ini file and its first administrator.

    Asks for what is missing. A database that has tables already is only emptied after a yes.
    """
    if force_yes and force_no:
        raise click.UsageError("--force-yes and --force-no exclude each other.")
    answer = True if force_yes else False if force_no else None
    settings = inifile.load(config_file).settings()
    repos_path = _repositories_folder(config_file, settings, repos, answer)
    engine = database.make_engine(settings.sqlalchemy_url)
    tables = existing_tables(engine)
    if tables and not _confirmed(f"The database has {len(tables)} tables. Drop them, with everything in them?", answer):
        raise Conflict("The database is not empty; nothing was changed.")
    content = FirstContent(
        user=user_name(user or click.prompt("User name of the first administrator")),
        email=email_address(email or click.prompt("E-mail address")),
        password=checked_new_password(password or click.prompt("Password", hide_input=True, confirmation_prompt=True)),
        public_access=public_access,
    )
    if tables:
        _drop(engine, settings, whole_file=not reuse)
        engine = database.make_engine(settings.sqlalchemy_url)
    database.upgrade(engine)
    engine.dispose()
    fill(config_file, content)
    click.echo(f"Created the database with the administrator {content.user}; repositories are in {repos_path}.")


def fill(config_file: Path, content: FirstContent) -> None:
    """Make the administrator, the settings, and rows for the repositories on disk."""
    with opened(config_file) as app, app.system_scope(command_name()) as scope:
        administrator = scope.accounts.create(NewAccount(content.user, content.email, content.password, is_administrator=True))
        scope.site_settings.set_public_access(content.public_access)
        for adoption in scope.repositories.adopt_all(owner=administrator):
            said = f"not adopted: {adoption.problem}" if adoption.problem else "adopted"
            click.echo(f"{adoption.location} ({adoption.kind}): {said}")


def _repositories_folder(config_file: Path, settings: Settings, wanted: Path | None, answer: bool | None) -> Path:
    path = settings.repos_path if wanted is None else wanted.absolute()
    if not path.is_dir():
        if not _confirmed(f"The folder {path} is missing. Make it?", True if answer is None and wanted is None else answer):
            raise ConfigError(f"The folder of the repositories is missing: {path}", hint="Name another one with --repos.")
        path.mkdir(parents=True)
    if path != settings.repos_path:
        inifile.set_value(config_file, "repos_path", str(path))
        if inifile.load(config_file).settings().repos_path != path:
            raise Conflict(f"{variable('repos_path')} names another folder than --repos.", hint="Leave one of the two away.")
    return path


def existing_tables(engine: Engine) -> list[str]:
    """The names of the tables in a database. Raises ConfigError where it cannot be used."""
    check_new(engine)
    with engine.connect() as connection:
        return inspect(connection).get_table_names()


def _confirmed(question: str, answer: bool | None) -> bool:
    return click.confirm(question) if answer is None else answer


def _drop(engine: Engine, settings: Settings, *, whole_file: bool) -> None:
    url = make_url(settings.sqlalchemy_url)
    if whole_file and url.get_backend_name() == "sqlite" and url.database:
        engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(url.database + suffix).unlink(missing_ok=True)
        return
    with database.writing(engine).begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        _drop_tables(connection)
    engine.dispose()


def _drop_tables(connection: Connection) -> None:
    existing = MetaData()
    existing.reflect(bind=connection)
    existing.drop_all(bind=connection)
