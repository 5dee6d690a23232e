"""The database engine of each kind, and whether the database fits this release."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, column, create_engine, event, inspect, select, table
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from kallithea.config import revisions
from kallithea.config.connections import UnlockedPool
from kallithea.config.refusals import cannot_be_used, check_local
from kallithea.lib.errors import ConfigError
from kallithea.model import SchemaCompatibility

WRITES = "kallithea_writes"
"""Execution option of connections that open with BEGIN IMMEDIATE on SQLite."""
MIGRATIONS = str(Path(__file__).resolve().parent.parent / "migrations")

BUSY_TIMEOUT = 30.0
"""Seconds that a writer of SQLite waits for another."""


def make_engine(url: str, *, pool_recycle: int = 3600) -> Engine:
    """The engine for a database URL. Raises ConfigError where URL or driver cannot be used."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite_engine(url)
        return _server_engine(parsed, pool_recycle)
    except ImportError as error:
        raise ConfigError(
            f"The driver for this database is not installed: {error}.",
            hint="pip install kallithea[postgresql] or kallithea[mysql].",
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(f"sqlalchemy.url is no database URL that can be used: {error}") from error


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take SQLite's write lock when they begin.

    A transaction that read first and then writes fails at once with "database is locked" if another wrote meanwhile, whatever
    the busy timeout.
    """
    return engine.execution_options(**{WRITES: True})


def check_schema(engine: Engine) -> None:
    """Stop unless the database is one that this release can use. Raises ConfigError with what to do."""
    heads = revisions.heads()
    try:
        with engine.connect() as connection:
            revision = current_revision(connection)
            compatible = _compatible(connection)
            is_empty = revision is None and not inspect(connection).get_table_names()
    except SQLAlchemyError as error:
        raise cannot_be_used(engine.url, error) from error
    if is_empty:
        raise ConfigError("The database is empty.", hint="Make its tables with: kallithea-cli db-create -c my.ini")
    if revision in heads or compatible & heads:
        return
    if revision is None:
        raise ConfigError("The database is not one of this Kallithea.", hint="Check sqlalchemy.url in the ini file.")
    if revision in revisions.known():
        raise ConfigError(
            f"The database is older ({revision}) than this release.", hint="Upgrade it with: kallithea-cli db-upgrade -c my.ini"
        )
    raise ConfigError(
        f"The database was made by a newer release ({revision}) that this one cannot work with.",
        hint="Install that release again, or restore the database from before the upgrade.",
    )


def upgrade(engine: Engine) -> None:
    """Bring the database to this release's newest revision; an empty one gets all tables."""
    with writing(engine).begin() as connection:
        migrate(connection, "head")


def migrate(connection: Connection, revision: str, *, on_version_apply: Callable[..., None] | None = None) -> None:
    """Bring the database up to a revision, within the transaction of the connection; Alembic tells of each one it has made."""
    # Imported late: servers start without it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", MIGRATIONS.replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["on_version_apply"] = on_version_apply
    command.upgrade(config, revision)


_POOL: Mapping[str, Any] = {"poolclass": UnlockedPool, "pool_size": 8}
# A server that is silent must not keep threads for ever: seconds until it counts as gone.
_POSTGRESQL: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# Strict, or a server with another default would cut long texts in silence.
_MYSQL: Mapping[str, Any] = {
    "connect_timeout": 10,
    "read_timeout": 600,
    "write_timeout": 60,
    "sql_mode": "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
    "init_command": f"SET SESSION innodb_lock_wait_timeout = {int(BUSY_TIMEOUT)}",
}


def _server_engine(url: URL, pool_recycle: int) -> Engine:
    """The engine of a database server; connections that died since they were used are replaced."""
    options = _POSTGRESQL if url.get_backend_name() == "postgresql" else _MYSQL
    given = {name: value for name, value in options.items() if name not in url.query}
    # On each of them a statement sees what was committed before it; the default of MariaDB and MySQL locks gaps, and who waits
    # for others there ends in deadlocks.
    return create_engine(
        url, connect_args=given, pool_recycle=pool_recycle, pool_pre_ping=True, isolation_level="READ COMMITTED", **_POOL
    )


def _sqlite_engine(url: str) -> Engine:
    file = make_url(url).database
    if file and file != ":memory:" and not Path(file).parent.is_dir():
        raise ConfigError(f"The folder of the database is missing: {Path(file).parent}")
    if file and file != ":memory:":
        check_local(Path(file))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT}, **_POOL)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # Transactions begin where `_begin` says, not where the driver guesses.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {int(BUSY_TIMEOUT * 1000)}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # To the driver: it asks for no lock, so it cannot fail, and through SQLAlchemy it costs as much as a statement.
            connection.connection.execute("BEGIN")

    return engine


def current_revision(connection: Connection) -> str | None:
    """The revision that Alembic noted in the database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    noted: Sequence[str] = connection.scalars(select(column("version_num")).select_from(table("alembic_version"))).all()
    return noted[0] if noted else None


def _compatible(connection: Connection) -> set[str]:
    if not inspect(connection).has_table(SchemaCompatibility.__tablename__):
        return set()
    return set(connection.scalars(select(SchemaCompatibility.revision)))
