"""Compares commits with `git diff-tree`: the complete list of files first, then as much of the patch as is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from kallithea.lib.vcs.diff_parser import parse_diff
from kallithea.lib.vcs.diffs import COMPARED_BYTES, PART_FILES, PART_LINES, PATCHED_BYTES, Change, Diff, DiffOptions, FileDiff
from kallithea.lib.vcs.errors import NoPatch
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.git.streams import OutOfTime, pieces_until
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
LIST_SECONDS = 10.0
"""How long the bare list of files may take, where there was no time for more."""
LONGEST_LINE = 1 << 20
"""Bytes of a line that is shown; it has to be in memory as a whole."""
# Said on each call, because diff.* settings inside the repository would change the text otherwise.
TEXT = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--full-index",
    "--submodule=short",
    "--ignore-submodules=none",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--no-relative",
)

Pair = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class _Listed:
    """A file in the raw list: paths, modes, ids of the contents, and the letter for what happened."""

    pair: Pair
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str
    change: Change

    @property
    def path(self) -> bytes:
        """The name by which one asks for it."""
        return self.pair[1]


Counts = Mapping[Pair, tuple[int, int] | None]
"""Lines added and removed by file; None for binary files."""
Sizes = Callable[[Sequence[str]], Mapping[str, int]]
"""Bytes of contents by their ids."""


class _Done(Exception):
    """Enough of the output was read: leaving with an exception does not wait for what git may say yet."""


class Comparison:
    """Two trees of one repository; `old` is None for nothing, else both are full ids."""

    def __init__(self, git: Git, folder: Path, old: str | None, new: str, options: DiffOptions) -> None:
        self._git = git
        self._folder = folder
        self._ends = ("--end-of-options", old or EMPTY_TREES[len(new)], new, "--")
        self._options = options
        self._until = time.monotonic() + options.seconds

    def read(self, sizes: Sizes) -> Diff:
        """What changed from one to the other."""
        listed, counts, patch, in_time = self._listed_and_shown()
        shown: dict[Pair, FileDiff] = {}
        for file in patch.files:
            pair = (file.old_path.raw, file.new_path.raw)
            shown[pair] = _joined(shown[pair], file) if pair in shown else file
        known = self._sizes_of_binaries(listed, counts, sizes)
        files = [self._file(item, counts, shown.get(item.pair), known) for item in listed]
        files.sort(key=lambda file: file.new_path)
        return Diff(tuple(files), is_cut=patch.is_cut or not in_time, is_counted=in_time)

    def require_patch(self, sizes: Sizes) -> None:
        """Raises NoPatch where a changed file is too large for one."""
        listed = self._list(counted=False, renames="--no-renames")[0]
        known = sizes(sorted({one for item in listed for one in (item.old_id, item.new_id) if one.strip("0")}))
        for item in listed:
            if max(known.get(item.old_id, 0), known.get(item.new_id, 0)) > PATCHED_BYTES:
                raise NoPatch(FilePath(item.path))

    def _listed_and_shown(self) -> tuple[list[_Listed], Counts, Diff, bool]:
        """All files, the counts of their lines, as many of their lines as are wanted, and whether there was time for it."""
        first, path = self._options.first, self._options.path
        try:
            if path is not None:
                found = [item for item in self._list(counted=False)[0] if item.path == path.raw]
                if not found:
                    return [], {}, Diff(()), True
                _, counts, patch = self._list(counted=True, shown=found)
                return found, counts, _only(found, patch), True
            if not first:
                return *self._list(counted=True, shown=()), True
            listed, counts, _ = self._list(counted=True)
            wanted = listed[first : first + PART_FILES]
            return listed, counts, self._list(counted=True, shown=wanted)[2] if wanted else Diff(()), True
        except OutOfTime:
            # Comparing names and ids alone reads no file.
            self._until = time.monotonic() + LIST_SECONDS
            return self._list(counted=False, renames="--no-renames")[0], {}, Diff(()), False

    def _list(
        self, *, counted: bool, shown: Sequence[_Listed] | None = None, renames: str = "--find-copies"
    ) -> tuple[list[_Listed], Counts, Diff]:
        """The raw list, the counts and the patch of these files (of the first ones where none are named)."""
        arguments = ["-c", f"core.bigFileThreshold={COMPARED_BYTES}", "diff-tree", "-r", "-z", "--raw", *TEXT, renames]
        arguments += ["--numstat"] if counted else []
        arguments += ["--patch", f"--unified={self._options.context}"] if shown is not None else []
        arguments += ["--ignore-all-space"] if self._options.ignore_whitespace else []
        paths = dict.fromkeys(name for item in shown or () for name in item.pair)
        names = [name.decode("utf-8", "surrogateescape") for name in paths]
        found: tuple[list[_Listed], Counts, Diff] | None = None
        with suppress(_Done), self._git.reading(self._folder, *arguments, *self._ends, *names) as stream:
            records = _Records(stream, self._until)
            listed = list(_listed(records))
            counts = dict(_counts(records)) if counted else {}
            found = listed, counts, Diff(()) if shown is None else self._patch(records)
            raise _Done
        assert found is not None
        return found

    def _patch(self, records: _Records) -> Diff:
        cut_off, first = self._options.cut_off, self._options.first
        lines = _lines(records.rest(), cut_off)
        if self._options.path is None:
            return parse_diff(_files(lines, PART_FILES, cut_off), cut_off=cut_off)
        return parse_diff(lines, cut_off=cut_off, part=range(first, first + PART_LINES))

    def _sizes_of_binaries(self, listed: Sequence[_Listed], counts: Counts, sizes: Sizes) -> Mapping[str, int]:
        first = 0 if self._options.path else self._options.first
        items = [item for item in listed[first : first + PART_FILES] if item.pair in counts and counts[item.pair] is None]
        ids = {one for item in items for one in (item.old_id, item.new_id) if one.strip("0")}
        return sizes(sorted(ids)) if ids else {}

    def _file(self, item: _Listed, counts: Counts, shown: FileDiff | None, sizes: Mapping[str, int]) -> FileDiff:
        count = counts.get(item.pair, (0, 0))
        added, removed = count or (0, 0)
        is_parted = self._options.path is not None
        hunks = shown.hunks if shown and (is_parted or not shown.is_cut) else ()
        # git leaves out of its counts what has no changes but those that it is told to ignore.
        is_left_out = item.pair not in counts
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
            is_cut=bool(shown and shown.is_cut) if is_parted else bool(added or removed or not counts) and not hunks,
            old_size=sizes.get(item.old_id) if count is None else None,
            new_size=sizes.get(item.new_id) if count is None else None,
            only_blanks=is_left_out and self._options.ignore_whitespace and item.change is Change.MODIFIED,
        )


def sizes_of(git: Git, folder: Path, blob_ids: Sequence[str]) -> dict[str, int]:
    """Bytes of contents by their ids, asked for all at once; what the repository lost is left out."""
    asked = "\n".join(blob_ids).encode("ascii") + b"\n"
    said = git.run(folder, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)
    told = (line.partition(" ") for line in said.decode("ascii", "replace").splitlines())
    return {blob_id: int(size) for blob_id, _, size in told if size.isdigit()}


def patch_text(git: Git, folder: Path, old: str | None, new: str) -> Iterator[bytes]:
    """The whole difference as text that `git apply` takes, in pieces."""
    # hg knows no quoted names, so only those are quoted that git must quote.
    arguments = ["-c", "core.quotePath=false", "diff-tree", "-r", "--patch", "--binary", "--find-copies", *TEXT]
    arguments += ["--end-of-options", old or EMPTY_TREES[len(new)], new, "--"]
    with git.reading(folder, *arguments) as stream:
        while piece := stream.read(1 << 16):
            yield piece


def _joined(first: FileDiff, second: FileDiff) -> FileDiff:
    """One change of type, which git's patch tells as a removal and an addition of the same path."""
    return replace(first, hunks=first.hunks + second.hunks, is_cut=first.is_cut or second.is_cut)


def _only(wanted: Sequence[_Listed], patch: Diff) -> Diff:
    """Of a patch, these files: what a file was copied from may be in it too."""
    pairs = {item.pair for item in wanted}
    return replace(patch, files=tuple(file for file in patch.files if (file.old_path.raw, file.new_path.raw) in pairs))


class _Records:
    """The part of the output in front of the patch: texts that end with NUL. Raises OutOfTime."""

    def __init__(self, stream: IO[bytes], until: float) -> None:
        self._pieces = pieces_until(stream, until)
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

    def rest(self) -> Iterator[bytes]:
        """What was read and not used, then the rest of the output, piece by piece."""
        yield self._buffer[self._position :]
        yield from self._pieces

    def _fill(self) -> bool:
        more = next(self._pieces, b"")
        self._buffer, self._position = self._buffer[self._position :] + more, 0
        return bool(more)


def _listed(records: _Records) -> Iterator[_Listed]:
    """`:100644 100755 <id> <id> R100 NUL old NUL new NUL`, the second name for renames and copies only."""
    while records.peek() == b":":
        old_mode, new_mode, old_id, new_id, status = records.next()[1:].split(" ")
        old = records.next_raw()
        new = records.next_raw() if status[0] in "RC" else old
        yield _Listed((old, new), old_mode, new_mode, old_id, new_id, CHANGES.get(status[0], Change.MODIFIED))


def _counts(records: _Records) -> Iterator[tuple[Pair, tuple[int, int] | None]]:
    """`12 TAB 3 TAB name NUL`, or `12 TAB 3 TAB NUL old NUL new NUL`; dashes in place of numbers for binary files."""
    while (begin := records.peek()) and begin != b"\0":
        added, removed, name = records.next_raw().split(b"\t", 2)
        pair = (name, name) if name else (records.next_raw(), records.next_raw())
        yield pair, None if added == b"-" else (int(added), int(removed))
    records.next_raw()  # the empty record between list and patch


def _lines(pieces: Iterator[bytes], cut_off: int) -> Iterator[bytes]:
    """The lines of the patch with their ends. In place of a line that is too long, and when time runs out, one too large for
    the cut."""
    rest = b""
    is_skipping = False
    try:
        for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if not is_skipping:
                    yield line + b"\n"
                is_skipping = False
            if len(rest) > LONGEST_LINE and not is_skipping:
                yield rest[:1] + b" " * cut_off
                is_skipping = True
            rest = b"" if is_skipping else rest
    except OutOfTime:
        rest = b" " * (cut_off + 1)
    if rest and not is_skipping:
        yield rest


def _files(lines: Iterator[bytes], most: int, cut_off: int) -> Iterator[bytes]:
    """The lines of so many files at most, ending with the one that crosses the cut."""
    left = cut_off
    for line in lines:
        most -= line.startswith(b"diff --git ")
        if most < 0 or left < 0:
            return
        yield line
        left -= len(line)
