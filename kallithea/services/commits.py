"""Commits: one with its changes, and lists of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from email.utils import format_datetime
from itertools import chain, islice

from kallithea.lib.errors import NotFound
from kallithea.lib.vcs import (
    Backend,
    Commit,
    CommitId,
    CommitNotFound,
    Diff,
    DiffOptions,
    FilePath,
    Reader,
    Ref,
    RefKind,
    Refs,
    Vault,
)
from kallithea.services.access.grants import ReadGrant, RepositoryFacts

COUNTED_AT_MOST = 1000
COMPARED_COMMITS = 200
"""Commits between two revisions that are listed."""


@dataclass(frozen=True, slots=True)
class ShownCommit:
    """A commit with its surroundings and what it changed against its first parent."""

    commit: Commit
    children: tuple[CommitId, ...]
    diff: Diff
    refs: Refs


@dataclass(frozen=True, slots=True)
class CommitList:
    """A page of a history. `total` counts up to COUNTED_AT_MOST + 1, None where counting would cost too much."""

    commits: tuple[Commit, ...]
    refs: Refs
    total: int | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class NamedRevision:
    """A revision as an address of a comparison names it; `kind` is None for an id or a number."""

    kind: RefKind | None
    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two commits, where their ways parted, what the second has that the first has not, and the changes between.

    `is_from_base` says that the changes are those since their ways parted, and not all that tells them apart.
    """

    old: Commit
    new: Commit
    base: Commit | None
    commits: tuple[Commit, ...]
    total: int
    diff: Diff
    is_from_base: bool
    refs: Refs


class Commits:
    """Reads histories."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def open(self, grant: ReadGrant[RepositoryFacts]) -> Backend:
        """The repository on disk that the grant is for."""
        facts = grant.target
        return self._vault.open(facts.kind, facts.location, publishing=facts.publishing)

    def show(self, grant: ReadGrant[RepositoryFacts], revision: str, options: DiffOptions) -> ShownCommit:
        """One commit by any of its names. Raises CommitNotFound."""
        reader = self.open(grant).reader
        commit = reader.resolve(revision)
        parent = commit.parents[0] if commit.parents else None
        return ShownCommit(commit, reader.children(commit.id), reader.diff(parent, commit.id, options), reader.refs())

    def patch(self, grant: ReadGrant[RepositoryFacts], revision: str) -> tuple[Commit, Iterator[bytes]]:
        """A commit and its diff as text, streamed. Raises CommitNotFound."""
        reader = self.open(grant).reader
        commit = reader.resolve(revision)
        return commit, reader.patch(commit.id)

    def mail(self, grant: ReadGrant[RepositoryFacts], revision: str) -> Iterator[bytes]:
        """A commit as a mail that `git am` and `hg import` take (git's Documentation/git-format-patch.txt)."""
        commit, patch = self.patch(grant, revision)
        return chain([_mail_head(commit)], patch, [b"-- \nKallithea\n\n"])

    def history(self, grant: ReadGrant[RepositoryFacts], *, branch: str, page: int, size: int) -> CommitList:
        """The page-th (from 1) `size` commits of one branch, or of all branches and bookmarks. Raises CommitNotFound."""
        reader = self.open(grant).reader
        refs = reader.refs()
        heads = _heads(refs, branch)
        if not heads:
            return CommitList((), refs, 0, has_more=False)
        with closing(closable(reader.history(heads, skip=(page - 1) * size))) as commits:
            found = tuple(islice(commits, size + 1))
        total = reader.count(heads, limit=COUNTED_AT_MOST + 1)
        return CommitList(found[:size], refs, total, len(found) > size)

    def file_history(
        self, grant: ReadGrant[RepositoryFacts], revision: str, path: FilePath, *, page: int, size: int
    ) -> CommitList:
        """The commits up to a revision that changed a path. Raises CommitNotFound; NotFound for a path that never was."""
        reader = self.open(grant).reader
        start = reader.resolve(revision)
        with closing(closable(reader.history([start.id], path=path, skip=(page - 1) * size))) as commits:
            found = tuple(islice(commits, size + 1))
        if not found and page == 1:
            raise NotFound(f"There never was a file {path} up to this commit.")
        return CommitList(found[:size], reader.refs(), None, len(found) > size)

    def compare(
        self,
        grant: ReadGrant[RepositoryFacts],
        old: NamedRevision,
        new: NamedRevision,
        options: DiffOptions,
        *,
        from_base: bool,
    ) -> Comparison:
        """What leads from one revision to another. Raises CommitNotFound."""
        reader = self.open(grant).reader
        refs = reader.refs()
        before, after = (reader.commit(_target(reader, refs, revision)) for revision in (old, new))
        base_id = reader.merge_base(before.id, after.id)
        start = base_id if from_base and base_id else before.id
        with closing(closable(reader.history([after.id], excluding=[before.id]))) as commits:
            found = tuple(islice(commits, COUNTED_AT_MOST + 1))
        return Comparison(
            old=before,
            new=after,
            base=reader.commit(base_id) if base_id else None,
            commits=found[:COMPARED_COMMITS],
            total=len(found),
            diff=reader.diff(start, after.id, options),
            is_from_base=from_base and base_id is not None,
            refs=refs,
        )

    def named(self, grant: ReadGrant[RepositoryFacts], name: str) -> NamedRevision:
        """What somebody means who typed a name: a branch, a tag, a bookmark, else an id or number. Raises CommitNotFound."""
        reader = self.open(grant).reader
        refs = reader.refs()
        for kind, names in _names_by_kind(refs).items():
            if any(ref.name == name for ref in names):
                return NamedRevision(kind, name)
        return NamedRevision(None, reader.resolve(name).id.hex)

    def all_names(self, grant: ReadGrant[RepositoryFacts]) -> Refs:
        """Every name of the repository."""
        return self.open(grant).reader.refs()

    def refs(self, grant: ReadGrant[RepositoryFacts], kind: RefKind) -> tuple[Refs, Sequence[Ref], dict[CommitId, Commit]]:
        """The names of one kind and what they point to."""
        reader = self.open(grant).reader
        refs = reader.refs()
        shown = _names_by_kind(refs)[kind]
        return refs, shown, {ref.target: reader.commit(ref.target) for ref in shown[:500]}


def _names_by_kind(refs: Refs) -> dict[RefKind, tuple[Ref, ...]]:
    return {RefKind.BRANCH: refs.branches, RefKind.TAG: refs.tags, RefKind.BOOKMARK: refs.bookmarks}


def _target(reader: Reader, refs: Refs, revision: NamedRevision) -> CommitId:
    if revision.kind is None:
        return reader.resolve(revision.name).id
    for ref in _names_by_kind(refs).get(revision.kind, ()):
        if ref.name == revision.name:
            return ref.target
    raise CommitNotFound(f"There is no {revision.kind.value} {revision.name}.")


def _mail_head(commit: Commit) -> bytes:
    subject, _, body = commit.message.strip().partition("\n")
    lines = [
        # The date is a constant by which programs know the format.
        f"From {commit.id} Mon Sep 17 00:00:00 2001",
        f"From: {_header(commit.author.name)} <{_header(commit.author.email)}>",
        f"Date: {format_datetime(commit.author.when)}",
        f"Subject: [PATCH] {_header(subject)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *([body.strip("\n")] if body.strip() else []),
        "---",
        "",
        "",
    ]
    return "\n".join(lines).encode("utf-8", "replace")


def _header(text: str) -> str:
    """A text that cannot begin another header line."""
    return " ".join(text.split())


def every_head(refs: Refs) -> list[CommitId]:
    """Where the history of a repository begins: all branches and bookmarks."""
    every = [ref.target for ref in (*refs.branches, *refs.bookmarks)]
    # A detached HEAD, or a repository that has only tags.
    if not every and refs.default is not None:
        every = [refs.default.target]
    return list(dict.fromkeys(every))


def _heads(refs: Refs, branch: str) -> list[CommitId]:
    if not branch:
        return every_head(refs)
    heads = [ref.target for ref in (*refs.branches, *refs.bookmarks) if ref.name == branch]
    if not heads:
        raise CommitNotFound(f"There is no branch {branch}.")
    return heads


def closable(commits: Iterator[Commit]) -> Generator[Commit, None, None]:
    """A generator around any iterator, so that leaving early ends what feeds it."""
    yield from commits
