"""What administrators see of the process: versions, places with their room, the database, and what speaks against any of it."""

from __future__ import annotations

import dataclasses
import locale
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from configparser import RawConfigParser
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

import kallithea
from kallithea.config import clocks, filesystems, proxies
from kallithea.config.backup_state import backup_doubts
from kallithea.config.database import current_revision
from kallithea.config.git_program import missing_git
from kallithea.config.last_self_check import last_self_check
from kallithea.config.settings import KEYS, Settings
from kallithea.lib.vcs import Vault
from kallithea.services.system import Fact, IniValue, SystemReport

PACKAGES = ("TurboGears2", "SQLAlchemy", "dulwich", "Jinja2", "argon2-cffi", "alembic", "celery", "redis")
GIGABYTE = 1_000_000_000
HIDDEN = "(secret)"


def system_report(settings: Settings, engine: Engine, vault: Vault, now: datetime) -> SystemReport:
    """Everything at this moment. What cannot be found out says so, as this page is looked at when something is wrong."""
    return SystemReport(
        versions=tuple(_versions(engine, vault)),
        places=tuple(_places(settings)),
        environment=tuple(_environment(settings, engine, now)),
        warnings=tuple(doubts(settings, engine, now)),
        settings=tuple(ini_values(settings)),
        ini_file=settings.ini_file,
    )


def ini_values(settings: Settings) -> Iterator[IniValue]:
    """Every setting as it counts, without what is secret."""
    secrets = {field.name for field in dataclasses.fields(Settings) if not field.repr}
    for key in KEYS:
        value = getattr(settings, key.field)
        is_default = key.default is not None and value == key.parse(key.default)
        yield IniValue(key.name, _shown(value) if key.field not in secrets else HIDDEN, key.help, is_default)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _versions(engine: Engine, vault: Vault) -> Iterator[Fact]:
    yield Fact("Kallithea", kallithea.__version__)
    yield Fact("Python", f"{platform.python_version()} ({sys.executable})")
    for program in vault.programs():
        name, _, number = program.partition(" ")
        yield Fact(name, number)
    for package in PACKAGES:
        try:
            yield Fact(package, version(package))
        except PackageNotFoundError:
            yield Fact(package, "not installed")
    yield Fact("Operating system", platform.platform())
    yield Fact(engine.dialect.name, _database_version(engine))


def _database_version(engine: Engine) -> str:
    with engine.connect() as connection:
        asked = "SELECT sqlite_version()" if engine.dialect.name == "sqlite" else "SELECT version()"
        return str(connection.execute(text(asked)).scalar())


def _places(settings: Settings) -> Iterator[Fact]:
    yield Fact("Repositories", _with_room(settings.repos_path))
    yield Fact("Cache", _with_room(settings.cache_dir))
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite" and url.database:
        yield Fact("Database", _with_room(Path(url.database)))
    else:
        yield Fact("Database", url.render_as_string(hide_password=True))


def _with_room(path: Path) -> str:
    try:
        room = shutil.disk_usage(path if path.is_dir() else path.parent)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return f"{path}: {room.free / GIGABYTE:,.1f} GB of {room.total / GIGABYTE:,.1f} GB free"


def _environment(settings: Settings, engine: Engine, now: datetime) -> Iterator[Fact]:
    yield Fact("Encoding of file names", sys.getfilesystemencoding())
    yield Fact("Locale", ".".join(part or "C" for part in locale.getlocale()))
    yield Fact("Time", f"{now:%Y-%m-%d %H:%M:%S} UTC; zone of the machine: {time.tzname[0]}")
    with engine.connect() as connection:
        yield Fact("Revision of the database", current_revision(connection) or "none")
    last = last_self_check(settings.cache_dir)
    yield Fact("Last self-check", str(last) if last else "none yet: run kallithea-cli self-check")


def doubts(settings: Settings, engine: Engine, now: datetime) -> Iterator[str]:
    """What the start has told the log, as it is now."""
    for doubt in filesystems.doubts(filesystems.mount_of(settings.repos_path)):
        yield f"If several machines use {settings.repos_path}: {doubt}."
    if doubt_of_clock := clocks.doubt(engine, now):
        yield doubt_of_clock
    for path in {settings.repos_path, settings.cache_dir}:
        try:
            free = shutil.disk_usage(path).free
        except OSError as error:
            yield f"{path} cannot be used: {error.strerror}."
            continue
        if free < settings.least_free_space * 1_000_000:
            yield f"The disk of {path} is nearly full: {free // 1_000_000:,} MB are free."
    if missing := missing_git(settings.git_path, engine):
        yield missing.said
    yield from backup_doubts(settings, now)
    if (last := last_self_check(settings.cache_dir)) and last.failed:
        yield f"The last self-check found something wrong: {last}."
    if settings.debug:
        yield "debug is set, which is for developers: pages are slower, and browsers on this machine see tracebacks."
    if settings.ini_file:
        parser = RawConfigParser()
        parser.read(settings.ini_file, encoding="utf-8")
        yield from proxies.doubts(parser, trusted=settings.trusted_proxies)
