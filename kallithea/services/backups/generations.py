"""The folder with all backups: which there are, one maker at a time, and which of them are kept."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound
from kallithea.lib.vcs import RepositoryBusy, folder_lock, sync_path
from kallithea.services.backups.format import SUMMARY, Summary, read_summary

NAME = re.compile(r"\d{8}T\d{6}Z(?:-\d{1,6})?")
HALF = ".half-"
"""What the name of a generation begins with until it is whole."""
SCRATCH = ".scratch-"
"""What folders begin with in which backups are tried out."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A backup that is there; `problem` says why it cannot be read, and then there is no summary."""

    name: str
    folder: Path
    summary: Summary | None
    problem: str = ""


class Generations:
    """The backups in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> Sequence[Generation]:
        """Every whole backup, the oldest first."""
        if not self.folder.is_dir():
            return ()
        names = sorted((path.name for path in self.folder.iterdir() if NAME.fullmatch(path.name)), key=_order)
        return [_generation(self.folder / name) for name in names]

    def newest(self) -> Generation | None:
        """The last one that can be read."""
        return next((found for found in reversed(self.all()) if found.summary), None)

    def newest_moment(self) -> datetime | None:
        """When the last one was made, by its name alone: what is in it is not looked at."""
        if not self.folder.is_dir():
            return None
        names = (path.name for path in self.folder.iterdir() if NAME.fullmatch(path.name) and (path / SUMMARY).is_file())
        newest = max(names, key=_order, default=None)
        return datetime.strptime(newest[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc) if newest else None

    def find(self, name: str | None) -> Generation:
        """The backup of this name, or the newest one. Raises NotFound."""
        if name is None:
            if found := self.newest():
                return found
            raise NotFound(f"There is no backup in {self.folder}.", hint="kallithea-cli backup-create makes one.")
        if not NAME.fullmatch(name) or not (self.folder / name / SUMMARY).is_file():
            raise NotFound(f"There is no backup {name} in {self.folder}.", hint="kallithea-cli backup-list shows all of them.")
        return _generation(self.folder / name)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only one who makes or removes backups here, and remove what others left half. Raises Conflict, Invalid."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Invalid(f"The folder for backups cannot be made: {error.strerror}: {self.folder}.") from error
        try:
            with folder_lock(self.folder):
                self._clean()
                yield
        except RepositoryBusy:
            raise Conflict("Somebody else is making a backup into this folder.", hint="Try again when it is done.") from None

    def begin(self, moment: datetime) -> Path:
        """The new folder for a backup; it counts when it was published."""
        half = self.folder / f"{HALF}{self._new_name(moment)}"
        half.mkdir(mode=0o700)
        return half

    def publish(self, half: Path) -> Path:
        """Let a whole backup have its name."""
        folder = half.rename(half.with_name(half.name.removeprefix(HALF)))
        sync_path(str(self.folder))
        return folder

    def prune(self, keep: int) -> Sequence[str]:
        """Remove all but the newest `keep` backups; the names of those that went."""
        found = self.all()
        gone = [generation.name for generation in found[: max(0, len(found) - keep)]]
        for name in gone:
            self.remove(self.folder / name)
        return gone

    def remove(self, folder: Path) -> None:
        """Remove a backup. Cut off, it leaves a half one, which is recognised as such."""
        doomed = folder if folder.name.startswith(HALF) else folder.rename(folder.with_name(f"{HALF}{folder.name}"))
        shutil.rmtree(doomed)

    def _clean(self) -> None:
        for path in self.folder.iterdir():
            if path.name.startswith((HALF, SCRATCH)):
                shutil.rmtree(path)

    def _new_name(self, moment: datetime) -> str:
        """By the time, and behind all that are there: within a second, and where the clock was put back, with a number."""
        fresh = f"{moment:%Y%m%dT%H%M%SZ}"
        names = (path.name.removeprefix(HALF) for path in self.folder.iterdir())
        stamp, number = max((_order(name) for name in names if NAME.fullmatch(name)), default=("", 0))
        return fresh if fresh > stamp else f"{stamp}-{number + 1}"


def _order(name: str) -> tuple[str, int]:
    moment, _, number = name.partition("-")
    return moment, int(number or 1)


def _generation(folder: Path) -> Generation:
    try:
        return Generation(folder.name, folder, read_summary(folder))
    except KallitheaError as error:
        return Generation(folder.name, folder, None, error.message)
