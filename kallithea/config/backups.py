"""Builds what backups need from the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from kallithea.config import revisions, variables
from kallithea.config.database import current_revision, make_engine, migrate, writing
from kallithea.config.settings import BY_NAME, Settings
from kallithea.lib.clock import Clock, utc_now
from kallithea.lib.errors import ConfigError, Unavailable
from kallithea.lib.vcs import Vault, open_vault
from kallithea.services.backups.creating import Source
from kallithea.services.backups.generations import Generations
from kallithea.services.backups.restoring import Schema, Target


def generations_of(settings: Settings, folder: Path | None = None) -> Generations:
    """The folder with the backups: the one given, or that of the settings. Raises ConfigError where neither says."""
    place = folder or settings.backup_path
    if place is None:
        raise ConfigError(
            "It is not known where backups lie.", hint="Set backup_path in the ini file, or name a folder with --folder."
        )
    return Generations(place.absolute())


def source_of(settings: Settings, engine: Engine, vault: Vault, clock: Clock) -> Source:
    """The instance as it is saved."""

    def revision() -> str:
        with engine.connect() as connection:
            found = current_revision(connection)
        if found is None:
            raise Unavailable("The database does not say which schema it has.")
        return found

    ini_file = Path(settings.ini_file) if settings.ini_file else None
    given = variables.lasting(variables.app_settings(os.environ, BY_NAME))
    return Source(engine, vault, ini_file, revision, clock, given)


def schema() -> Schema:
    """The tables that this release can make."""
    return Schema(frozenset(revisions.known()), migrate)


@contextmanager
def target_of(settings: Settings) -> Iterator[Target]:
    """The instance of these settings, to be restored into; its database may be empty."""
    engine = make_engine(settings.sqlalchemy_url)
    try:
        yield Target(writing(engine), settings.repos_path, schema(), utc_now)
    finally:
        engine.dispose()


@contextmanager
def scratch_target(folder: Path) -> Iterator[Target]:
    """An instance with nothing in it, whose database is a file in the folder, whatever that of the backup was."""
    engine = make_engine(f"sqlite:///{folder}/kallithea.db")
    try:
        yield Target(writing(engine), folder / "repos", schema(), utc_now)
    finally:
        engine.dispose()


def scratch_vault(settings: Settings | None, root: Path) -> Vault:
    """The repositories below a folder in which a backup is tried out."""
    git_path = settings.git_path if settings else "git"
    return open_vault(root, cache=root / ".cache", git_path=git_path, helpers=1)
