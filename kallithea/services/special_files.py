"""What the names of a folder do not say: where links lead, and which files only point to their content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kallithea.lib.vcs import (
    ATTRIBUTES,
    POINTER_BYTES,
    STANDIN_BYTES,
    STANDINS,
    TRACKED,
    Commit,
    EntryKind,
    FilePath,
    PathNotFound,
    Reader,
    TreeEntry,
    pointer_in,
)

LOOKED_INTO = 200
"""Files of one page of a folder that are read for this."""
TARGET_BYTES = 4096
ATTRIBUTES_BYTES = 100_000
LFS_BYTES = range(120, 200)
"""How long pointers of Git LFS are: three lines with a hash and a number."""


def looked_into(reader: Reader, commit: Commit, folder: FilePath, entries: Sequence[TreeEntry]) -> tuple[TreeEntry, ...]:
    """The entries of a folder, with the targets of links and with pointers."""
    links = {entry.path for entry in entries if entry.kind is EntryKind.SYMLINK}
    suspects = {entry.path for entry in entries if entry.kind in _FILES and entry.size in _suspicious_sizes(folder)}
    if suspects and not _is_standin(folder) and not _keeps_files_elsewhere(reader, commit, folder):
        suspects = set()
    chosen = {entry.path for entry in [entry for entry in entries if entry.path in links | suspects][:LOOKED_INTO]}
    return tuple(look_into(reader, commit, entry) if entry.path in chosen else entry for entry in entries)


def look_into(reader: Reader, commit: Commit, entry: TreeEntry) -> TreeEntry:
    """A symbolic link with its target, a pointer with where it points, anything else as it was."""
    if entry.kind is EntryKind.SYMLINK:
        target = reader.blob(commit.id, entry.path).read(TARGET_BYTES)
        return replace(entry, target=target.decode("utf-8", "replace"))
    if entry.kind not in _FILES or entry.size is None or entry.size >= POINTER_BYTES:
        return entry
    return replace(entry, pointer=pointer_in(entry.path, reader.blob(commit.id, entry.path).read(POINTER_BYTES)))


_FILES = (EntryKind.FILE, EntryKind.EXECUTABLE)


def _is_standin(folder: FilePath) -> bool:
    return (folder.raw + b"/").startswith(STANDINS)


def _suspicious_sizes(folder: FilePath) -> range:
    return range(STANDIN_BYTES - 1, STANDIN_BYTES + 1) if _is_standin(folder) else LFS_BYTES


def _keeps_files_elsewhere(reader: Reader, commit: Commit, folder: FilePath) -> bool:
    """Whether attributes of this folder or of one above it speak of Git LFS."""
    for place in (FilePath(b""), *folder.parts):
        try:
            attributes = reader.blob(commit.id, place / ATTRIBUTES).read(ATTRIBUTES_BYTES)
        except PathNotFound:
            continue
        if TRACKED in attributes:
            return True
    return False
