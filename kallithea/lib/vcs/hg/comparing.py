"""Differences between commits, in the git format, which tells renames, copies and modes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from mercurial import mdiff
from mercurial import patch as hgpatch

from kallithea.lib.vcs.diff_parser import parse_diff
from kallithea.lib.vcs.diffs import Change, Diff, DiffOptions, FileDiff
from kallithea.lib.vcs.hg.manifests import Manifest, manifest_of
from kallithea.lib.vcs.objects import EntryKind

MODES = {EntryKind.FILE: "100644", EntryKind.EXECUTABLE: "100755", EntryKind.SYMLINK: "120000"}


def read_diff(repo: Any, old: int, new: int, options: DiffOptions) -> Diff:
    """What changed from commit number `old` (-1: from nothing) to `new`."""
    settings = mdiff.diffopts(
        git=True,
        showfunc=True,
        nobinary=True,
        context=options.context,
        ignorews=options.ignore_whitespace,
    )
    before, after = repo[old], repo[new]
    chunks = hgpatch.diff(repo, before.node(), after.node(), opts=settings)
    found = parse_diff(_lines(chunks), cut_off=options.cut_off)
    old_files, new_files = manifest_of(before), manifest_of(after)
    return replace(found, files=tuple(_with_modes(file, old_files, new_files) for file in found.files))


def read_patch(repo: Any, number: int) -> Iterator[bytes]:
    """The text of what a commit changed against its first parent, such as `hg import` and `git apply` read."""
    context = repo[number]
    settings = mdiff.diffopts(git=True, showfunc=True)
    yield from hgpatch.diff(repo, context.p1().node(), context.node(), opts=settings)


def _with_modes(file: FileDiff, old_files: Manifest, new_files: Manifest) -> FileDiff:
    """The same with both modes: hg writes them only where they differ."""
    old, new = old_files.find(file.old_path.raw), new_files.find(file.new_path.raw)
    return replace(
        file,
        old_mode=MODES[old.kind] if old and file.change is not Change.ADDED else None,
        new_mode=MODES[new.kind] if new and file.change is not Change.REMOVED else None,
    )


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text line by line, with line feeds; a carriage return ends no line."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest
