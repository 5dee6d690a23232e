"""Differences between commits, in the git format, which tells renames, copies and modes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mercurial import copies, mdiff
from mercurial import patch as hgpatch

from kallithea.lib.vcs.diff_parser import parse_diff
from kallithea.lib.vcs.diffs import COMPARED_BYTES, PART_FILES, PART_LINES, PATCHED_BYTES, Change, Diff, DiffOptions, FileDiff
from kallithea.lib.vcs.errors import NoPatch
from kallithea.lib.vcs.hg.files import known_size
from kallithea.lib.vcs.hg.manifests import ListedFile, Manifest, manifest_of
from kallithea.lib.vcs.objects import EntryKind
from kallithea.lib.vcs.paths import FilePath

MODES = {EntryKind.FILE: "100644", EntryKind.EXECUTABLE: "100755", EntryKind.SYMLINK: "120000"}
OPERATIONS = {b"copy": Change.COPIED, b"rename": Change.RENAMED}


def read_diff(repo: Any, old: int, new: int, options: DiffOptions) -> Diff:
    """What changed from commit number `old` (-1: from nothing) to `new`."""
    return _Comparison(repo, repo[old], repo[new], options).read()


def read_patch(repo: Any, number: int) -> Iterator[bytes]:
    """The text of what a commit changed against its first parent, such as `hg import` and `git apply` read. Raises NoPatch."""
    context = repo[number]
    _require_patch(repo, context)
    settings = mdiff.diffopts(git=True, showfunc=True)
    found: Iterator[bytes] = hgpatch.diff(repo, context.p1().node(), context.node(), opts=settings)
    return found


def _require_patch(repo: Any, context: Any) -> None:
    status = context.p1().status(context)
    for side, names in ((context.p1(), [*status.modified, *status.removed]), (context, [*status.modified, *status.added])):
        files = manifest_of(side)
        for listed in filter(None, map(files.find, names)):
            if known_size(repo, listed) > PATCHED_BYTES:
                raise NoPatch(FilePath(listed.path))


@dataclass(frozen=True, slots=True)
class _Pair:
    """A changed file: its names before and after (None where it is not), and whether it was copied or renamed."""

    old: bytes | None
    new: bytes | None
    operation: bytes | None

    @property
    def path(self) -> bytes:
        """The name by which one asks for it."""
        return self.new or self.old or b""

    @property
    def change(self) -> Change:
        if self.operation is not None:
            return OPERATIONS[self.operation]
        return Change.ADDED if self.old is None else Change.REMOVED if self.new is None else Change.MODIFIED


class _Comparison:
    """Two commits, the list of their differences first, then as much of the text as is wanted."""

    def __init__(self, repo: Any, before: Any, after: Any, options: DiffOptions) -> None:
        self._repo = repo
        self._before = before
        self._after = after
        self._old_files: Manifest = manifest_of(before)
        self._new_files: Manifest = manifest_of(after)
        self._options = options
        self._until = time.monotonic() + options.seconds
        self._is_in_time = True
        self._settings = mdiff.diffopts(
            git=True,
            showfunc=True,
            nobinary=True,
            context=options.context,
            ignorews=options.ignore_whitespace,
        )

    def read(self) -> Diff:
        pairs = self._pairs()
        options = self._options
        if options.path is None:
            wanted, part = pairs[options.first : options.first + PART_FILES], None
        else:
            wanted = pairs = [pair for pair in pairs if pair.path == options.path.raw]
            part = range(options.first, options.first + PART_LINES)
        text = _lines(chunk for pair in wanted for chunk in self._text(pair))
        found = parse_diff(text, cut_off=options.cut_off, part=part)
        shown = {file.new_path.raw: file for file in found.files}
        wanted_paths = {pair.path for pair in wanted}
        files = tuple(
            self._file(pair, shown.get(pair.path), is_wanted=pair.path in wanted_paths)
            for pair in pairs
            if pair.path in shown or pair.path not in wanted_paths or not self._is_same(pair)
        )
        is_counted = self._is_in_time and len(wanted) == len(pairs)
        return Diff(files, is_cut=found.is_cut or not self._is_in_time, is_counted=is_counted)

    def _pairs(self) -> list[_Pair]:
        status = self._before.status(self._after)
        copied = copies.pathcopies(self._before, self._after)
        # A merge may have brought files that the status tells as modified or removed, though the older side never had them.
        modified = [name for name in status.modified if name in self._before]
        added = sorted([*status.added, *(name for name in status.modified if name not in self._before)])
        removed = [name for name in status.removed if name in self._before]
        copied = {new: old for new, old in copied.items() if old in self._before}
        found = hgpatch._filepairs(modified, added, removed, copied, self._settings)
        return sorted((_Pair(*pair) for pair in found), key=lambda pair: pair.path)

    def _text(self, pair: _Pair) -> Iterator[bytes]:
        """The diff of one file as text; nothing when time is out or the file is too large."""
        if time.monotonic() > self._until:
            self._is_in_time = False
            return
        if max(self._sizes(pair)) > COMPARED_BYTES:
            return
        modified = [pair.new] if pair.old == pair.new or pair.new in self._before else []
        added = [pair.new] if pair.new is not None and not modified else []
        removed = [pair.old] if pair.change in (Change.REMOVED, Change.RENAMED) else []
        copied = {pair.new: pair.old} if pair.operation else {}
        yield from hgpatch.diff(
            self._repo,
            self._before.node(),
            self._after.node(),
            changes=[modified, added, removed],
            copy=copied,
            opts=self._settings,
        )

    def _is_same(self, pair: _Pair) -> bool:
        """Whether a file of which hg writes nothing did not change at all: its status tells by ids, and these have the history
        of a file in them. So it tells a file, too, that was put back as it was, or that both sides of a merge changed alike."""
        old, new = self._listed(pair)
        if not self._is_in_time or old is None or new is None or pair.old != pair.new or old.kind is not new.kind:
            return False
        if max(self._sizes(pair)) > COMPARED_BYTES:
            return False
        return not self._options.ignore_whitespace or not self._before[pair.old].cmp(self._after[pair.new])

    def _file(self, pair: _Pair, shown: FileDiff | None, *, is_wanted: bool) -> FileDiff:
        """The same with both modes, which hg writes only where they differ, and with what the text has not."""
        old, new = self._listed(pair)
        told = FileDiff(
            old_path=FilePath(pair.path if pair.old is None else pair.old),
            new_path=FilePath(pair.path),
            change=pair.change,
            old_mode=MODES[old.kind] if old else None,
            new_mode=MODES[new.kind] if new else None,
            is_binary=False,
            added=0,
            removed=0,
            hunks=(),
        )
        sizes = self._sizes(pair) if is_wanted else (0, 0)
        is_large = max(sizes) > COMPARED_BYTES
        if (shown and shown.is_binary) or is_large:
            return replace(told, is_binary=True, old_size=sizes[0] if old else None, new_size=sizes[1] if new else None)
        if shown:
            return replace(told, added=shown.added, removed=shown.removed, hunks=shown.hunks, is_cut=shown.is_cut)
        # hg writes nothing about what has no changes but those that it is told to ignore.
        is_blank = is_wanted and self._is_in_time and self._options.ignore_whitespace and pair.change is Change.MODIFIED
        return replace(told, is_cut=not is_wanted or not self._is_in_time, only_blanks=is_blank)

    def _listed(self, pair: _Pair) -> tuple[ListedFile | None, ListedFile | None]:
        return (
            self._old_files.find(pair.old) if pair.old is not None else None,
            self._new_files.find(pair.new) if pair.new is not None else None,
        )

    def _sizes(self, pair: _Pair) -> tuple[int, int]:
        old, new = (known_size(self._repo, listed) if listed else 0 for listed in self._listed(pair))
        return old, new


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text line by line, with line feeds; a carriage return ends no line."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest
