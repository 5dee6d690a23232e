"""Runs migrations; the URL comes from Settings, never from the raw ini."""

from __future__ import annotations

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from kallithea.config.database import make_engine, writing
from kallithea.config.inifile import load
from kallithea.lib.errors import ConfigError
from kallithea.model import Base

config = context.config


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        # SQLite cannot alter most of a table, so Alembic makes a new one and copies.
        render_as_batch=connection.dialect.name == "sqlite",
        on_version_apply=config.attributes.get("on_version_apply"),
    )
    with context.begin_transaction():
        context.run_migrations()


def _main() -> None:
    if (connection := config.attributes.get("connection")) is not None:
        _run(connection)
        return
    try:
        engine = make_engine(load(config.config_file_name or "alembic.ini").settings().sqlalchemy_url)
    except ConfigError as error:
        raise CommandError(" ".join(text for text in (error.message, error.hint) if text)) from error
    with writing(engine).connect() as connection:
        _run(connection)


if context.is_offline_mode():
    raise SystemExit("error: migrations need the database itself, they also move data (leave out --sql)")
_main()
