"""Looks after hg repositories on disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mercurial import config as hgconfig
from mercurial import error, localrepo
from mercurial import verify as hgverify
from mercurial.utils import stringutil

from kallithea.lib.vcs.backend import Maintained, StopSignal
from kallithea.lib.vcs.errors import LocationTaken, UnsafeConfiguration
from kallithea.lib.vcs.flushing import sync_folder
from kallithea.lib.vcs.hg import opened
from kallithea.lib.vcs.hg.copying import copy_repository
from kallithea.lib.vcs.hg.freezing import freeze_repository
from kallithea.lib.vcs.hg.maintain import maintain
from kallithea.lib.vcs.hg.settings import base_ui
from kallithea.lib.vcs.locks import writer_lock

# Read where a repository keeps its settings (mercurial/localrepo.py: loadhgrc), the later over the earlier.
SETTINGS_FILES = (".hg/hgrc", ".hg/hgrc-not-shared")
LARGEST_SETTINGS = 1 << 20


class HgKeeper:
    """Makes, checks and measures one repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> None:
        try:
            self._folder.mkdir()
        except FileExistsError as taken:
            raise LocationTaken("There is something in that place of the store already.") from taken
        localrepo.createrepository(base_ui(True), os.fsencode(self._folder))
        sync_folder(self._folder)

    def adopt(self) -> None:
        """Nothing is changed: the repository's own settings are never read when it is served. Raises RepositoryMissing, too."""
        opened.stamp_of(self._folder)
        repo = opened.unfiltered(self._folder, publishing=True)
        if not (self._folder / ".hg" / "store").is_dir():
            raise UnsafeConfiguration(
                "The repository has a format of the year 2006 that this server cannot read.",
                hint="Convert it first: hg clone --pull old new",
            )
        try:
            len(repo.changelog)
        except (error.StorageError, error.Abort) as broken:
            raise UnsafeConfiguration("The history of the repository cannot be read.", hint=_text(broken)) from broken

    def publishing(self) -> bool:
        opened.stamp_of(self._folder)
        found = True
        for name in SETTINGS_FILES:
            value = _setting(self._folder / name, b"phases", b"publish")
            found = found if value is None else value
        return found

    def verify(self) -> tuple[str, ...]:
        repo = opened.unfiltered(self._folder, publishing=True)
        complaints = _Complaints()
        repo.ui.fout = repo.ui.ferr = complaints
        with writer_lock(self._folder):
            failed = hgverify.verify(repo)
        found = complaints.lines()
        return found or (("the check failed without saying why",) if failed else ())

    def size(self) -> int:
        opened.stamp_of(self._folder)
        return sum(_sizes(str(self._folder)))

    def maintain(self, *, thorough: bool = False, upgrade: bool = False, stop: StopSignal | None = None) -> Maintained:
        return maintain(self._folder, thorough=thorough, upgrade=upgrade, stop=stop)

    def copy_to(self, target: Path, *, publishing: bool, stop: StopSignal | None = None, inherited: Sequence[int] = ()) -> None:
        copy_repository(self._folder, target, publishing=publishing, stop=stop, inherited=inherited)

    def freeze(self, target: Path) -> None:
        freeze_repository(self._folder, target)


class _Complaints:
    """Collects what Mercurial prints while it checks; progress lines are told from complaints when asked."""

    # The headings and the summary of a clean check (mercurial/verify.py).
    _CALM = ("checking ", "crosschecking ", "checked ", "not checking", "repository uses revlog format", "skipping ")

    def __init__(self) -> None:
        self._text: list[bytes] = []

    def write(self, text: bytes) -> int:
        self._text.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False

    def lines(self) -> tuple[str, ...]:
        found = (line.strip() for line in b"".join(self._text).decode("utf-8", "replace").splitlines())
        return tuple(line for line in found if line and not line.startswith(self._CALM))


def _setting(path: Path, section: bytes, name: bytes) -> bool | None:
    """A yes-or-no setting of one file, without following what the file includes; None if it says nothing."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_SETTINGS)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return None
    parsed = hgconfig.config()
    without_includes = b"".join(line for line in content.splitlines(keepends=True) if not line.startswith(b"%"))
    try:
        parsed.parse(os.fsencode(path), without_includes)
    except error.ConfigError as broken:
        raise UnsafeConfiguration("The repository's settings cannot be read.", hint=_text(broken)) from broken
    value: Any = parsed.get(section, name)
    return None if value is None else stringutil.parsebool(value)


def _sizes(folder: str) -> list[int]:
    sizes = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                sizes += _sizes(entry.path)
            else:
                sizes.append(entry.stat(follow_symlinks=False).st_size)
    return sizes


def _text(problem: Exception) -> str:
    return bytes(getattr(problem, "message", b"") or str(problem).encode()).decode("utf-8", "replace")
