"""Files and folders at a revision, and the first look at a repository."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from kallithea.lib.vcs import (
    ROOT,
    Blob,
    Commit,
    CommitNotFound,
    EntryKind,
    FilePath,
    Reader,
    Refs,
    TreeEntry,
)
from kallithea.services.access.grants import ReadGrant, RepositoryFacts
from kallithea.services.commits import COUNTED_AT_MOST, Commits, closable

README_LIMIT = 512 * 1024
"""Bytes of a README that are read."""
LATEST = 10


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """What is at a path of a revision: `entries` for a folder, `blob` for a file, neither for a submodule."""

    revision: str
    commit: Commit
    path: FilePath
    entry: TreeEntry
    refs: Refs
    entries: tuple[TreeEntry, ...] = ()
    blob: Blob | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The first look at a repository; `commit` is None while it is empty."""

    refs: Refs
    commit: Commit | None = None
    latest: tuple[Commit, ...] = ()
    commit_count: int = 0
    entries: tuple[TreeEntry, ...] = ()


class Files:
    """Reads trees and files."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits

    def show(self, grant: ReadGrant[RepositoryFacts], parts: Sequence[str], *, raw_path: FilePath | None = None) -> ShownPlace:
        """What an address behind `files/` names: a revision, which may have slashes, and a path in it.

        `raw_path` is given where the path is no UTF-8. Raises CommitNotFound, PathNotFound.
        """
        reader = self._commits.open(grant).reader
        refs = reader.refs()
        revision, rest = _split(refs, parts)
        commit = reader.resolve(revision or grant.target.landing or "")
        path = raw_path if raw_path is not None else FilePath.from_text("/".join(rest))
        entry = reader.entry(commit.id, path)
        if entry.kind is EntryKind.FOLDER:
            return ShownPlace(revision, commit, path, entry, refs, entries=reader.tree(commit.id, path))
        if entry.kind is EntryKind.SUBMODULE:
            return ShownPlace(revision, commit, path, entry, refs)
        return ShownPlace(revision, commit, path, entry, refs, blob=reader.blob(commit.id, path))

    def is_empty(self, grant: ReadGrant[RepositoryFacts]) -> bool:
        """Whether nothing was pushed yet."""
        refs = self._commits.open(grant).reader.refs()
        return not (refs.branches or refs.tags or refs.bookmarks or refs.default)

    def read(self, grant: ReadGrant[RepositoryFacts], commit: Commit, path: FilePath, *, limit: int) -> bytes:
        """The first bytes of a file. Raises PathNotFound."""
        return self._commits.open(grant).reader.blob(commit.id, path).read(limit)

    def overview(self, grant: ReadGrant[RepositoryFacts]) -> Overview:
        """The newest commits and the top folder of the landing revision."""
        reader: Reader = self._commits.open(grant).reader
        refs = reader.refs()
        try:
            commit = reader.resolve(grant.target.landing or "")
        except CommitNotFound:
            return Overview(refs)
        with closing(closable(reader.history([commit.id]))) as history:
            latest = tuple(islice(history, LATEST))
        count = reader.count([commit.id], limit=COUNTED_AT_MOST + 1)
        return Overview(refs, commit, latest, count, reader.tree(commit.id, ROOT))


def _split(refs: Refs, parts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The revision at the beginning of a path and the rest: the longest name that is a ref, else the first part."""
    names = {ref.name for ref in (*refs.branches, *refs.tags, *refs.bookmarks) if "/" in ref.name}
    if names:
        for length in range(len(parts), 1, -1):
            if (name := "/".join(parts[:length])) in names:
                return name, parts[length:]
    return (parts[0], parts[1:]) if parts else ("", ())
