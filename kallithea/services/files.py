"""Files and folders at a revision, and the first look at a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

from kallithea.lib.highlight import SIZE_LIMIT, can_be_shown, is_binary
from kallithea.lib.vcs import (
    IGNORED_COMMITS,
    ROOT,
    Archive,
    ArchiveFormat,
    Blame,
    Blob,
    Commit,
    CommitId,
    CommitNotFound,
    EntryKind,
    FilePath,
    PathNotFound,
    Reader,
    Refs,
    TreeEntry,
)
from kallithea.services.access.grants import ReadGrant, RepositoryFacts
from kallithea.services.commits import COUNTED_AT_MOST, Commits, closable
from kallithea.services.special_files import look_into, looked_into

README_LIMIT = 512 * 1024
"""Bytes of a README that are read."""
LATEST = 10
BLAME_SECONDS = 8.0
"""Seconds after which the rest of the lines of a file stay without an author."""
ENTRIES_SHOWN = 1000
"""Entries of a folder on one page; browsers grow slow with more."""
FIRST_LOOK = 0.4
"""Seconds that are spent on the last commits of a folder when it is looked at for the first time."""


@dataclass(frozen=True, slots=True)
class EntryChanges:
    """The last commit of each entry; with `is_complete` False there was no time for those that are missing."""

    by_path: Mapping[FilePath, Commit] = field(default_factory=dict)
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """What is at a path of a revision: `entries` for a folder, `blob` for a file, neither for a submodule.

    `shown` are the entries of the page asked for, `changes` their last commits.
    """

    revision: str
    commit: Commit
    path: FilePath
    entry: TreeEntry
    refs: Refs
    entries: tuple[TreeEntry, ...] = ()
    shown: tuple[TreeEntry, ...] = ()
    changes: EntryChanges = EntryChanges()
    blob: Blob | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The first look at a repository; `commit` is None while it is empty."""

    refs: Refs
    commit: Commit | None = None
    latest: tuple[Commit, ...] = ()
    commit_count: int = 0
    entries: tuple[TreeEntry, ...] = ()
    shown: tuple[TreeEntry, ...] = ()
    changes: EntryChanges = EntryChanges()


@dataclass(frozen=True, slots=True)
class ShownBlame:
    """The commits that the lines of a file come from; `blame` is None where there are no lines to tell of."""

    content: bytes
    blame: Blame | None
    commits: Mapping[CommitId, Commit]
    has_ignored: bool


class Files:
    """Reads trees and files."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits

    def show(
        self, grant: ReadGrant[RepositoryFacts], parts: Sequence[str], *, raw_path: FilePath | None = None, page: int = 1
    ) -> ShownPlace:
        """What an address behind `files/` names: a revision, which may have slashes, and a path in it.

        `raw_path` is given where the path is no UTF-8; `page` (from 1) counts ENTRIES_SHOWN entries of a folder.
        Raises CommitNotFound, PathNotFound.
        """
        reader = self._commits.open(grant).reader
        refs = reader.refs()
        revision, rest = _split(refs, parts)
        commit = reader.resolve(revision or grant.target.landing or "")
        path = raw_path if raw_path is not None else FilePath.from_text("/".join(rest))
        entry = reader.entry(commit.id, path)
        if entry.kind is EntryKind.FOLDER:
            entries = reader.tree(commit.id, path)
            shown = entries[(page - 1) * ENTRIES_SHOWN : page * ENTRIES_SHOWN]
            changes = _changes(reader, commit, path, shown)
            shown = looked_into(reader, commit, path, shown)
            return ShownPlace(revision, commit, path, entry, refs, entries, shown, changes)
        if entry.kind is EntryKind.SUBMODULE:
            return ShownPlace(revision, commit, path, entry, refs)
        entry = look_into(reader, commit, entry)
        return ShownPlace(revision, commit, path, entry, refs, blob=reader.blob(commit.id, path))

    def blob(self, grant: ReadGrant[RepositoryFacts], parts: Sequence[str], *, raw_path: FilePath | None = None) -> Blob:
        """The file that an address behind `raw/` names. Raises CommitNotFound, PathNotFound, also for what is no file."""
        reader = self._commits.stored(grant).reader
        revision, rest = _split(reader.refs(), parts)
        commit = reader.resolve(revision or grant.target.landing or "")
        return reader.blob(commit.id, raw_path if raw_path is not None else FilePath.from_text("/".join(rest)))

    def annotate(self, grant: ReadGrant[RepositoryFacts], place: ShownPlace) -> ShownBlame:
        """Who wrote the lines of a file. Raises PathNotFound for what is no file."""
        if place.blob is None:
            raise PathNotFound(f"{place.path} is not a file.")
        content = place.blob.read(SIZE_LIMIT + 1)
        has_lines = content and can_be_shown(content, len(content)) and not is_binary(content)
        if place.entry.kind is EntryKind.SYMLINK or not has_lines:
            return ShownBlame(content, None, {}, has_ignored=False)
        reader = self._commits.open(grant).reader
        blame = reader.blame(place.commit.id, place.path, seconds=BLAME_SECONDS)
        commits = {found: reader.commit(found) for found in {part.origin.commit for part in blame.ranges}}
        return ShownBlame(content, blame, commits, has_ignored=_has(reader, place.commit, IGNORED_COMMITS))

    def archive(
        self, grant: ReadGrant[RepositoryFacts], revision: str, path: FilePath, kind: ArchiveFormat
    ) -> tuple[str, Commit, Archive]:
        """A revision, or a folder of it, as one file: its name without the ending, the commit, and the bytes.

        Raises CommitNotFound, PathNotFound.
        """
        reader = self._commits.open(grant).reader
        commit = reader.resolve(revision)
        name = f"{grant.target.path.replace('/', '_')}-{commit.id.short}"
        return name, commit, reader.archive(commit.id, path, kind, name)

    def all_paths(self, grant: ReadGrant[RepositoryFacts], revision: str) -> tuple[Commit, tuple[FilePath, ...], Refs]:
        """Every file of a revision. Raises CommitNotFound."""
        reader = self._commits.open(grant).reader
        commit = reader.resolve(revision or grant.target.landing or "")
        return commit, reader.paths(commit.id), reader.refs()

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
        with reader.counting(commit.id, limit=COUNTED_AT_MOST + 1) as counted:
            with closing(closable(reader.history([commit.id]))) as history:
                latest = tuple(islice(history, LATEST))
            entries = reader.tree(commit.id, ROOT)
            shown = entries[:ENTRIES_SHOWN]
            changes = _changes(reader, commit, ROOT, shown)
            shown = looked_into(reader, commit, ROOT, shown)
            return Overview(refs, commit, latest, counted(), entries, shown, changes)


def _changes(reader: Reader, commit: Commit, path: FilePath, entries: Sequence[TreeEntry]) -> EntryChanges:
    found = reader.last_changes(commit.id, path, entries, seconds=FIRST_LOOK)
    commits = {commit_id: reader.commit(commit_id) for commit_id in set(found.commits.values())}
    return EntryChanges({path / name: commits[last] for name, last in found.commits.items()}, found.is_complete)


def _has(reader: Reader, commit: Commit, path: FilePath) -> bool:
    try:
        reader.entry(commit.id, path)
    except PathNotFound:
        return False
    return True


def _split(refs: Refs, parts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The revision at the beginning of a path and the rest: the longest name that is a ref, else the first part."""
    names = {ref.name for ref in (*refs.branches, *refs.tags, *refs.bookmarks) if "/" in ref.name}
    if names:
        for length in range(len(parts), 1, -1):
            if (name := "/".join(parts[:length])) in names:
                return name, parts[length:]
    return (parts[0], parts[1:]) if parts else ("", ())
