"""Commits: one with its changes, and lists of them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

from kallithea.lib.diff.mail import mail
from kallithea.lib.errors import TooLarge
from kallithea.lib.highlight import language_of_name
from kallithea.lib.messages import commit_words
from kallithea.lib.vcs import (
    EVERYTHING,
    Backend,
    Blob,
    Children,
    Commit,
    CommitFilter,
    CommitId,
    CommitNotFound,
    Diff,
    DiffOptions,
    FilePath,
    KeySignature,
    Pair,
    Reader,
    RefKind,
    Refs,
    Vault,
)
from kallithea.services import histories
from kallithea.services.access.grants import ReadGrant, RepositoryFacts
from kallithea.services.histories import CommitList
from kallithea.services.ref_lists import RefList, list_refs, names_of_kind
from kallithea.services.surroundings import NO_SURROUNDINGS, WHOLE_BYTES, Surroundings, Version, read_surroundings

COUNTED_AT_MOST = 1000
LINES_READ = 1_000_000
"""Bytes of lines that are read for a page, so that a file of one endless line takes no memory."""
COMPARED_COMMITS = 200
"""Commits between two revisions that are listed."""
CHILDREN_SECONDS = 1.5
"""Seconds that looking for the children of an old commit may take."""
MENTIONED_WORDS = 100
"""Words of the messages of one page that are looked up as ids of commits; each costs a look into the index."""


@dataclass(frozen=True, slots=True)
class ShownCommit:
    """A commit with what pushes add to it."""

    commit: Commit
    children: Children
    refs: Refs


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """What a commit changed against its first parent, and the neighbourhood of that."""

    diff: Diff
    around: Surroundings


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
    around: Surroundings = NO_SURROUNDINGS

    @property
    def start(self) -> Commit:
        """Where the changes begin."""
        return self.base if self.is_from_base and self.base is not None else self.old


@dataclass(frozen=True, slots=True)
class FileLines:
    """Neighbouring lines of a file without their line feeds; whether the file goes on, and if not, how its last line ends.

    `above` are all lines in front of them, where they are few and tell in which colours to show these.
    """

    lines: tuple[bytes, ...]
    has_more: bool
    lacks_newline: bool
    above: tuple[bytes, ...] = ()


def read_lines(blob: Blob, start: int, count: int) -> FileLines:
    """The lines from number `start` (from 1) on, `count` at most. Raises TooLarge where they are more than LINES_READ."""
    skipped, found, rest = 0, [], b""
    for chunk in blob.chunks():
        *whole, rest = (rest + chunk).split(b"\n")
        if skipped < start - 1:
            passed = min(start - 1 - skipped, len(whole))
            whole, skipped = whole[passed:], skipped + passed
        found += whole
        if skipped < start - 1:
            rest = rest[:1]  # of a line that is not wanted, only that it is there counts
        if len(found) > count:
            break
        if sum(map(len, found)) + len(rest) > LINES_READ:
            raise TooLarge("The lines are too long to be shown here.")
    is_last = skipped == start - 1 and len(found) < count and bool(rest)
    shown = (*found, rest) if is_last else found[:count]
    has_more = len(found) > count or (len(found) == count and bool(rest))
    return FileLines(tuple(shown), has_more, lacks_newline=is_last)


class Commits:
    """Reads histories."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def open(self, grant: ReadGrant[RepositoryFacts]) -> Backend:
        """The repository on disk that the grant is for, with the names of people as `.mailmap` gives them."""
        facts = grant.target
        return self._vault.open_for_people(facts.kind, facts.location, publishing=facts.publishing)

    def stored(self, grant: ReadGrant[RepositoryFacts]) -> Backend:
        """The repository on disk with the names of people as commits have them."""
        facts = grant.target
        return self._vault.open(facts.kind, facts.location, publishing=facts.publishing)

    def fingerprint(self, grant: ReadGrant[RepositoryFacts]) -> str:
        """What stands for all that can be seen of the repository on disk: `Reader.fingerprint`. Raises RepositoryMissing."""
        return self.stored(grant).reader.fingerprint()

    def show(self, grant: ReadGrant[RepositoryFacts], revision: str) -> ShownCommit:
        """One commit by any of its names. Raises CommitNotFound."""
        reader = self.open(grant).reader
        commit = reader.resolve(revision)
        return ShownCommit(commit, reader.children(commit.id, seconds=CHILDREN_SECONDS), reader.refs())

    def changes(self, grant: ReadGrant[RepositoryFacts], commit: Commit, options: DiffOptions) -> ShownChanges:
        """What a commit changed; always the same for the same commit and options."""
        reader = self.open(grant).reader
        parent = commit.parents[0] if commit.parents else None
        diff = reader.diff(parent, commit.id, options)
        around = read_surroundings(diff, options, Version(reader, parent) if parent else None, Version(reader, commit.id))
        return ShownChanges(diff, around)

    def proper_names(self, grant: ReadGrant[RepositoryFacts]) -> str:
        """What stands for all that `.mailmap` says of people."""
        facts = grant.target
        return self._vault.mailmap(facts.kind, facts.location).digest

    def signatures(self, grant: ReadGrant[RepositoryFacts], revision: str) -> tuple[KeySignature, ...]:
        """The signatures of a commit and of its tags. Raises CommitNotFound."""
        reader = self.open(grant).reader
        return reader.signatures(reader.resolve(revision).id)

    def lines(
        self, grant: ReadGrant[RepositoryFacts], revision: str, path: FilePath, start: int, count: int
    ) -> tuple[Commit, FileLines]:
        """Some lines of a file, from number `start` (from 1). Raises CommitNotFound, PathNotFound; TooLarge for long ones."""
        reader = self.open(grant).reader
        commit = reader.resolve(revision)
        blob = reader.blob(commit.id, path)
        found = read_lines(blob, start, count)
        if start > 1 and blob.size <= WHOLE_BYTES and language_of_name(path.name):
            found = replace(found, above=tuple(blob.read(WHOLE_BYTES).split(b"\n", start - 1)[: start - 1]))
        return commit, found

    def patch(self, grant: ReadGrant[RepositoryFacts], revision: str) -> tuple[Commit, Iterator[bytes]]:
        """A commit as it was stored and its diff as text, streamed. Raises CommitNotFound."""
        reader = self.stored(grant).reader
        commit = reader.resolve(revision)
        return commit, reader.patch(commit.id)

    def mail(self, grant: ReadGrant[RepositoryFacts], revision: str) -> Iterator[bytes]:
        """A commit as a mail that `git am` and `hg import` take. Raises CommitNotFound."""
        return mail(*self.patch(grant, revision))

    def history(
        self,
        grant: ReadGrant[RepositoryFacts],
        *,
        branch: str,
        page: int,
        size: int,
        wanted: CommitFilter = EVERYTHING,
        after: str = "",
    ) -> CommitList:
        """`size` commits of one branch, or of all branches and bookmarks: those `after` a place, else the page-th (from 1).

        Raises CommitNotFound; Invalid for a place or a query that cannot be.
        """
        reader = self.open(grant).reader
        refs = reader.refs()
        heads = _heads(refs, branch)
        if not heads:
            return CommitList((), refs, 0, has_more=False)
        total = reader.count(heads, limit=COUNTED_AT_MOST + 1) if wanted.is_empty else None
        return histories.part(reader, refs, heads, wanted, page=page, size=size, after=after, total=total)

    def file_history(
        self, grant: ReadGrant[RepositoryFacts], revision: str, path: FilePath, *, page: int, size: int, after: str = ""
    ) -> CommitList:
        """The commits up to a revision that changed a path, and before it was renamed its former one.

        Raises CommitNotFound; NotFound for a path that never was.
        """
        reader = self.open(grant).reader
        return histories.of_path(reader, reader.resolve(revision), path, page=page, size=size, after=after)

    def compare(
        self,
        grant: ReadGrant[RepositoryFacts],
        old: NamedRevision,
        new: NamedRevision,
        options: DiffOptions,
        *,
        from_base: bool,
        other: ReadGrant[RepositoryFacts] | None = None,
    ) -> Comparison:
        """What leads from one revision to another, which is one of the `other` repository if that is given.

        Raises CommitNotFound, and Invalid for repositories of two kinds.
        """
        reader = self.open(grant).reader
        theirs = self.open(other).reader if other else reader
        refs = theirs.refs()
        before = reader.commit(_target(reader, reader.refs() if other else refs, old))
        after = theirs.commit(_target(theirs, refs, new))
        both: Pair = reader.beside(theirs) if other else reader
        base_id = both.merge_base(before.id, after.id)
        start = base_id if from_base and base_id else before.id
        diff = both.diff(start, after.id, options)
        with closing(closable(both.history([after.id], excluding=[before.id]))) as commits:
            found = tuple(islice(commits, COUNTED_AT_MOST + 1))
        return Comparison(
            old=before,
            new=after,
            base=both.commit(base_id) if base_id else None,
            commits=found[:COMPARED_COMMITS],
            total=len(found),
            diff=diff,
            is_from_base=from_base and base_id is not None,
            refs=refs,
            around=read_surroundings(diff, options, Version(reader, start), Version(theirs, after.id)),
        )

    def named(self, grant: ReadGrant[RepositoryFacts], name: str) -> NamedRevision:
        """What somebody means who typed a name: a branch, a tag, a bookmark, else an id or number. Raises CommitNotFound."""
        reader = self.open(grant).reader
        refs = reader.refs()
        for kind, names in names_of_kind(refs).items():
            if any(ref.name == name for ref in names):
                return NamedRevision(kind, name)
        return NamedRevision(None, reader.resolve(name).id.hex)

    def all_names(self, grant: ReadGrant[RepositoryFacts]) -> Refs:
        """Every name of the repository."""
        return self.open(grant).reader.refs()

    def mentioned(self, grant: ReadGrant[RepositoryFacts], texts: Iterable[str]) -> dict[str, CommitId]:
        """The commits that texts name by full or abbreviated ids, by the words there; of many words the first ones."""
        words = dict.fromkeys(islice((word for text in texts for word in commit_words(text)), MENTIONED_WORDS))
        if not words:
            return {}
        reader = self.open(grant).reader
        found = ((word, reader.beginning_with(word)) for word in words)
        return {word: commit_id for word, commit_id in found if commit_id is not None}

    def refs(self, grant: ReadGrant[RepositoryFacts], kind: RefKind, *, text: str = "", page: int = 1) -> RefList:
        """The page-th (from 1) names of one kind that have a text in them."""
        return list_refs(self.open(grant).reader, kind, text=text, page=page)


def _target(reader: Reader, refs: Refs, revision: NamedRevision) -> CommitId:
    if revision.kind is None:
        return reader.resolve(revision.name).id
    for ref in names_of_kind(refs).get(revision.kind, ()):
        if ref.name == revision.name:
            return ref.target
    raise CommitNotFound(f"There is no {revision.kind.value} {revision.name}.")


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
