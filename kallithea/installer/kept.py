"""What upgrades and the way back have in common: what is kept of before, and putting files in each other's place."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from kallithea.installer import services
from kallithea.installer.errors import Refused
from kallithea.installer.files import remove_tree, replace_text, sync_folder
from kallithea.installer.layout import Home, Release
from kallithea.installer.progress import Progress
from kallithea.installer.service_files import start_command


@dataclass(frozen=True)
class Wishes:
    """What an administrator decides about an upgrade or a way back."""

    merge: bool = False
    """Whether the ini file is brought up to date."""
    restart: str | None = None
    """The command that restarts the server; else the service manager in use is asked."""


@dataclass(frozen=True)
class Kept:
    """What is kept of the time before the last upgrade, in a folder of the home."""

    folder: Path

    @property
    def ini(self) -> Path:
        return self.folder / "kallithea.ini"

    @property
    def database(self) -> Path:
        return self.folder / "kallithea.db"

    @property
    def facts(self) -> Path:
        return self.folder / "previous.json"


def kept_of(home: Home) -> Kept:
    return Kept(home.path / "before")


class _Forgiving(io.FileIO):
    """A log that a full disk does not keep anybody from putting things right."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def log_of(home: Home) -> TextIO:
    """The log of a home, to be added to."""
    return io.TextIOWrapper(io.BufferedWriter(_Forgiving(home.log, "a")), encoding="utf-8", errors="backslashreplace")


def check_home(home: Home) -> None:
    """Raises Refused unless something is installed there."""
    if not home.is_home or not home.ini.is_file():
        raise Refused(f"No Kallithea is installed in {home.path}.", hint="install makes a new one.")


def tell_restart(home: Home, wishes: Wishes, progress: Progress) -> None:
    """What is left to do for somebody who started the server."""
    if services.restart_command(home, wishes.restart) is None:
        progress.say(f"Stop the server that runs, if one does, and start it again with: {start_command(home)}")


def write_previous(kept: Kept, before: Release, ini: Path) -> None:
    """Note which release was in use before, and the ini file that the one in use began with."""
    if ini.is_file():
        facts = {"version": before.version, "ini": hashlib.sha256(ini.read_bytes()).hexdigest()}
        replace_text(kept.facts, json.dumps(facts, indent=1, sort_keys=True) + "\n", mode=0o600)


def copy_file(origin: Path, target: Path) -> None:
    """A copy for the same people to read, in place of what was there."""
    with _whole(target) as draft:
        shutil.copyfile(origin, draft)
        keep_rights(origin, draft)


def put_file(origin: Path, target: Path) -> None:
    """Put what is in a file in place of another, which is there whole at every moment; who may read it stays the same."""
    with _whole(target) as draft:
        shutil.copyfile(origin, draft)
        keep_rights(target, draft)


def move_back(origin: Path, target: Path) -> None:
    """Put a file in place of another one, by its name alone where they are on one disk: that works on a full one too."""
    try:
        origin.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        put_file(origin, target)
        origin.unlink()
    sync_folder(target.parent)


def aside_of(path: Path) -> Path:
    """Where something lies while a command runs that replaces it."""
    return path.with_name(f".{path.name}.aside")


def set_aside(path: Path) -> None:
    """Let something make room for a new one; done before, what is there now is half a new one."""
    if aside_of(path).exists():
        remove_tree(path)
    elif path.exists():
        path.replace(aside_of(path))


def take_back(path: Path) -> None:
    """Undo that."""
    if aside_of(path).exists():
        remove_tree(path)
        aside_of(path).replace(path)


def keep_rights(origin: Path, target: Path) -> None:
    """Give the target the mode and, where we may, the owner of the origin."""
    found = origin.stat()
    target.chmod(found.st_mode & 0o777)
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(target, found.st_uid, found.st_gid)


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[Path]:
    draft = target.with_name(f".{target.name}.part")
    draft.unlink(missing_ok=True)
    try:
        draft.touch(mode=0o600)
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)
