"""Settings that came from the environment, put into a home that is restored: a file for each, and one that names them all."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from kallithea.config.variables import FILE as FROM_FILE
from kallithea.services.backups.copying import restore_file
from kallithea.services.backups.format import FILE, VARIABLES, BackupBroken, Entry

ENVIRONMENT = "environment"
"""A file as systemd's EnvironmentFile and shells read it."""
PLACES = (VARIABLES, ENVIRONMENT)
"""What this makes in a home."""
_NAME = re.compile(r"KALLITHEA__[A-Z0-9_]{1,100}")


def put(settings: Path, entries: Sequence[Entry], home: Path) -> dict[str, str]:
    """Put them into the home, for its owner alone to read; the variables that lead to them, but for those that are set here.

    Raises BackupBroken.
    """
    found = [entry for entry in entries if entry.kind == FILE and entry.path.startswith(f"{VARIABLES}/")]
    if not found:
        return {}
    folder = home / VARIABLES
    shutil.rmtree(folder, ignore_errors=True)  # of a restoration that was cut off
    folder.mkdir(mode=0o700)
    given: dict[str, str] = {}
    for entry in found:
        name = entry.path.partition("/")[2]
        if not _NAME.fullmatch(name):
            raise BackupBroken(f"The backup has {entry.path!r}, which is no variable.")
        restore_file(settings, folder / name, entry, tell=lambda _size: None)
        # A file that a variable names has to hold something.
        given.update({f"{name}{FROM_FILE}": str(folder / name)} if entry.size else {name: ""})
    _write(home / ENVIRONMENT, "".join(f"{name}={shlex.quote(value)}\n" for name, value in given.items()))
    return {name: value for name, value in given.items() if not _is_set(name.removesuffix(FROM_FILE))}


def _is_set(stem: str) -> bool:
    return stem in os.environ or stem + FROM_FILE in os.environ


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
