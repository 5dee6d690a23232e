"""Checks of the machine: programs, database, disks, clock, own address, mail."""

from __future__ import annotations

import fcntl
import locale
import os
import platform
import shutil
import sys
import time
from datetime import datetime, timedelta, timezone
from importlib import metadata
from pathlib import Path

from sqlalchemy import text

from kallithea.config import clocks, mailing
from kallithea.config.database import check_schema
from kallithea.config.git_program import HINT, missing_git
from kallithea.lib.errors import Unavailable
from kallithea.lib.smtp import connected
from kallithea.selfcheck.checks import Registry
from kallithea.selfcheck.outcomes import Failed, NotChecked
from kallithea.selfcheck.web import Web
from kallithea.selfcheck.world import World

REGISTRY = Registry()
check = REGISTRY.check

LEAST_GIT = (2, 36)
LEAST_HG = (7, 0)
MEGABYTE = 1_000_000


@check("environment.python", "Python and its encoding", quick=True)
def python(_world: World) -> str:
    found = sys.getfilesystemencoding()
    if found.lower().replace("_", "-") not in ("utf-8", "utf8"):
        raise Failed(f"names of files are written in {found}", hint="Set LC_ALL=C.UTF-8 where the server is started.")
    return f"{platform.python_version()}, {found}, locale {'.'.join(part or 'C' for part in locale.getlocale())}"


@check("environment.database", "database", quick=True)
def database(world: World) -> str:
    check_schema(world.app.engine)
    dialect = world.app.engine.dialect.name
    asked = "SELECT sqlite_version()" if dialect == "sqlite" else "SELECT version()"
    with world.app.engine.connect() as connection:
        return f"{dialect} {connection.execute(text(asked)).scalar()}, its tables fit this release"


@check("environment.git", "git", quick=True, after=["environment.database"])
def git(world: World) -> str:
    if missing := missing_git(world.settings.git_path, world.app.engine):
        if missing.is_needed:
            raise Failed(missing.said, hint=HINT)
        raise NotChecked(missing.said)
    said = world.programs.run("git", "version", cwd=world.folder).text.strip()
    return _at_least(said, LEAST_GIT, "git")


@check("environment.hg", "Mercurial", quick=True)
def hg(_world: World) -> str:
    return _at_least(f"Mercurial {metadata.version('mercurial')}", LEAST_HG, "Mercurial")


@check("environment.clock", "clock", quick=True, needs=["environment.database"])
def clock(world: World) -> str:
    hint = "Set the clocks of both machines, for instance with: timedatectl set-ntp true"
    asked = "SELECT CURRENT_TIMESTAMP" if world.app.engine.dialect.name == "sqlite" else _UTC[world.app.engine.dialect.name]
    with world.app.engine.connect() as connection:
        said = connection.execute(text(asked)).scalar()
    theirs = _moment(said)
    apart = abs(world.clock() - theirs)
    if apart > clocks.TOLERATED:
        raise Failed(f"this machine and the database are {apart.total_seconds():.0f} seconds apart", hint=hint)
    if doubt := clocks.doubt(world.app.engine, world.clock()):
        raise Failed(doubt, hint=hint)
    _check_steady(world)
    return f"{world.clock():%Y-%m-%d %H:%M:%S} UTC, as the database has it"


@check("environment.disk", "room on the disks", quick=True)
def disk(world: World) -> str:
    settings, found = world.settings, []
    for folder in dict.fromkeys((settings.repos_path, settings.cache_dir)):
        free = shutil.disk_usage(folder).free
        if free < settings.least_free_space * MEGABYTE:
            said = f"{folder} has {free // MEGABYTE:,} MB left, fewer than {settings.least_free_space:,}"
            raise Failed(said, hint="Make room, or set least_free_space.")
        found.append(free)
    return f"{min(found) / 1000 / MEGABYTE:,.1f} GB free"


@check("environment.store", "writing to the store", quick=True)
def store(world: World) -> str:
    folder = world.settings.repos_path
    path = folder / f".{world.props.name}"
    try:
        took = _write_and_rename(path)
    except OSError as error:
        hint = f"The user of the server has to be able to write to {folder}, and no file system may be full or read-only."
        raise Failed(f"{folder}: {error.strerror or error}", hint=hint) from error
    finally:
        for each in (path, path.with_suffix(".moved")):
            _remove(each)
    return f"written, on the disk, locked and renamed in {took * 1000:.0f} ms"


@check("environment.address", "own address", quick=True)
def address(world: World) -> str:
    site = world.settings.canonical_url
    if not site:
        raise NotChecked("canonical_url is not set: addresses are as visitors ask for them")
    try:
        answer = Web(site).get("/_health/live")
    except OSError as error:
        if world.is_running:
            hint = "Look at the name, the certificate, and the proxy; or set canonical_url to the right address."
            raise Failed(f"nothing answers at {site}: {error}", hint=hint) from error
        raise NotChecked(f"nothing answers at {site} yet ({error})") from error
    if answer.status != 200 or answer.text.strip() != "ok" or "x-request-id" not in answer.headers:
        raise Failed(f"what answers at {site} is not Kallithea", hint="Set canonical_url to the address of this site.")
    return f"{site} answers"


@check("environment.mail", "mail server")
def mail(world: World) -> str:
    if missing := mailing.missing(world.settings):
        raise Failed(f"smtp_server is set, but {' and '.join(missing)} is not", hint="Set it: no mail is sent without.")
    post = mailing.post_of(world.settings)
    if post is None:
        raise NotChecked("no mail server is set")
    try:
        with connected(post.server):
            return f"{post.server} answers; no mail was sent"
    except Unavailable as error:
        raise Failed(error.message, hint="Look at smtp_server, smtp_port and how the connection is protected.") from error


_UTC = {"postgresql": "SELECT CURRENT_TIMESTAMP", "mysql": "SELECT UTC_TIMESTAMP()", "mariadb": "SELECT UTC_TIMESTAMP()"}


def _at_least(said: str, least: tuple[int, int], name: str) -> str:
    numbers = "".join(c if c.isdigit() or c == "." else " " for c in said).split()
    parts = numbers[0].split(".") if numbers else []
    if len(parts) < 2 or (int(parts[0]), int(parts[1] or 0)) < least:
        raise Failed(said or f"{name} says nothing", hint=f"Kallithea needs {name} {least[0]}.{least[1]} or newer.")
    return said


def _moment(said: object) -> datetime:
    moment = said if isinstance(said, datetime) else datetime.fromisoformat(str(said))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _check_steady(world: World) -> None:
    """Raises where the clock does not go as fast as time does."""
    began, ticks = world.clock(), time.monotonic()
    time.sleep(0.05)
    drift = abs((world.clock() - began) - timedelta(seconds=time.monotonic() - ticks))
    if drift > timedelta(seconds=1):
        raise Failed("the clock jumps", hint="See who sets it: two programs may, or the virtual machine was stopped.")


def _write_and_rename(path: Path) -> float:
    """Do what a push relies on; how many seconds it took."""
    began = time.monotonic()
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        os.write(descriptor, b"whole")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.rename(path.with_suffix(".moved"))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    if path.with_suffix(".moved").read_bytes() != b"whole":
        raise OSError("what is read is not what was written")
    return time.monotonic() - began


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # what cannot be written to holds nothing of ours
        return
