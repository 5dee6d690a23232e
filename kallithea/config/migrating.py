"""Brings a database to the tables of this release, tells each step, and rehearses it on a copy."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from kallithea.config import database, revisions
from kallithea.config.refusals import cannot_be_used
from kallithea.lib.errors import ConfigError

SCRATCH = "kallithea_rehearsal"


@dataclass(frozen=True, slots=True)
class Applied:
    """One migration that was made."""

    revision: str
    text: str
    """Its docstring."""
    seconds: float


Tell = Callable[[Applied], None]


def pending(engine: Engine) -> Sequence[str]:
    """The revisions that the database does not have yet, in their order.

    Raises ConfigError for a database that is empty, not ours, or of a release that this one does not know.
    """
    try:
        with engine.connect() as connection:
            revision = database.current_revision(connection)
    except SQLAlchemyError as error:
        raise cannot_be_used(engine.url, error) from error
    known = revisions.known()
    if revision is not None and revision not in known:
        database.check_schema(engine)  # a newer one that this release can use needs nothing of it
        return ()
    if revision is None:
        database.check_schema(engine)
    missing = []
    (at,) = revisions.heads()
    while at != revision:
        missing.append(at)
        (at,) = known[at]
    return missing[::-1]


def upgrade(engine: Engine, tell: Tell) -> None:
    """Make the pending migrations; `tell` hears of each when it is made."""
    if pending(engine):
        with database.writing(engine).begin() as connection:
            _migrate(connection, "head", tell)


def rehearse(engine: Engine, scratch: Path, tell: Tell) -> float:
    """Make the pending migrations on a copy that is removed again; the seconds that copying took.

    The copy of a SQLite file lies in the folder `scratch`. Raises ConfigError where there is no room or right to make a copy.
    """
    pending(engine)
    begun = time.monotonic()
    with _copy(engine, scratch) as connection:
        copied = time.monotonic() - begun
        _migrate(connection, "head", tell)
    return copied


def _migrate(connection: Connection, revision: str, tell: Tell) -> None:
    last = time.monotonic()

    def applied(*, step: object, **_others: object) -> None:
        nonlocal last
        now = time.monotonic()
        migration = step.up_revision  # type: ignore[attr-defined] # Alembic hands out one of its own
        tell(Applied(migration.revision, migration.doc, now - last))
        last = now

    database.migrate(connection, revision, on_version_apply=applied)


@contextmanager
def _copy(engine: Engine, scratch: Path) -> Iterator[Connection]:
    """A connection to a copy, in the middle of a transaction; afterwards there is no copy."""
    copies = {"sqlite": _sqlite_copy, "postgresql": _postgresql_copy}
    try:
        with copies.get(engine.dialect.name, _mariadb_copy)(engine, scratch) as connection:
            yield connection
    except SQLAlchemyError as error:
        raise ConfigError(f"The rehearsal failed: {error}") from error


@contextmanager
def _sqlite_copy(engine: Engine, scratch: Path) -> Iterator[Connection]:
    file = make_url(engine.url).database or ""
    check_space(Path(file), scratch, times=3)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="rehearsal-") as folder:
        copy = Path(folder) / "copy.db"
        snapshot(Path(file), copy)
        copied = database.make_engine(f"sqlite:///{copy}")
        try:
            with database.writing(copied).begin() as connection:
                yield connection
        finally:
            copied.dispose()


@contextmanager
def _postgresql_copy(engine: Engine, _scratch: Path) -> Iterator[Connection]:
    """In a schema that only this transaction sees, and that goes with it."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        origin = connection.scalar(text("SELECT current_schema()"))
        revision = database.current_revision(connection)
        try:
            connection.execute(text(f"CREATE SCHEMA {SCRATCH}"))
        except SQLAlchemyError as error:
            said = f"The user {engine.url.username} may not make a schema in {engine.url.database}, as a rehearsal needs."
            hint = f"GRANT CREATE ON DATABASE {engine.url.database} TO {engine.url.username}"
            raise ConfigError(said, hint=hint) from error
        connection.execute(text(f"SET LOCAL search_path = {SCRATCH}"))
        database.migrate(connection, revision or "head")
        _fill(connection, f'"{origin}"')
        try:
            yield connection
        finally:
            connection.rollback()


@contextmanager
def _mariadb_copy(engine: Engine, _scratch: Path) -> Iterator[Connection]:
    """In a database beside it: tables are made there outside of transactions."""
    origin = engine.url.database or ""
    beside = f"{origin}_rehearsal"
    with engine.connect() as connection:
        revision = database.current_revision(connection)
        try:
            connection.execute(text(f"CREATE DATABASE `{beside}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
        except SQLAlchemyError as error:
            hint = f"sudo mariadb -e \"GRANT ALL PRIVILEGES ON {beside}.* TO '{engine.url.username}'@'localhost'\""
            raise ConfigError(f"The database {beside} cannot be made, in which a rehearsal works.", hint=hint) from error
    copied = database.make_engine(engine.url.set(database=beside).render_as_string(hide_password=False))
    try:
        with copied.begin() as connection:
            database.migrate(connection, revision or "head")
            connection.execute(text("SET SESSION foreign_key_checks = 0"))
            _fill(connection, f"`{origin}`")
            connection.execute(text("SET SESSION foreign_key_checks = 1"))
            yield connection
    finally:
        copied.dispose()
        with engine.begin() as connection:
            connection.execute(text(f"DROP DATABASE `{beside}`"))


def _fill(connection: Connection, origin: str) -> None:
    """Copy all rows of the tables in the schema `origin` (quoted) into those of the same name here."""
    found = MetaData()
    found.reflect(bind=connection)
    quoted = connection.dialect.identifier_preparer.quote
    tables: Sequence[Table] = found.sorted_tables
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables:
        columns = ", ".join(quoted(column.name) for column in table.columns)
        name = quoted(table.name)
        connection.execute(text(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {origin}.{name}"))  # noqa: S608 - our names


def check_space(file: Path, folder: Path, *, times: int) -> None:
    """Stop unless the folder has room for so many copies of the file. Raises ConfigError."""
    needed, free = times * file.stat().st_size, shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigError(f"{(needed >> 20) + 1} MB are needed in {folder}, and {free >> 20} MB are free.")


def snapshot(database_file: Path, copy: Path) -> None:
    """A whole copy of a SQLite database, as it is at one moment, while others write to it."""
    # Closed, not only left: with a connection of sqlite3 as a context, transactions end and files stay open.
    with (
        closing(sqlite3.connect(f"{database_file.absolute().as_uri()}?mode=rw", uri=True, timeout=60)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
