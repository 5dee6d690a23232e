"""Compares commits with `git diff-tree`: the complete list of files first, then as much of the patch as is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from kallithea.lib.vcs.diff_parser import parse_diff
from kallithea.lib.vcs.diffs import Change, Diff, DiffOptions, FileDiff
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.paths import FilePath

EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""What git knows as the tree without entries, by the length of ids, whether it is stored or not."""
CHANGES = {
    "A": Change.ADDED,
    "C": Change.COPIED,
    "D": Change.REMOVED,
    "M": Change.MODIFIED,
    "R": Change.RENAMED,
    "T": Change.MODIFIED,  # a file that became a link, or the like
}
ABSENT = "000000"
# Said on each call, because diff.* settings inside the repository would change the text otherwise.
TEXT = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--full-index",
    "--find-renames",
    "--find-copies",
    "--submodule=short",
    "--ignore-submodules=none",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--no-relative",
)

Pair = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class _Listed:
    """A file in the raw list: paths, modes and the letter for what happened."""

    pair: Pair
    old_mode: str
    new_mode: str
    change: Change


def compare(git: Git, folder: Path, old: str | None, new: str, options: DiffOptions) -> Diff:
    """What changed from `old` (None: from nothing) to `new`; both are full ids."""
    arguments = ["diff-tree", "-r", "-z", "--raw", "--numstat", "--patch", *TEXT, f"--unified={options.context}"]
    if options.ignore_whitespace:
        arguments.append("--ignore-all-space")
    arguments += ["--end-of-options", old or EMPTY_TREES[len(new)], new, "--"]
    with git.reading(folder, *arguments) as stream:
        records = _Records(stream)
        listed = list(_listed(records))
        counts = dict(_counts(records))
        patch = parse_diff(_lines(records.rest(), stream, options.cut_off), cut_off=options.cut_off)
    shown: dict[Pair, FileDiff] = {}
    for file in patch.files:
        pair = (file.old_path.raw, file.new_path.raw)
        shown[pair] = _joined(shown[pair], file) if pair in shown else file
    files = [_file(item, counts[item.pair], shown.get(item.pair)) for item in listed if item.pair in counts]
    files.sort(key=lambda file: file.new_path)
    return Diff(tuple(files), is_cut=patch.is_cut)


def patch_text(git: Git, folder: Path, old: str | None, new: str) -> Iterator[bytes]:
    """The whole difference as text that `git apply` takes, in pieces."""
    arguments = ["diff-tree", "-r", "--patch", "--binary", *TEXT]
    arguments += ["--end-of-options", old or EMPTY_TREES[len(new)], new, "--"]
    with git.reading(folder, *arguments) as stream:
        while piece := stream.read(1 << 16):
            yield piece


def _file(item: _Listed, count: tuple[int, int] | None, shown: FileDiff | None) -> FileDiff:
    added, removed = count or (0, 0)
    hunks = shown.hunks if shown and not shown.is_cut else ()
    return FileDiff(
        old_path=FilePath(item.pair[0]),
        new_path=FilePath(item.pair[1]),
        change=item.change,
        old_mode=None if item.old_mode == ABSENT else item.old_mode,
        new_mode=None if item.new_mode == ABSENT else item.new_mode,
        is_binary=count is None,
        added=added,
        removed=removed,
        hunks=hunks,
        is_cut=bool(added or removed) and not hunks,
    )


def _joined(first: FileDiff, second: FileDiff) -> FileDiff:
    """One change of type, which git's patch tells as a removal and an addition of the same path."""
    return replace(first, hunks=first.hunks + second.hunks, is_cut=first.is_cut or second.is_cut)


class _Records:
    """The part of the output in front of the patch: texts that end with NUL."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b""
        self._position = 0

    def peek(self) -> bytes:
        """The first byte of the next record, b"" at the end of the output."""
        if self._position >= len(self._buffer):
            self._fill()
        return self._buffer[self._position : self._position + 1]

    def next(self) -> str:
        return self.next_raw().decode("ascii", "replace")

    def next_raw(self) -> bytes:
        while (end := self._buffer.find(b"\0", self._position)) < 0:
            if not self._fill():
                return b""
        record = self._buffer[self._position : end]
        self._position = end + 1
        return record

    def rest(self) -> bytes:
        """What was read from the stream and not used."""
        rest, self._buffer, self._position = self._buffer[self._position :], b"", 0
        return rest

    def _fill(self) -> bool:
        more: bytes = self._stream.read1(1 << 16)  # type: ignore[attr-defined]  # a pipe's reader is a BufferedReader
        self._buffer, self._position = self._buffer[self._position :] + more, 0
        return bool(more)


def _listed(records: _Records) -> Iterator[_Listed]:
    """`:100644 100755 <id> <id> R100 NUL old NUL new NUL`, the second name for renames and copies only."""
    while records.peek() == b":":
        old_mode, new_mode, _, _, status = records.next()[1:].split(" ")
        old = records.next_raw()
        new = records.next_raw() if status[0] in "RC" else old
        yield _Listed((old, new), old_mode, new_mode, CHANGES.get(status[0], Change.MODIFIED))


def _counts(records: _Records) -> Iterator[tuple[Pair, tuple[int, int] | None]]:
    """`12 TAB 3 TAB name NUL`, or `12 TAB 3 TAB NUL old NUL new NUL`; dashes in place of numbers for binary files."""
    while (begin := records.peek()) and begin != b"\0":
        added, removed, name = records.next_raw().split(b"\t", 2)
        pair = (name, name) if name else (records.next_raw(), records.next_raw())
        yield pair, None if added == b"-" else (int(added), int(removed))
    records.next_raw()  # the empty record between list and patch


def _lines(begun: bytes, stream: IO[bytes], cut_off: int) -> Iterator[bytes]:
    """The lines of the patch, ending with the one that crosses the cut; not a byte more is read than that takes."""
    left = cut_off
    pieces = begun.split(b"\n")
    partial = pieces.pop()
    for piece in pieces:
        yield piece + b"\n"
        left -= len(piece) + 1
        if left < 0:
            return
    while left >= 0:
        line = partial + stream.readline(max(1, left + 1 - len(partial)))
        if not line:
            return
        partial = b""
        yield line
        left -= len(line)
