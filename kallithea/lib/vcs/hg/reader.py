"""Reads hg repositories through Mercurial's own classes, as clients see them: secret and hidden commits are not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from kallithea.lib.cache import SizedCache
from kallithea.lib.errors import Invalid
from kallithea.lib.trace import traced_reader
from kallithea.lib.vcs.archives import Archive, ArchiveCache, ArchiveFormat
from kallithea.lib.vcs.backend import Pair, Reader
from kallithea.lib.vcs.blame import IGNORED_BYTES, IGNORED_COMMITS, Blame, ignored_commits
from kallithea.lib.vcs.diffs import Diff, DiffOptions
from kallithea.lib.vcs.errors import CommitNotFound, PathNotFound
from kallithea.lib.vcs.hg import comparing, files, opened, searching, walking
from kallithea.lib.vcs.hg.archiving import read_archive
from kallithea.lib.vcs.hg.blame import read_blame
from kallithea.lib.vcs.hg.commits import NULL_REVISION, commit_at, id_of, number_of
from kallithea.lib.vcs.hg.last_changes import last_changes
from kallithea.lib.vcs.hg.names import node_by_digits, read_refs, resolve_number
from kallithea.lib.vcs.hg.origins import find_origin
from kallithea.lib.vcs.hg.pair import HgPair
from kallithea.lib.vcs.hg.queries import Queries
from kallithea.lib.vcs.hg.signatures import read_signatures
from kallithea.lib.vcs.hg.tagging import read_tag_notes
from kallithea.lib.vcs.last_changes import ChangesMemory, LastChanges
from kallithea.lib.vcs.objects import Blob, Commit, CommitId, Feature, Refs, TagNote, TreeEntry
from kallithea.lib.vcs.pairs import in_either
from kallithea.lib.vcs.paths import ROOT, FilePath, last_part
from kallithea.lib.vcs.signatures import KeySignature
from kallithea.lib.vcs.walks import EVERYTHING, Children, CommitFilter, Divergence, Origin, Stretch

FEATURES = frozenset({Feature.BOOKMARKS, Feature.QUERIES})
BYTES_PER_DIVERGENCE = 400

# What is counted from one full id to another never changes.
_divergences: SizedCache[Divergence] = SizedCache(8 << 20)


@traced_reader
class HgReader:
    """Reads one repository. Each call sees the disk as it is; an iterator goes on with what it began with."""

    features = FEATURES

    def __init__(
        self, folder: Path, *, publishing: bool, changes: ChangesMemory, archives: ArchiveCache, queries: Queries
    ) -> None:
        self._folder = folder
        self._changes = changes
        self._archives = archives
        self._queries = queries
        self._publishing = publishing

    def refs(self) -> Refs:
        return read_refs(self._repo())

    def fingerprint(self) -> str:
        facts = repr((opened.stamp_of(self._folder), self._publishing))
        return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()

    def resolve(self, name: str) -> Commit:
        repo = self._repo()
        return commit_at(repo, resolve_number(repo, name))

    def beginning_with(self, digits: str) -> CommitId | None:
        repo = self._repo()
        try:
            node = node_by_digits(repo, digits)
            return None if node is None else id_of(repo, number_of(repo, CommitId(node.hex())))
        except CommitNotFound:
            return None

    def commit(self, commit_id: CommitId) -> Commit:
        repo = self._repo()
        return commit_at(repo, number_of(repo, commit_id))

    def signatures(self, commit_id: CommitId) -> tuple[KeySignature, ...]:
        return read_signatures(self._repo(), self.commit(commit_id))

    def children(self, commit_id: CommitId, *, seconds: float) -> Children:
        repo = self._repo()
        found, is_complete = walking.children(repo, number_of(repo, commit_id), seconds=seconds)
        return Children(tuple(id_of(repo, number) for number in found), is_complete)

    def history(
        self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = (), path: FilePath | None = None, skip: int = 0
    ) -> Iterator[Commit]:
        repo = self._repo()
        starts = [number_of(repo, head) for head in heads]
        if starts and not excluding:
            found = walking.ancestors_from(repo, starts, max(starts))
        else:
            found = walking.ancestors(repo, starts, [number_of(repo, commit_id) for commit_id in excluding])
        if path is not None and path != ROOT:
            found = walking.touching(repo, found, path)
        return (commit_at(repo, number) for number in islice(found, skip, None))

    def stretch(
        self,
        heads: Sequence[CommitId],
        wanted: CommitFilter = EVERYTHING,
        *,
        at: str = "",
        skip: int = 0,
        size: int,
        seconds: float,
    ) -> Stretch:
        chosen = None
        if wanted.query:
            chosen = self._queries.numbers(self._folder, wanted.query, publishing=self._publishing, seconds=seconds)
        repo = self._repo()
        starts = [number_of(repo, head) for head in heads]
        return searching.stretch(repo, starts, wanted, chosen=chosen, at=at, skip=skip, size=size, seconds=seconds)

    def origin(self, commit_id: CommitId, path: FilePath) -> Origin | None:
        repo = self._repo()
        return find_origin(repo, number_of(repo, commit_id), path)

    def divergence(self, base: CommitId, other: CommitId, *, seconds: float) -> Divergence | None:
        repo = self._repo()
        numbers = number_of(repo, base), number_of(repo, other)
        key = (self._folder, base, other)
        known = _divergences.get(key)
        if known is None:
            known = walking.divergence(repo, *numbers, seconds=seconds)
            if known is not None:
                _divergences.put(key, known, BYTES_PER_DIVERGENCE)
        return known

    def tag_notes(self, names: Sequence[str]) -> dict[str, TagNote]:
        return read_tag_notes(self._repo(), names)

    def count(self, heads: Sequence[CommitId], *, limit: int) -> int:
        repo = self._repo()
        return walking.count(repo, [number_of(repo, head) for head in heads], limit=limit)

    def counting(self, head: CommitId, *, limit: int) -> AbstractContextManager[Callable[[], int]]:
        return nullcontext(lambda: self.count([head], limit=limit))

    def tree(self, commit_id: CommitId, path: FilePath = ROOT) -> tuple[TreeEntry, ...]:
        repo = self._repo()
        return files.read_tree(repo, repo[number_of(repo, commit_id)], path)

    def last_changes(self, commit_id: CommitId, path: FilePath, entries: Sequence[TreeEntry], *, seconds: float) -> LastChanges:
        names = [last_part(entry.path) for entry in entries]
        repo = self._repo()
        modules = files.with_subrepositories_alone(repo[number_of(repo, commit_id)], entries)
        return last_changes(repo, self._folder, self._changes, commit_id, path, names, modules=modules, seconds=seconds)

    def paths(self, commit_id: CommitId) -> tuple[FilePath, ...]:
        repo = self._repo()
        return files.read_paths(repo, repo[number_of(repo, commit_id)])

    def entry(self, commit_id: CommitId, path: FilePath) -> TreeEntry:
        repo = self._repo()
        return files.read_entry(repo, repo[number_of(repo, commit_id)], path)

    def blob(self, commit_id: CommitId, path: FilePath) -> Blob:
        repo = self._repo()
        return files.read_blob(repo, repo[number_of(repo, commit_id)], path)

    def blobs(self, commit_id: CommitId, paths: Sequence[FilePath]) -> dict[FilePath, Blob]:
        repo = self._repo()
        return files.read_blobs(repo, repo[number_of(repo, commit_id)], paths)

    def blame(self, commit_id: CommitId, path: FilePath, *, seconds: float) -> Blame:
        repo = self._repo()
        number = number_of(repo, commit_id)
        files.read_blob(repo, repo[number], path)
        return read_blame(repo, number, path, self._ignored(repo, number), seconds=seconds)

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None:
        repo = self._repo()
        nodes = [repo.changelog.node(number_of(repo, commit_id)) for commit_id in (one, other)]
        found = repo.changelog.ancestor(*nodes)
        return None if found == repo.nullid else CommitId(found.hex())

    def diff(self, old: CommitId | None, new: CommitId, options: DiffOptions = DiffOptions()) -> Diff:
        repo = self._repo()
        return comparing.read_diff(repo, NULL_REVISION if old is None else number_of(repo, old), number_of(repo, new), options)

    def beside(self, other: Reader) -> Pair:
        if not isinstance(other, HgReader):
            raise Invalid("A Mercurial repository can be compared with another one only.")

        return HgPair(self._folder, other._folder, in_either(self, other))

    def patch(self, commit_id: CommitId) -> Iterator[bytes]:
        repo = self._repo()
        return comparing.read_patch(repo, number_of(repo, commit_id))

    def archive(self, commit_id: CommitId, path: FilePath, kind: ArchiveFormat, prefix: str) -> Archive:
        self.entry(commit_id, path)
        return self._archives.kept(
            (commit_id.hex, path.raw.hex(), kind.value, prefix),
            lambda: read_archive(self._folder, commit_id, path, kind, prefix, publishing=self._publishing),
        )

    def _ignored(self, repo: Any, number: int) -> frozenset[CommitId]:
        try:
            listed = files.read_blob(repo, repo[number], IGNORED_COMMITS)
        except PathNotFound:
            return frozenset()
        return ignored_commits(listed.read(IGNORED_BYTES))

    def _repo(self) -> Any:
        return opened.served(self._folder, publishing=self._publishing)
