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
    also where `hunks` were left out because the diff is large (`is_cut`)."""

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


@dataclass(frozen=True, slots=True)
class Diff:
    """The changed files in path order; `is_cut` says that some hunks or files were left out for size."""

    files: tuple[FileDiff, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """How to compare. `cut_off` bytes of diff text are read at most; files behind them are listed without hunks."""

    context: int = 3
    ignore_whitespace: bool = False
    cut_off: int = 256_000
