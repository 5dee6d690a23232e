"""Makes, adopts, checks and measures git repositories."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kallithea.lib.vcs.backend import Maintained, StopSignal
from kallithea.lib.vcs.errors import LocationTaken, RepositoryMissing
from kallithea.lib.vcs.git.configuration import (
    CONFIG,
    Setting,
    as_text,
    is_harmless,
    read_settings,
    refuse_layout,
    refuse_unknown_format,
)
from kallithea.lib.vcs.git.copying import copy_repository
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.freezing import freeze_repository
from kallithea.lib.vcs.git.maintain import maintain
from kallithea.lib.vcs.locks import LOCK_FILE, writer_lock

ORIGINAL = "config.before-adoption"
DEFAULT_BRANCH = "main"


class GitKeeper:
    """Fulfils `Keeper` for one git repository."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def create(self) -> None:
        path = self._folder.path
        try:
            path.mkdir()
        except FileExistsError as error:
            raise LocationTaken("There is something in that place of the store already.") from error
        self._folder.git.run(path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={DEFAULT_BRANCH}")
        (path / LOCK_FILE).touch()

    def adopt(self) -> None:
        path = self._folder.path
        if not is_repository(path):
            raise RepositoryMissing("This folder is not a bare git repository.")
        refuse_layout(path)
        settings = read_settings(self._folder.git, path)
        refuse_unknown_format(settings)
        if all(is_harmless(key) for key, _ in settings):
            return
        with writer_lock(path):
            self._rewrite([(key, value) for key, value in settings if is_harmless(key)])

    def publishing(self) -> bool:
        return True

    def verify(self) -> tuple[str, ...]:
        self._folder.object_format()
        with self._folder.git.start(self._folder.path, "fsck", "--full", "--no-dangling", "--no-progress") as child:
            found, complaints = child.communicate()
        if child.returncode == 0:
            return ()
        told = (found + complaints).decode("utf-8", "replace").splitlines()
        return tuple(line for line in told if line.strip()) or (f"git fsck ended with {child.returncode}",)

    def size(self) -> int:
        if not self._folder.path.is_dir():
            raise RepositoryMissing("The repository is not on the disk of the server.")
        return _size(os.fspath(self._folder.path))

    def maintain(self, *, thorough: bool = False, upgrade: bool = False, stop: StopSignal | None = None) -> Maintained:
        del upgrade  # git has one format
        return Maintained(maintain(self._folder, thorough=thorough, stop=stop))

    def copy_to(self, target: Path, *, publishing: bool, stop: StopSignal | None = None, inherited: Sequence[int] = ()) -> None:
        del publishing  # git has no phases
        copy_repository(self._folder, target, stop=stop, inherited=inherited)

    def freeze(self, target: Path) -> None:
        freeze_repository(self._folder.path, target)

    def _rewrite(self, settings: list[Setting]) -> None:
        """Put a configuration of harmless settings in place; the first original stays beside it."""
        path = self._folder.path
        fresh = path / "config.adopting"
        fresh.write_bytes(as_text(settings).encode("utf-8", "surrogateescape"))
        original = path / ORIGINAL
        if not original.exists():
            original.hardlink_to(path / CONFIG)
        fresh.replace(path / CONFIG)


def is_repository(path: Path) -> bool:
    """Whether a folder is a bare git repository, by what git itself asks for (setup.c, is_git_directory)."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _size(path: str) -> int:
    """Bytes on disk of all files below; files that vanish meanwhile count nothing."""
    total = 0
    waiting = [path]
    while waiting:
        with suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    with suppress(FileNotFoundError):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
