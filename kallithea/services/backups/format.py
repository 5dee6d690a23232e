"""What a backup looks like: its files, and the two texts that say what has to be in it.

backup.json            what it is of, every part with the hash of its manifest, every head of every repository
backup.json.sha256     the hash of that
manifests/<part>.jsonl a line for each file and folder of a part
database/              a file for each table, a line for each row
settings/              the ini file; variables/ has what the environment said beside it, a file for each variable
repositories/<number>/ a repository as it lies in the vault
discarded/<folder>/    a repository that was deleted and can be restored
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kallithea.lib.errors import Conflict, NotFound, Unavailable

FORMAT = 1
SUMMARY, SUMMARY_HASH = "backup.json", "backup.json.sha256"
MANIFESTS, DATABASE, SETTINGS, REPOSITORIES, DISCARDED = "manifests", "database", "settings", "repositories", "discarded"
VARIABLES = "variables"
FILE, FOLDER, LINK = "file", "folder", "link"


class BackupBroken(Unavailable):
    """A backup is not what it was when it was made."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or symbolic link of a part. The path may hold bytes that are no text, as Python's surrogates."""

    path: str
    kind: str
    mode: int
    size: int = 0
    sha256: str = ""
    """Of the content; of a link, of where it leads."""
    seen: tuple[int, int] = (0, 0)
    """Number and time of change (nanoseconds) of the file that it was copied from: by them it is known to be unchanged."""


@dataclass(frozen=True, slots=True)
class Part:
    """A folder of a backup with its manifest."""

    folder: str
    manifest: str
    sha256: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class SavedRepository:
    """One repository in a backup."""

    id: int
    path: str
    kind: str
    location: str
    publishing: bool
    part: Part
    heads: tuple[str, ...]
    """What each branch, tag and bookmark points to, a line each."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup says of itself."""

    taken_at: datetime
    """The moment that a restored instance shows again."""
    release: str
    revision: str
    """The schema of the database."""
    engine: str
    ini_file: str
    database: Part
    settings: Part | None
    repositories: tuple[SavedRepository, ...]
    discarded: tuple[Part, ...]
    missing: tuple[str, ...] = field(default=())
    """Repositories whose folder was not there."""

    @property
    def parts(self) -> Iterator[Part]:
        """Everything that has a manifest."""
        yield self.database
        if self.settings:
            yield self.settings
        yield from (repository.part for repository in self.repositories)
        yield from self.discarded

    def repository(self, path: str) -> SavedRepository:
        """The repository that had this path. Raises NotFound."""
        wanted = path.strip("/").casefold()
        for repository in self.repositories:
            if repository.path.casefold() == wanted:
                return repository
        raise NotFound(f"There is no repository {path} in this backup.")


def write_summary(folder: Path, summary: Summary) -> None:
    """Write the two files that make a folder a backup."""
    said = {"format": FORMAT, **asdict(summary), "taken_at": summary.taken_at.isoformat()}
    content = (json.dumps(said, indent=1, sort_keys=True) + "\n").encode()
    (folder / SUMMARY).write_bytes(content)
    (folder / SUMMARY_HASH).write_text(f"{hashlib.sha256(content).hexdigest()}  {SUMMARY}\n")
    for name in (SUMMARY, SUMMARY_HASH):
        (folder / name).chmod(0o600)


def read_summary(folder: Path) -> Summary:
    """What a backup says of itself. Raises NotFound for a folder that is none, BackupBroken, Conflict for a later format."""
    try:
        content = (folder / SUMMARY).read_bytes()
        noted = (folder / SUMMARY_HASH).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        reason = "is not a whole backup" if folder.exists() else "is not there"
        raise NotFound(f"{folder} {reason}.", hint="kallithea-cli backup-list shows those that are.") from error
    if noted != f"{hashlib.sha256(content).hexdigest()}  {SUMMARY}\n".encode():
        raise BackupBroken(f"{SUMMARY} does not have the hash that {SUMMARY_HASH} notes.")
    said = json.loads(content)
    if said["format"] != FORMAT:
        raise Conflict(f"The backup was made by Kallithea {said.get('release')}, in a format that this release does not read.")
    return Summary(
        taken_at=datetime.fromisoformat(said["taken_at"]),
        release=said["release"],
        revision=said["revision"],
        engine=said["engine"],
        ini_file=said["ini_file"],
        database=Part(**said["database"]),
        settings=Part(**said["settings"]) if said["settings"] else None,
        repositories=tuple(_repository(each) for each in said["repositories"]),
        discarded=tuple(Part(**each) for each in said["discarded"]),
        missing=tuple(said["missing"]),
    )


def _repository(said: dict[str, Any]) -> SavedRepository:
    return SavedRepository(**{**said, "part": Part(**said["part"]), "heads": tuple(said["heads"])})


def write_manifest(backup: Path, folder: str, entries: Sequence[Entry]) -> Part:
    """Note what is in a part."""
    name = f"{MANIFESTS}/{folder.replace('/', '-')}.jsonl"
    (backup / MANIFESTS).mkdir(mode=0o700, exist_ok=True)
    content = b"".join(_line(entry) for entry in sorted(entries, key=lambda entry: entry.path))
    (backup / name).write_bytes(content)
    (backup / name).chmod(0o600)
    files = [entry for entry in entries if entry.kind == FILE]
    return Part(folder, name, hashlib.sha256(content).hexdigest(), len(files), sum(entry.size for entry in files))


def read_manifest(backup: Path, part: Part) -> Sequence[Entry]:
    """What has to be in a part. Raises BackupBroken."""
    try:
        content = (backup / part.manifest).read_bytes()
    except FileNotFoundError:
        raise BackupBroken(f"{part.manifest} is missing.") from None
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise BackupBroken(f"{part.manifest} does not have the hash that {SUMMARY} notes.")
    return [_entry(json.loads(line)) for line in content.splitlines()]


def inside(folder: Path, path: str) -> Path:
    """The place of an entry. Raises BackupBroken for one that would be elsewhere."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise BackupBroken(f"A manifest names {path!r}, which is no place in a backup.")
    return folder.joinpath(*parts)


def hash_of(chunks: Iterable[bytes]) -> str:
    """The SHA-256 of a content."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def hash_of_link(path: Path) -> str:
    """The SHA-256 of where a symbolic link leads."""
    return hash_of([os.fsencode(path.readlink())])


def _line(entry: Entry) -> bytes:
    return (json.dumps(asdict(entry), sort_keys=True) + "\n").encode("ascii")


def _entry(said: dict[str, Any]) -> Entry:
    return Entry(**{**said, "seen": tuple(said["seen"])})
