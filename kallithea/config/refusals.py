"""Why a database cannot be used, and the command that helps."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from kallithea.config.outages import Trouble, first_line, trouble
from kallithea.lib.errors import ConfigError


def cannot_be_used(url: URL, error: SQLAlchemyError) -> ConfigError:
    """What is wrong with a database that cannot be opened, and what to do about it."""
    found = trouble(error)
    said = first_line(error)
    if url.get_backend_name() == "sqlite":
        return ConfigError(f"The database cannot be opened: {said}", hint="Check sqlalchemy.url in the ini file.")
    place = f"{url.host or 'this machine'}{f':{url.port}' if url.port else ''}"
    if found is Trouble.MISSING:
        # Where the user has no right to the database, MariaDB does not say whether it is there.
        missing = f"There is no database {url.database} for {url.username} at {place}."
        return ConfigError(missing, hint=f"Make it with: {creation(url)}")
    if found is Trouble.REFUSED:
        hint = f"Check user and password in sqlalchemy.url. A user is made with: {account(url)} ; a database of it with: "
        return ConfigError(f"The database server at {place} refuses the user {url.username}: {said}", hint=hint + creation(url))
    if found is Trouble.GONE:
        hint = "Start it, or check host and port in sqlalchemy.url."
        return ConfigError(f"The database server at {place} does not answer: {said}", hint=hint)
    return ConfigError(f"The database cannot be opened: {said}", hint="Check sqlalchemy.url in the ini file.")


def check_new(engine: Engine) -> None:
    """Stop unless tables can be made that keep every text as it is. Raises ConfigError."""
    url = engine.url
    question, wanted = {
        "sqlite": ("PRAGMA encoding", "UTF-8"),
        "postgresql": ("SHOW server_encoding", "UTF8"),
    }.get(url.get_backend_name(), ("SELECT @@character_set_database", "utf8mb4"))
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(question).scalar_one()
    except SQLAlchemyError as error:
        raise cannot_be_used(url, error) from error
    if found != wanted:
        raise ConfigError(
            f"The database {url.database} keeps text as {found}, which has no room for every character; it must be {wanted}.",
            hint=f"Drop it, and make it again with: {creation(url)}",
        )


def creation(url: URL) -> str:
    """The command that makes the empty database."""
    name, user = url.database or "kallithea", url.username or "kallithea"
    if url.get_backend_name() == "postgresql":
        return f"sudo -u postgres createdb --owner={user} --encoding=UTF8 --template=template0 {name}"
    made = f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    return f"sudo mariadb -e \"{made}; GRANT ALL PRIVILEGES ON {name}.* TO '{user}'@'localhost'\""


def account(url: URL) -> str:
    """The command that makes the account on the database server."""
    user = url.username or "kallithea"
    if url.get_backend_name() == "postgresql":
        return f"sudo -u postgres createuser --pwprompt {user}"
    return f"sudo mariadb -e \"CREATE USER '{user}'@'localhost' IDENTIFIED BY 'the password'\""
