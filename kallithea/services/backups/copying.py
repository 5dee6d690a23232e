"""Copies folders into a backup and out of it again, with the hash of every file."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kallithea.lib.vcs import link_or_copy
from kallithea.services.backups.format import FILE, FOLDER, LINK, BackupBroken, Entry, hash_of_link, inside

CHUNK = 1 << 20
RACE = 2_000_000_000
"""Nanoseconds: a file that changed so shortly before it was copied is copied again, as its time may be that of two changes."""

Tell = Callable[[int], None]
"""Is told how many bytes were dealt with; may raise to end it."""


class Earlier:
    """What a part was in the generation before: a file that is unchanged since gets a second name in place of a copy."""

    def __init__(self, folder: Path, entries: Sequence[Entry], taken_ns: int) -> None:
        self._folder = folder
        self._entries: Mapping[str, Entry] = {entry.path: entry for entry in entries if entry.kind == FILE}
        self._taken_ns = taken_ns

    def unchanged(self, path: str, found: os.stat_result) -> tuple[Path, Entry] | None:
        """The file in the generation before, if by number, time, size and mode it is the same one."""
        entry = self._entries.get(path)
        if entry is None or (entry.size, entry.mode) != (found.st_size, stat.S_IMODE(found.st_mode)):
            return None
        if entry.seen != (found.st_ino, found.st_mtime_ns) or found.st_mtime_ns > self._taken_ns - RACE:
            return None
        return self._folder / path, entry

    def has(self, entry: Entry) -> bool:
        """Whether a file is the same one as then."""
        return self._entries.get(entry.path) == entry

    def same(self, path: str, sha256: str, size: int) -> Path | None:
        """The file in the generation before, if it had this content; for what is written anew each time."""
        entry = self._entries.get(path)
        return self._folder / path if entry and (entry.sha256, entry.size) == (sha256, size) else None


def save_folder(source: Path, target: Path, *, earlier: Earlier | None, tell: Tell) -> list[Entry]:
    """Copy all below `source` into the new folder `target`; what was copied."""
    target.mkdir(parents=True)
    entries: list[Entry] = []
    for place, folders, files in os.walk(source):
        inner = Path(place).relative_to(source)
        for name in sorted([*folders, *files]):
            path = (inner / name).as_posix()
            entries.append(_save(source / path, target / path, path, earlier, tell))
    return entries


def _save(source: Path, target: Path, path: str, earlier: Earlier | None, tell: Tell) -> Entry:
    found = source.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if stat.S_ISDIR(found.st_mode):
        target.mkdir()
        return Entry(path, FOLDER, mode)
    if stat.S_ISLNK(found.st_mode):
        target.symlink_to(source.readlink())
        return Entry(path, LINK, mode, sha256=hash_of_link(target))
    known = earlier.unchanged(path, found) if earlier else None
    if known and known[0].is_file() and known[0].stat().st_size == known[1].size:
        link_or_copy(known[0], target)
        tell(found.st_size)
        return known[1]
    sha256 = copy_file(source, target, mode=mode, tell=tell)
    return Entry(path, FILE, mode, found.st_size, sha256, (found.st_ino, found.st_mtime_ns))


def restore_folder(source: Path, target: Path, entries: Sequence[Entry], *, tell: Tell) -> None:
    """Copy a part of a backup to the new folder `target`, and check every file on the way. Raises BackupBroken."""
    target.mkdir(parents=True)
    links = {f"{entry.path}/" for entry in entries if entry.kind == LINK}
    for entry in sorted(entries, key=lambda entry: entry.path):
        if any(entry.path.startswith(link) for link in links):  # or it would be written wherever that leads
            raise BackupBroken(f"A manifest names {entry.path!r}, which would lie behind a symbolic link.")
        place = inside(target, entry.path)
        if entry.kind == FOLDER:
            place.mkdir()
        elif entry.kind == LINK:
            place.symlink_to(os.readlink(source / entry.path))  # noqa: PTH115 - the text of the link as it is
        else:
            restore_file(source, place, entry, tell=tell)
    for entry in entries:
        if entry.kind == FOLDER:
            inside(target, entry.path).chmod(entry.mode)


def restore_file(folder: Path, target: Path, entry: Entry, *, tell: Tell) -> None:
    """Copy one file of a part, and check it. Raises BackupBroken."""
    source = inside(folder, entry.path)
    try:
        sha256 = copy_file(source, target, mode=entry.mode, tell=tell)
    except FileNotFoundError:
        if source.exists():
            raise
        raise BackupBroken(f"{source} is missing.") from None
    if sha256 != entry.sha256:
        raise BackupBroken(f"{source} is not what it was when the backup was made.")


def copy_file(source: Path, target: Path, *, mode: int, tell: Tell) -> str:
    """Copy a file to a new place; its hash."""
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        os.fchmod(writing.fileno(), mode)
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            writing.write(chunk)
            tell(len(chunk))
    return digest.hexdigest()


def share(entries: Sequence[Entry], folder: Path, earlier: Earlier | None) -> int:
    """Let files that were written anew be those of the generation before where they are the same; bytes of the others."""
    fresh = 0
    for entry in entries:
        known = earlier.same(entry.path, entry.sha256, entry.size) if earlier else None
        if known is None or not known.is_file():
            fresh += entry.size
            continue
        beside = folder / f"{entry.path}.linked"
        link_or_copy(known, beside)
        beside.replace(folder / entry.path)
    return fresh
