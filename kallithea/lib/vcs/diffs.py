"""Differences between two commits, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kallithea.lib.vcs.paths import FilePath


class Change(str, Enum):
    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"


class LineKind(str, Enum):
    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line without its line end; numbers start at 1 and are None on the side where the line is not."""

    kind: LineKind
    old_number: int | None
    new_number: int | None
    content: bytes
    ends_file_without_newline: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    old_start: int
    old_length: int
    new_start: int
    new_length: int
    heading: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What happened to one file. `old_path` and `new_path` differ for renames and copies only; modes are octal as git writes
    them (`100644`, `100755`, `120000`, `160000`), None on the side where the file is not. `added` and `removed` count lines
    also where `hunks` were left out because the diff is large (`is_cut`). Sizes are in bytes and told of binary files only, as
    which files count that are larger than COMPARED_BYTES. `only_blanks`: the changes were not to be shown, being of blanks."""

    old_path: FilePath
    new_path: FilePath
    change: Change
    old_mode: str | None
    new_mode: str | None
    is_binary: bool
    added: int
    removed: int
    hunks: tuple[Hunk, ...]
    is_cut: bool = False
    old_size: int | None = None
    new_size: int | None = None
    only_blanks: bool = False


@dataclass(frozen=True, slots=True)
class Diff:
    """All changed files in path order; `is_cut` says that some hunks were left out for size.

    `is_counted` is False where not all lines were counted: time ran out, or the files are too many.
    """

    files: tuple[FileDiff, ...]
    is_cut: bool = False
    is_counted: bool = True


COMPARED_BYTES = 16 << 20
"""Files larger than this are not compared line by line: nobody reads that, and it takes several times as much memory."""
PATCHED_BYTES = 32 << 20
"""A commit that changes a larger file has no patch: git and hg need up to ten times as much memory to write it."""
PART_FILES = 300
"""Files whose changes are read at once; browsers grow slow with more, and nobody reads them."""
PART_LINES = 5_000
"""Lines of one file that are read at once."""


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """How to compare, and what to show of it.

    `cut_off` bytes of diff text are read at most; files behind them are listed without hunks, as are all but PART_FILES from
    number `first` on (counted from 0). With a `path` (the new one, or the old one of a removed file) there is this file only,
    and of it PART_LINES from line `first` on; what fits of a hunk is then shown. Past `seconds`, what was not read is cut.
    """

    context: int = 3
    ignore_whitespace: bool = False
    cut_off: int = 256_000
    first: int = 0
    path: FilePath | None = None
    seconds: float = 10.0
