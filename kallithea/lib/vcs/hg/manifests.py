"""The files of a commit. hg keeps them as one sorted list of full paths, so that folders are found by halving it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mercurial import manifest as hgmanifest

from kallithea.lib.vcs.objects import EntryKind

KINDS = {b"": EntryKind.FILE, b"x": EntryKind.EXECUTABLE, b"l": EntryKind.SYMLINK}
NODE_DIGITS = 40
AFTER_SLASH = b"0"  # the byte behind `/`: `a0` is behind everything in folder `a`


@dataclass(frozen=True, slots=True)
class ListedFile:
    path: bytes
    node: bytes
    kind: EntryKind


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list as hg stores it: lines of path, NUL, node in hex digits and flags (mercurial/manifest.py)."""

    text: bytes

    def find(self, path: bytes) -> ListedFile | None:
        """The file with exactly this path."""
        start = self._position(path)
        found = self._line(start)
        return _listed(found) if found.partition(b"\0")[0] == path else None

    def has_folder(self, path: bytes) -> bool:
        inside = path + b"/"
        return self._line(self._position(inside)).startswith(inside)

    def listing(self, folder: bytes) -> Iterator[ListedFile | bytes]:
        """What is directly in a folder, in the list's order: files, and folders by their full path."""
        inside = folder + b"/" if folder else b""
        position = self._position(inside)
        while (line := self._line(position)) and line.startswith(inside):
            path = line.partition(b"\0")[0]
            name, slash, _ = path[len(inside) :].partition(b"/")
            if slash:
                yield inside + name
                position = self._position(inside + name + AFTER_SLASH, low=position)
            else:
                yield _listed(line)
                position += len(line) + 1

    def names(self) -> list[bytes]:
        """The paths of all files."""
        return [line.partition(b"\0")[0] for line in self.text.split(b"\n") if line]

    def files_below(self, folder: bytes) -> Iterator[ListedFile]:
        """All files in a folder and in what is below it, or the file of exactly this name; b"" is the root."""
        if folder and (file := self.find(folder)):
            yield file
        inside = folder + b"/" if folder else b""
        position = self._position(inside)
        while (line := self._line(position)) and line.startswith(inside):
            yield _listed(line)
            position += len(line) + 1

    def _line(self, start: int) -> bytes:
        end = self.text.find(b"\n", start)
        return self.text[start:end] if end >= 0 else b""

    def _position(self, path: bytes, *, low: int = 0) -> int:
        """Where the first line begins whose path is not before `path`; `low` is a line's beginning at or before it."""
        text, high = self.text, len(self.text)
        while low < high:
            start = text.rfind(b"\n", low, (low + high) // 2) + 1 or low
            if text[start : text.find(b"\0", start)] < path:
                low = text.find(b"\n", start) + 1
            else:
                high = start
        return low


def manifest_of(context: Any) -> Manifest:
    """The files of a commit; Mercurial keeps the last few lists in memory."""
    stored = context.manifest()
    if isinstance(stored, hgmanifest.treemanifest):
        lines = (b"%s\0%s%s\n" % (path, node.hex().encode(), flags) for path, node, flags in stored.iterentries())
        return Manifest(b"".join(sorted(lines)))
    return Manifest(stored.text())


def _listed(line: bytes) -> ListedFile:
    path, _, rest = line.partition(b"\0")
    return ListedFile(path, bytes.fromhex(rest[:NODE_DIGITS].decode()), KINDS.get(rest[NODE_DIGITS:], EntryKind.FILE))
