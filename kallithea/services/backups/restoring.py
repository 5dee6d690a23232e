"""Restores a whole instance from a backup, into a place where nothing is.

Repositories come first, each appearing as a whole; the database comes last, in one transaction where the engine can. A journal
beside the repositories says of which backup they are: whoever runs it again goes on, and nobody else is let in.
"""

from __future__ import annotations

import enum
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from kallithea.lib.clock import Clock
from kallithea.lib.disks import unavailable
from kallithea.lib.errors import Conflict
from kallithea.lib.vcs import DISCARDED as DISCARDED_FOLDER
from kallithea.lib.vcs import folder_lock, sync_folder
from kallithea.services.backups import dump
from kallithea.services.backups.copying import restore_file, restore_folder
from kallithea.services.backups.format import SUMMARY_HASH, Part, Summary, inside, read_manifest, read_summary
from kallithea.services.backups.progress import SILENT, Progress

JOURNAL = ".kallithea-restore.json"
DRAFTS = ".restoring"
LOCK = "kallithea.lock"
TRANSACTIONAL = ("sqlite", "postgresql")
"""Engines that make tables within a transaction; others commit with each."""
AT_ONCE = 50
"""Repositories that are brought to the disk together."""


class RestoreStep(enum.Enum):
    """The steps of restoring everything; cut off at any of them, it goes on when it is run again."""

    CHECK = "look at what is there"
    JOURNAL = "write down what is restored"
    ASIDE = "put aside what was there"
    REPOSITORY = "restore a repository"
    DISCARDED = "restore a deleted repository"
    FLUSH = "bring them to the disk"
    DATABASE = "restore the database"
    ROWS = "put rows into its tables"
    LOADED = "commit it"
    UPGRADE = "bring it up to date"
    SETTINGS = "put the settings in their place"
    FINISH = "remove what was written down"


Step = Callable[[RestoreStep], None]


@dataclass(frozen=True, slots=True)
class Schema:
    """How tables are made; migrations are no matter of the services."""

    known: frozenset[str]
    """The revisions that this release can make."""
    make: Callable[[Connection, str], None]
    """Make or change the tables to those of a revision, or of the newest one for `head`."""


@dataclass(frozen=True, slots=True)
class Target:
    """The instance that is restored into."""

    engine: Engine
    """Its transactions write."""
    repos_path: Path
    schema: Schema
    clock: Clock


class Restoration:
    """One restoration of everything. `at` is told each step as it begins."""

    def __init__(
        self,
        backup: Path,
        target: Target,
        *,
        progress: Progress = SILENT,
        at: Step = lambda _step: None,
        overwrite: bool = False,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        """`overwrite` puts repositories aside that are there, and drops the tables of the database.

        `settle` is called when all is there, and called again if that was cut off.
        """
        self._backup = backup
        self._target = target
        self._progress = progress
        self._at = at
        self._overwrite = overwrite
        self._settle = settle
        self._drafts: list[tuple[Path, Path]] = []
        self._journal = target.repos_path / JOURNAL

    def run(self) -> Summary:
        """Restore. Raises Conflict where something is in the way or the backup is of a later release, BackupBroken."""
        summary = read_summary(self._backup)
        if summary.revision not in self._target.schema.known:
            raise Conflict(
                f"The backup was made by a newer release ({summary.release}, database {summary.revision}) than this one.",
                hint="Restore it with that release.",
            )
        root = self._target.repos_path
        try:
            root.mkdir(parents=True, exist_ok=True)
            with folder_lock(root):
                self._run(summary)
            (root / LOCK).unlink(missing_ok=True)
        except OSError as error:
            if told := unavailable(error):
                raise told from error
            raise
        return summary

    def _run(self, summary: Summary) -> None:
        self._at(RestoreStep.CHECK)
        begun = self._begun()
        if begun is None:
            self._refuse_what_is_there()
            self._at(RestoreStep.JOURNAL)
            begun = {"backup": self._mark(), "aside": f".before-restore-{self._target.clock():%Y%m%dT%H%M%SZ}"}
            self._note(begun)
        self._at(RestoreStep.ASIDE)
        if not begun.get("emptied"):
            self._put_aside(self._target.repos_path / begun["aside"])
            self._note({**begun, "emptied": "yes"})
        self._restore_repositories(summary)
        self._at(RestoreStep.DATABASE)
        self._restore_database(summary)
        self._at(RestoreStep.SETTINGS)
        self._settle()
        self._at(RestoreStep.FINISH)
        self._journal.unlink()

    def _begun(self) -> dict[str, str] | None:
        """What an earlier run wrote down. Raises Conflict if it was of another backup."""
        try:
            said: dict[str, str] = json.loads(self._journal.read_bytes())
        except FileNotFoundError:
            return None
        if said["backup"] != self._mark():
            raise Conflict(
                "Another backup was being restored here and is not whole yet.",
                hint=f"Run that again, or remove {self._journal} and everything beside it.",
            )
        return said

    def _mark(self) -> str:
        return (self._backup / SUMMARY_HASH).read_text().split()[0]

    def _note(self, said: dict[str, str]) -> None:
        beside = self._journal.with_suffix(".new")
        beside.write_text(json.dumps(said) + "\n")
        beside.replace(self._journal)

    def _refuse_what_is_there(self) -> None:
        if self._overwrite:
            return
        with self._target.engine.connect() as connection:
            if inspect(connection).get_table_names():
                raise Conflict("The database is not empty; nothing was changed.", hint="--overwrite drops what is in it.")
        if found := [path.name for path in self._target.repos_path.iterdir() if path.name not in (LOCK, f"{JOURNAL[:-5]}.new")]:
            raise Conflict(
                f"There is something in {self._target.repos_path} ({min(found)}); nothing was changed.",
                hint="--overwrite puts it aside.",
            )

    def _put_aside(self, aside: Path) -> None:
        """Empty the database and the folder; what was in the folder stays in one beside it."""
        with self._target.engine.begin() as connection:
            _drop_tables(connection)
        for path in self._target.repos_path.iterdir():
            if path.name in (LOCK, JOURNAL) or path.name.startswith(".before-restore-"):
                continue
            aside.mkdir(mode=0o700, exist_ok=True)
            path.rename(aside / path.name)

    def _restore_repositories(self, summary: Summary) -> None:
        root = self._target.repos_path
        self._progress.begin("restoring repositories", len(summary.repositories) + len(summary.discarded))
        for saved in summary.repositories:
            self._at(RestoreStep.REPOSITORY)
            self._progress.next(saved.path)
            self._draft(saved.part, inside(root, saved.location))
        for part in summary.discarded:
            self._at(RestoreStep.DISCARDED)
            name = part.folder.rpartition("/")[2]
            self._progress.next(name)
            self._draft(part, inside(root, f"{DISCARDED_FOLDER}/{name}"))
        self._place()

    def _draft(self, part: Part, target: Path) -> None:
        """Copy a part beside its place; what is in its place already was put there by an earlier run."""
        if target.is_dir():
            return
        draft = self._target.repos_path / DRAFTS / str(len(self._drafts))
        if draft.exists():
            shutil.rmtree(draft)
        restore_folder(self._backup / part.folder, draft, read_manifest(self._backup, part), tell=self._progress.tell)
        self._drafts.append((draft, target))
        if len(self._drafts) >= AT_ONCE:
            self._place()

    def _place(self) -> None:
        """Bring what was copied to the disk, and only then into its place: what is there is whole, even after a power cut."""
        self._at(RestoreStep.FLUSH)
        sync_folder(self._target.repos_path)
        for draft, target in self._drafts:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.rename(target)
        self._drafts.clear()

    def _restore_database(self, summary: Summary) -> None:
        self._progress.begin("restoring the database")
        checked = self._target.repos_path / DRAFTS / "database"
        if checked.exists():
            shutil.rmtree(checked)
        checked.mkdir(parents=True, mode=0o700)
        for entry in read_manifest(self._backup, summary.database):
            restore_file(self._backup / summary.database.folder, checked / entry.path, entry, tell=lambda _size: None)
        schema = self._target.schema
        with self._target.engine.begin() as connection:
            _drop_tables(connection)
            schema.make(connection, summary.revision)
            if connection.dialect.name not in TRANSACTIONAL:
                # Without its version no server takes tables that are empty still for an instance.
                connection.execute(text(f"DELETE FROM {dump.VERSION}"))  # noqa: S608 - our name
                connection.exec_driver_sql("COMMIT")
            self._at(RestoreStep.ROWS)
            dump.load(connection, checked, tell=self._progress.tell)
            self._at(RestoreStep.LOADED)
        self._at(RestoreStep.UPGRADE)
        with self._target.engine.begin() as connection:
            schema.make(connection, "head")
        shutil.rmtree(self._target.repos_path / DRAFTS)


def _drop_tables(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    existing = MetaData()
    existing.reflect(bind=connection)
    existing.drop_all(bind=connection)
