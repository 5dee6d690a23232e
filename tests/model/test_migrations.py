"""The migrations make exactly the tables that the models say, and the schema guard knows what fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, inspect, text

from kallithea.config import database
from kallithea.lib.errors import ConfigError
from kallithea.model import Base, SchemaCompatibility


@pytest.fixture(name="url")
def _url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


def test_migrations_equal_the_models(url: str) -> None:
    engine = database.make_engine(url)
    database.upgrade(engine)
    config = Config()
    config.set_main_option("script_location", "kallithea:migrations")

    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_migrations_go_down_to_nothing_and_up_again(url: str) -> None:
    engine = database.make_engine(url)
    database.upgrade(engine)
    config = Config()
    config.set_main_option("script_location", "kallithea:migrations")
    with database.writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) <= {"alembic_version", "sqlite_sequence"}

    database.upgrade(engine)
    database.check_schema(engine)


def test_no_number_is_ever_given_twice(url: str) -> None:
    engine = database.make_engine(url)
    database.upgrade(engine)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        tables = {row.name: row.sql for row in rows}

    numbered = [name for name, table in Base.metadata.tables.items() if table.autoincrement_column is not None]
    assert len(numbered) > 30
    assert [name for name in numbered if "AUTOINCREMENT" not in tables[name]] == []


def test_sqlite_is_opened_with_wal_foreign_keys_and_patience(url: str) -> None:
    engine = database.make_engine(url)
    with engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys", "synchronous")
        ]
        patience = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()

    assert found == ["wal", 1, 2]
    assert patience >= 10_000


def test_an_empty_database_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        database.check_schema(database.make_engine(url))
    assert "db-create" in str(refusal.value.hint)


@pytest.mark.parametrize("listed", [True, False])
def test_a_newer_database_is_used_only_if_it_says_that_it_fits(url: str, listed: bool) -> None:
    engine = database.make_engine(url)
    database.upgrade(engine)
    with engine.begin() as connection:
        own = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
        if listed:
            connection.execute(insert(SchemaCompatibility).values(revision=own))

    if listed:
        database.check_schema(engine)
    else:
        with pytest.raises(ConfigError, match="newer release"):
            database.check_schema(engine)


def test_a_foreign_database_is_refused(url: str) -> None:
    engine = database.make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE cows (id INTEGER)"))

    with pytest.raises(ConfigError, match="not one of this Kallithea"):
        database.check_schema(engine)


def test_a_file_that_is_no_database_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database " * 100)

    with pytest.raises(ConfigError, match="cannot be opened"):
        database.check_schema(database.make_engine(url))


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(ConfigError, match="driver"):
        database.make_engine("postgresql+pg8000://nobody@localhost/none")
