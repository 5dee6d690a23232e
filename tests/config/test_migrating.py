"""Migrations are rehearsed on a copy, told step by step, and leave a database on which the releases before still run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import make_url

from kallithea.config import database, migrating, revisions
from kallithea.lib.errors import ConfigError
from tests import databases

ORDER = [revision for revision, before in sorted(revisions.known().items()) if before]


def old_ledger(url: str, revision: str = "0001") -> Engine:
    """A database as an earlier release left it, with a row of its own."""
    engine = database.make_engine(url)
    config = Config()
    config.set_main_option("script_location", database.MIGRATIONS)
    with database.writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO schema_compatibility (revision) VALUES ('of the test')"))
    return engine


def ledger_with_rights(folder: Path, engine_name: str) -> Engine:
    """The same on an engine; on MariaDB whoever has it may also make the database that a rehearsal works in."""
    url = databases.new_database(folder, engine_name)
    if engine_name == "mariadb":
        beside = f"{make_url(url).database}_rehearsal"
        databases.shared(engine_name).run([f"GRANT ALL ON `{beside}`.* TO '{databases.USER}'@'localhost'"])
    return old_ledger(url)


def digest(engine: Engine) -> str:
    """Of all that is in a SQLite database."""
    assert engine.url.database
    return hashlib.sha256(Path(engine.url.database).read_bytes()).hexdigest()


@databases.on_every_engine
def test_a_rehearsal_tells_every_step_and_changes_nothing(engine_name: str, tmp_path: Path) -> None:
    engine = ledger_with_rights(tmp_path, engine_name)
    tables = inspect(engine).get_table_names()
    told: list[migrating.Applied] = []

    migrating.rehearse(engine, tmp_path, told.append)

    assert [applied.revision for applied in told] == ORDER
    assert inspect(engine).get_table_names() == tables
    with engine.connect() as connection:
        assert database.current_revision(connection) == "0001"
        assert "of the test" in connection.scalars(text("SELECT revision FROM schema_compatibility")).all()
    engine.dispose()


@databases.on_every_engine
def test_what_was_rehearsed_is_then_done(engine_name: str, tmp_path: Path) -> None:
    engine = ledger_with_rights(tmp_path, engine_name)
    told: list[migrating.Applied] = []
    migrating.rehearse(engine, tmp_path, told.append)
    rehearsed = [applied.revision for applied in told]
    told.clear()

    migrating.upgrade(engine, told.append)

    assert [applied.revision for applied in told] == rehearsed
    assert not migrating.pending(engine)
    database.check_schema(engine)
    engine.dispose()


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    engine = old_ledger(f"sqlite:///{tmp_path}/x.db")
    before = digest(engine)
    (tmp_path / "scratch").mkdir()
    migrating.rehearse(engine, tmp_path / "scratch", lambda applied: None)
    assert list((tmp_path / "scratch").iterdir()) == []
    assert digest(engine) == before


def test_an_empty_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="empty"):
        migrating.pending(database.make_engine(f"sqlite:///{tmp_path}/x.db"))


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    engine = old_ledger(f"sqlite:///{tmp_path}/x.db")
    with database.writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("DELETE FROM schema_compatibility"))
    with pytest.raises(ConfigError, match="newer release"):
        migrating.upgrade(engine, lambda applied: None)


def test_without_the_right_to_a_copy_it_says_which_right(tmp_path: Path) -> None:
    engine = old_ledger(databases.new_database(tmp_path, "mariadb"))
    with pytest.raises(ConfigError) as refusal:
        migrating.rehearse(engine, tmp_path, lambda applied: None)
    engine.dispose()
    assert f"GRANT ALL PRIVILEGES ON {engine.url.database}_rehearsal.*" in (refusal.value.hint or "")
