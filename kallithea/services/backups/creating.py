"""Makes a backup."""

from __future__ import annotations

import enum
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

import kallithea
from kallithea.lib.clock import Clock
from kallithea.lib.disks import unavailable
from kallithea.lib.errors import Conflict
from kallithea.lib.vcs import DISCARDED as DISCARDED_FOLDER
from kallithea.lib.vcs import Backend, Vault, sync_folder
from kallithea.services.backups import dump
from kallithea.services.backups.copying import Earlier, save_folder, share
from kallithea.services.backups.cut import Cut, Cutter, FoundRepository
from kallithea.services.backups.format import (
    DATABASE,
    DISCARDED,
    FILE,
    FOLDER,
    REPOSITORIES,
    SETTINGS,
    VARIABLES,
    Entry,
    Part,
    SavedRepository,
    Summary,
    hash_of,
    read_manifest,
    write_manifest,
    write_summary,
)
from kallithea.services.backups.generations import Generation, Generations
from kallithea.services.backups.progress import SILENT, Progress


class CreateStep(enum.Enum):
    """The steps of a backup; killed at any of them, it leaves those before it as they were."""

    BEGIN = "begin"
    MOMENT = "find a moment"
    DATABASE = "save the database"
    SETTINGS = "save the settings"
    REPOSITORY = "save a repository"
    DISCARDED = "save a deleted repository"
    SUMMARY = "write what is in it"
    FLUSH = "bring it to the disk"
    PUBLISH = "give it its name"
    PRUNE = "remove old ones"


Step = Callable[[CreateStep], None]


@dataclass(frozen=True, slots=True)
class Source:
    """The instance that is saved."""

    engine: Engine
    """Its transactions only read."""
    vault: Vault
    ini_file: Path | None
    revision: Callable[[], str]
    """The schema of the database."""
    clock: Clock
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Settings that the environment gives, by the names of their variables; many of them are secrets."""


@dataclass(frozen=True, slots=True)
class Created:
    """What was made."""

    generation: Generation
    copied: int
    """Bytes that were not in the backup before."""
    pruned: tuple[str, ...]


class Creation:
    """One backup in the making. `at` is told each step as it begins."""

    def __init__(
        self,
        source: Source,
        generations: Generations,
        *,
        progress: Progress = SILENT,
        at: Step = lambda _step: None,
        anew: bool = False,
    ) -> None:
        """`anew` copies everything, where otherwise what did not change is shared with the backup before."""
        self._source = source
        self._generations = generations
        self._progress = progress
        self._at = at
        self._anew = anew
        self._copied = 0
        self._before: Generation | None = None

    def run(self, *, keep: int | None = None) -> Created:
        """Make the backup, and remove all but the newest `keep`. Raises Unavailable, Conflict, Invalid."""
        self._check_place()
        with self._generations.held():
            try:
                return self._run(keep)
            except OSError as error:
                if told := unavailable(error):
                    raise told from error
                raise

    def _run(self, keep: int | None) -> Created:
        self._at(CreateStep.BEGIN)
        self._before = None if self._anew else self._generations.newest()
        half = self._generations.begin(self._source.clock())
        try:
            self._fill(half)
            self._at(CreateStep.FLUSH)
            sync_folder(half)
            self._at(CreateStep.PUBLISH)
            folder = self._generations.publish(half)
        except BaseException:
            # Whoever is killed instead leaves it to the next one.
            shutil.rmtree(half, ignore_errors=True)
            raise
        self._at(CreateStep.PRUNE)
        pruned = self._generations.prune(keep) if keep else ()
        return Created(self._generations.find(folder.name), self._copied, tuple(pruned))

    def _fill(self, half: Path) -> None:
        with self._source.vault.snapshots() as shelter:
            cutter = Cutter(self._source.engine, self._source.vault, shelter, self._source.clock)
            self._at(CreateStep.MOMENT)
            self._progress.begin("finding a moment")
            revision = self._source.revision()
            with cutter.cut() as cut:
                self._at(CreateStep.DATABASE)
                database = self._database(half, cut)
            self._at(CreateStep.SETTINGS)
            settings = self._settings(half)
            repositories = tuple(self._repositories(half, cut))
            discarded = tuple(self._discarded(half))
        self._at(CreateStep.SUMMARY)
        summary = Summary(
            taken_at=cut.taken_at,
            release=kallithea.__version__,
            revision=revision,
            engine=cut.connection.dialect.name,
            ini_file=str(self._source.ini_file or ""),
            database=database,
            settings=settings,
            repositories=repositories,
            discarded=discarded,
            missing=tuple(found.path for found in cut.missing),
        )
        write_summary(half, summary)

    def _database(self, half: Path, cut: Cut) -> Part:
        self._progress.begin("saving the database")
        folder = half / DATABASE
        dump.dump(cut.connection, folder, tell=self._progress.tell)
        earlier = self._earlier(DATABASE)
        entries = [_entry_of(path) for path in sorted(folder.iterdir())]
        self._copied += share(entries, folder, earlier)
        return write_manifest(half, DATABASE, entries)

    def _settings(self, half: Path) -> Part | None:
        """The ini file and what variables say beside it; only its owner may read the copy, as there are passwords in it."""
        ini_file = self._source.ini_file
        if ini_file is None:
            return None
        folder = half / SETTINGS
        folder.mkdir(mode=0o700)
        saved = folder / ini_file.name
        saved.write_bytes(ini_file.read_bytes())
        saved.chmod(0o600)
        return write_manifest(half, SETTINGS, [_entry_of(saved), *self._variables(folder)])

    def _variables(self, folder: Path) -> Iterator[Entry]:
        if not self._source.variables:
            return
        (folder / VARIABLES).mkdir(mode=0o700)
        yield Entry(VARIABLES, FOLDER, 0o700)
        for name, value in self._source.variables.items():
            saved = folder / VARIABLES / name
            saved.touch(mode=0o600)
            saved.write_text(value, encoding="utf-8")
            yield replace(_entry_of(saved), path=f"{VARIABLES}/{name}")

    def _repositories(self, half: Path, cut: Cut) -> Iterator[SavedRepository]:
        saved = [found for found in cut.repositories if found.id in cut.frozen]
        self._progress.begin("saving repositories", len(saved))
        for found in saved:
            self._at(CreateStep.REPOSITORY)
            self._progress.next(found.path)
            yield self._repository(half, found, cut.frozen[found.id])

    def _repository(self, half: Path, found: FoundRepository, frozen: str) -> SavedRepository:
        backend = self._source.vault.open(found.kind, frozen, publishing=found.publishing)
        part = self._part(half, backend.path, f"{REPOSITORIES}/{found.id}")
        heads = heads_of(backend)
        # From now on writers need not give themselves a copy of what they change.
        self._source.vault.forget_frozen(frozen)
        return SavedRepository(found.id, found.path, found.kind.value, found.location, found.publishing, part, heads)

    def _discarded(self, half: Path) -> Iterator[Part]:
        """Deleted repositories: nobody changes them, but they may be purged at any moment."""
        found = self._source.vault.discarded()
        self._progress.begin("saving deleted repositories", len(found))
        for each in found:
            self._at(CreateStep.DISCARDED)
            self._progress.next(each.path)
            target = f"{DISCARDED}/{each.folder}"
            try:
                yield self._part(half, self._source.vault.root / DISCARDED_FOLDER / each.folder, target)
            except FileNotFoundError:
                shutil.rmtree(half / target, ignore_errors=True)

    def _part(self, half: Path, source: Path, target: str) -> Part:
        earlier = self._earlier(target)
        entries = save_folder(source, half / target, earlier=earlier, tell=self._progress.tell)
        self._copied += sum(entry.size for entry in entries if not (earlier and earlier.has(entry)))
        return write_manifest(half, target, entries)

    def _earlier(self, folder: str) -> Earlier | None:
        """The same part in the backup before."""
        if self._before is None or self._before.summary is None:
            return None
        summary, place = self._before.summary, self._before.folder
        part = next((part for part in summary.parts if part.folder == folder), None)
        if part is None:
            return None
        return Earlier(place / folder, read_manifest(place, part), int(summary.taken_at.timestamp() * 1e9))

    def _check_place(self) -> None:
        """Refuse a folder that would be saved itself, or searched for repositories."""
        place, root = self._generations.folder.resolve(), self._source.vault.root.resolve()
        if place == root or root in place.parents:
            raise Conflict(f"Backups cannot lie in the folder of the repositories: {place}")


def heads_of(backend: Backend) -> tuple[str, ...]:
    """What each branch, tag and bookmark points to, a line each; a branch of hg may have several heads."""
    refs = backend.reader.refs()
    return tuple(
        sorted(f"{ref.kind.value} {ref.name} {ref.target.hex}" for ref in (*refs.branches, *refs.tags, *refs.bookmarks))
    )


def _entry_of(path: Path) -> Entry:
    with path.open("rb") as file:
        sha256 = hash_of(iter(partial(file.read, 1 << 20), b""))
    return Entry(path.name, FILE, 0o600, path.stat().st_size, sha256)
