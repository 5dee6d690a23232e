"""Checks a backup: every byte against the hash that was noted, and with `deep` every repository by its own program."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs import Backend, CommitId, CommitNotFound, Kind, Vault, link_or_copy
from kallithea.services.backups import dump
from kallithea.services.backups.creating import heads_of
from kallithea.services.backups.format import (
    DATABASE,
    FILE,
    FOLDER,
    LINK,
    MANIFESTS,
    REPOSITORIES,
    SUMMARY,
    SUMMARY_HASH,
    BackupBroken,
    Entry,
    Part,
    SavedRepository,
    Summary,
    hash_of,
    hash_of_link,
    inside,
    read_manifest,
    read_summary,
)
from kallithea.services.backups.progress import SILENT, Progress

CHUNK = 1 << 20
KINDS = {FILE: stat.S_ISREG, FOLDER: stat.S_ISDIR, LINK: stat.S_ISLNK}

OpenVault = Callable[[Path], Vault]


class Verification:
    """One check of one backup, or of several that share files: what was read once is known."""

    def __init__(self, *, progress: Progress = SILENT) -> None:
        self._progress = progress
        self._hashes: dict[tuple[int, int], str] = {}

    def problems(self, backup: Path) -> Iterator[str]:
        """What is wrong with a backup, a line each; nothing where all is as it was."""
        try:
            summary = read_summary(backup)
        except KallitheaError as error:
            yield error.message
            return
        parts = list(summary.parts)
        yield from self._strangers(backup, parts)
        self._progress.begin("checking files", len(parts))
        for part in parts:
            self._progress.next(part.folder)
            try:
                yield from self._part(backup, part)
            except BackupBroken as broken:
                yield broken.message

    def _strangers(self, backup: Path, parts: Sequence[Part]) -> Iterator[str]:
        """What lies beside the parts and does not belong to the backup."""
        files = {SUMMARY, SUMMARY_HASH, *(part.manifest for part in parts)}
        folders = {MANIFESTS, *(part.folder for part in parts), *(part.folder.partition("/")[0] for part in parts)}
        inner = {part.folder for part in parts}
        for place, below, names in os.walk(backup):
            where = Path(place).relative_to(backup)
            for name in (*below, *names):
                path = (where / name).as_posix()
                if path not in (folders if name in below else files):
                    yield f"{path} does not belong to the backup."
            below[:] = [name for name in below if (where / name).as_posix() not in inner]

    def _part(self, backup: Path, part: Part) -> Iterator[str]:
        entries = read_manifest(backup, part)
        folder = backup / part.folder
        if not folder.is_dir() or folder.is_symlink():
            yield f"{part.folder} is missing."
            return
        for entry in entries:
            if problem := self._entry(folder, entry):
                yield f"{part.folder}/{entry.path} {problem}."
        known = {entry.path for entry in entries}
        for place, below, names in os.walk(folder):
            where = Path(place).relative_to(folder)
            for name in (*below, *names):
                if (path := (where / name).as_posix()) not in known:
                    yield f"{part.folder}/{path} does not belong to the backup."

    def _entry(self, folder: Path, entry: Entry) -> str:
        """What is wrong with one file, or nothing."""
        place = inside(folder, entry.path)
        try:
            found = place.lstat()
            if not KINDS[entry.kind](found.st_mode):
                return f"is no {entry.kind}"
            if entry.kind == FOLDER:
                return ""
            if entry.kind == LINK:
                return "" if hash_of_link(place) == entry.sha256 else "leads to another place"
            if stat.S_IMODE(found.st_mode) != entry.mode:
                return f"has the mode {stat.S_IMODE(found.st_mode):o} in place of {entry.mode:o}"
            if found.st_size != entry.size:
                return f"has {found.st_size} bytes in place of {entry.size}"
            return "" if self._hash(place, found) == entry.sha256 else "has another content"
        except FileNotFoundError:
            return "is missing"
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def _hash(self, place: Path, found: os.stat_result) -> str:
        key = (found.st_dev, found.st_ino)
        if key not in self._hashes:
            with place.open("rb") as file:
                self._hashes[key] = hash_of(self._told(iter(partial(file.read, CHUNK), b"")))
        return self._hashes[key]

    def _told(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._progress.tell(len(chunk))
            yield chunk


def deep_problems(
    backup: Path, summary: Summary, scratch: Path, open_vault: OpenVault, progress: Progress = SILENT
) -> Iterator[str]:
    """What git and hg say against the repositories, and where the ledger knows more than they have.

    They are looked at under a second name below `scratch`, as checking writes caches.
    """
    expected = ledger(backup / DATABASE)
    vault = open_vault(scratch)
    try:
        progress.begin("checking repositories", len(summary.repositories))
        for saved in summary.repositories:
            progress.next(saved.path)
            copy = scratch / REPOSITORIES / str(saved.id)
            shutil.copytree(backup / saved.part.folder, copy, symlinks=True, copy_function=_linked)
            backend = vault.open(Kind(saved.kind), f"{REPOSITORIES}/{saved.id}", publishing=saved.publishing)
            yield from (f"{saved.path}: {line}" for line in repository_problems(backend, saved, expected, thorough=True))
            shutil.rmtree(copy)
    finally:
        vault.close()


def repository_problems(
    backend: Backend, saved: SavedRepository, expected: Mapping[int, Mapping[str, str]], *, thorough: bool
) -> Iterator[str]:
    """What is wrong with a repository that was restored: heads, ledger, and with `thorough` every object."""
    try:
        if heads_of(backend) != tuple(saved.heads):
            yield "the heads are not those of the backup"
        for name, commit in expected.get(saved.id, {}).items():
            if not _has(backend, commit):
                yield f"the commit {commit} that was pushed to {name} is missing"
        if thorough:
            yield from backend.keeper.verify()
    except KallitheaError as error:
        yield error.message


def ledger(database: Path) -> Mapping[int, Mapping[str, str]]:
    """By repository and name: the commit that the last push left a branch or bookmark at."""
    repositories = {row["id"]: row["repository_id"] for row in dump.rows_of(database, "push")}
    found: dict[int, dict[str, str]] = {}
    for row in dump.rows_of(database, "ref_update"):
        if row["kind"] in ("branch", "bookmark"):
            names = found.setdefault(repositories[row["push_id"]], {})
            names.pop(row["name"], None)
            if row["new"]:
                names[row["name"]] = row["new"]
    return found


def _has(backend: Backend, commit: str) -> bool:
    try:
        backend.reader.commit(CommitId(commit))
    except CommitNotFound:
        return False
    return True


def _linked(source: str, target: str) -> None:
    link_or_copy(Path(source), Path(target))
