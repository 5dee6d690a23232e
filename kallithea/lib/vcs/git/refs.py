"""Reads the refs of a git repository from its files: packed-refs and the tree of loose refs (gitrepository-layout(5))."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kallithea.lib.vcs.errors import RepositoryMissing

OBJECT_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SYMBOLIC = b"ref:"
BRANCHES = b"refs/heads/"
TAGS = b"refs/tags/"
Stamp = tuple[int, int, int]
ABSENT: Stamp = (0, 0, 0)
RACE = 100_000_000
"""Nanoseconds in which two updates may get the same time stamp: kernels stamp files by the tick, some file systems coarser."""


@dataclass(frozen=True, slots=True)
class RefSnapshot:
    """All refs at one moment: full names to object ids. `head` is what HEAD names, `detached` the id in it if it names none."""

    ids: dict[bytes, str]
    head: bytes | None
    detached: str | None


@dataclass(frozen=True, slots=True)
class SeenRefs:
    """All refs as they were found, and what stands for them: the same in every process, and after refs were packed."""

    fingerprint: str
    snapshot: RefSnapshot


@dataclass(slots=True)
class RefWatch:
    """Reads the refs anew only when a few stat calls tell that a file of them changed."""

    folder: Path
    _folders: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    _seen: tuple[list[Stamp], SeenRefs] | None = None

    def look(self) -> SeenRefs:
        """The refs now. Raises RepositoryMissing.

        git replaces ref files by renaming, so each update touches its folder. A change just now could share its time stamp
        with the next one; until the stamps are old enough nothing is remembered by them.
        """
        stamps = self.stamps()
        youngest = max(modified for modified, _, _ in stamps)
        rests = time.time_ns() - youngest >= RACE
        known = self._seen
        if rests and known is not None and known[0] == stamps:
            return known[1]
        # The stamps are older than what is read now, so at worst the next look reads once more.
        snapshot = read_snapshot(self.folder)
        seen = SeenRefs(_digest(snapshot), snapshot)
        if rests:
            self._seen = (stamps, seen)
        return seen

    def stamps(self) -> list[Stamp]:
        """Those of all files and folders that change with any ref. Raises RepositoryMissing."""
        base = os.fspath(self.folder)
        stamps = [stamp(f"{base}/HEAD"), stamp(f"{base}/packed-refs")]
        if stamps[0] == ABSENT:
            raise _missing()
        waiting = [f"{base}/refs"]
        while waiting:
            path = waiting.pop()
            found = stamp(path)
            stamps.append(found)
            waiting += self._subfolders(path, found[0])
        return stamps

    def _subfolders(self, path: str, modified: int) -> tuple[str, ...]:
        known = self._folders.get(path)
        if known and known[0] == modified:
            return known[1]
        try:
            with os.scandir(path) as entries:
                found = tuple(sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False)))
        except (FileNotFoundError, NotADirectoryError):
            self._folders.pop(path, None)
            return ()
        if time.time_ns() - modified >= RACE:
            self._folders[path] = (modified, found)
        return found


def stamp(path: str) -> Stamp:
    """Time of change in nanoseconds, number of the file and its size; ABSENT if there is nothing.

    Strings in place of Path objects: this runs for every page, and making the objects takes longer than asking the disk.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - see above
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    return found.st_mtime_ns, found.st_ino, found.st_size


def _digest(snapshot: RefSnapshot) -> str:
    """Stands for all refs. Names have no line feed (git-check-ref-format(1)), so no two snapshots make the same text."""
    ids = snapshot.ids
    names = sorted(ids)
    found = hashlib.blake2b(repr((snapshot.head, snapshot.detached)).encode(), digest_size=16)
    found.update(b"\n".join(names))
    found.update("\n".join(["", *map(ids.__getitem__, names)]).encode())
    return found.hexdigest()


def _missing() -> RepositoryMissing:
    return RepositoryMissing("The repository is not on the disk of the server.")


def read_snapshot(folder: Path) -> RefSnapshot:
    """All refs now. Loose ones are read first, as git does: a ref packed meanwhile is then found twice and never missed."""
    try:
        head = (folder / "HEAD").read_bytes().strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing() from error
    loose = dict(_loose_refs(folder))
    ids = _packed_refs(folder)
    for name, text in loose.items():
        ids.pop(name, None)
        if OBJECT_ID.fullmatch(text):
            ids[name] = text.decode()
    for name, text in loose.items():
        if text.startswith(SYMBOLIC) and (target := ids.get(text[len(SYMBOLIC) :].strip())):
            ids[name] = target
    if head.startswith(SYMBOLIC):
        return RefSnapshot(ids, head[len(SYMBOLIC) :].strip(), None)
    return RefSnapshot(ids, None, head.decode() if OBJECT_ID.fullmatch(head) else None)


def _loose_refs(folder: Path) -> Iterator[tuple[bytes, bytes]]:
    waiting = [b"refs"]
    base = os.fsencode(folder) + b"/"
    while waiting:
        name = waiting.pop()
        try:
            with os.scandir(base + name) as entries:
                found = list(entries)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in found:
            full_name = name + b"/" + entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append(full_name)
            elif not entry.name.endswith(b".lock") and (text := _text(entry.path)):
                yield full_name, text


def _text(path: bytes) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the name is bytes, which pathlib does not take
            return file.read(4096).strip()
    except (FileNotFoundError, IsADirectoryError):
        return b""


def _packed_refs(folder: Path) -> dict[bytes, str]:
    """The refs in packed-refs; its lines with `^`, what tags point to, are not used: tags are read and remembered anyway."""
    try:
        text = (folder / "packed-refs").read_bytes()
    except FileNotFoundError:
        return {}
    ids: dict[bytes, str] = {}
    for line in text.split(b"\n"):
        object_id, blank, name = line.partition(b" ")
        if blank and not line.startswith((b"#", b"^")):
            ids[name] = object_id.decode("ascii", "replace")
    return ids
