"""What repositories hold, the same for hg and git: frozen values without a way back to the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from kallithea.lib.lazy import lazy
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.pointers import Pointer
from kallithea.lib.vcs.versions import version_key


class Kind(str, Enum):
    """The two kinds of repository."""

    HG = "hg"
    GIT = "git"

    def __str__(self) -> str:
        return self.value


class Feature(Enum):
    """What one kind has and the other has not; pages and services ask for these, never for the kind."""

    BOOKMARKS = "bookmarks"
    QUERIES = "queries"


@dataclass(frozen=True, slots=True, order=True)
class CommitId:
    """The full id of a commit: 40 or 64 lower-case hexadecimal digits."""

    hex: str

    @property
    def short(self) -> str:
        """The twelve digits shown to people."""
        return self.hex[:12]

    def __str__(self) -> str:
        return self.hex


class RefKind(str, Enum):
    BRANCH = "branch"
    TAG = "tag"
    BOOKMARK = "bookmark"
    OTHER = "other"  # git refs outside refs/heads and refs/tags; `name` is then the full name


@dataclass(frozen=True, slots=True)
class Ref:
    """A name that points to a commit. An hg branch with several heads is several refs of one name, the tip first."""

    kind: RefKind
    name: str
    target: CommitId
    is_closed: bool = False


@dataclass(frozen=True)
class Refs:
    """All names of a repository, each tuple in the order that people expect: by name, the default branch first.

    `default` is the ref a visitor sees first: git's HEAD (even if it names a missing branch: then None), hg's bookmark `@`,
    else the tip of branch `default`, else the tip. `default_name` is the name it has or will have: `main`, `default`.
    """

    branches: tuple[Ref, ...]
    tags: tuple[Ref, ...]
    bookmarks: tuple[Ref, ...]
    default: Ref | None
    default_name: str

    def at(self, commit_id: CommitId) -> tuple[Ref, ...]:
        """The names of a commit: branches, bookmarks, tags."""
        return tuple(self._by_target.get(commit_id, ()))

    @lazy
    def latest_tags(self) -> tuple[Ref, ...]:
        """The tags as people look for them: the highest version first."""
        return tuple(sorted(self.tags, key=lambda ref: version_key(ref.name), reverse=True))

    @lazy
    def _by_target(self) -> dict[CommitId, list[Ref]]:
        # Made once for all pages that show these refs, of which there may be very many.
        found: dict[CommitId, list[Ref]] = {}
        for ref in (*self.branches, *self.bookmarks, *self.tags):
            found.setdefault(ref.target, []).append(ref)
        return found


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when; `when` carries the zone that the author had."""

    name: str
    email: str
    when: datetime


class Phase(str, Enum):
    PUBLIC = "public"
    DRAFT = "draft"
    SECRET = "secret"  # noqa: S105 - a phase of Mercurial, no password


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as read; `branch`, `phase` and `number` are None where the kind has no such thing.

    `topic` is the subject that hg's extension `topic` gave it. `instabilities` are what changeset evolution has yet to mend:
    `orphan`, `content-divergent`, `phase-divergent`.
    """

    id: CommitId
    parents: tuple[CommitId, ...]
    author: Signature
    committer: Signature
    message: str
    branch: str | None = None
    phase: Phase | None = None
    number: int | None = None
    closes_branch: bool = False
    is_obsolete: bool = False
    topic: str | None = None
    instabilities: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of the message that says something."""
        return next((line.strip() for line in self.message.splitlines() if line.strip()), "")

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1


@dataclass(frozen=True, slots=True)
class TagNote:
    """What is known of a tag beside the commit: who gave it and when (None: nobody knows), and with which words."""

    tagger: Signature | None
    message: str


class EntryKind(str, Enum):
    FOLDER = "folder"
    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One name in a folder. `id` names the content (git object, hg file node; for hg folders None; for submodules the commit
    that they are pinned to); size is in bytes, None for folders and submodules; `target` is where a submodule comes from.

    `target` of a symlink, and `pointer`, are known where somebody looked into the file.
    """

    path: FilePath
    kind: EntryKind
    size: int | None = None
    id: str | None = None
    target: str | None = None
    pointer: Pointer | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """A file at a commit: its size in bytes without reading it, and its content as a stream.

    `chunks()` opens the content anew each time; it holds constant memory where the kind can.
    """

    path: FilePath
    kind: EntryKind
    size: int
    id: str
    chunks: Callable[[], Iterator[bytes]]

    def read(self, limit: int) -> bytes:
        """The content, at most `limit` bytes of it."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk
            if len(found) >= limit:
                break
        return bytes(found[:limit])


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A ref before and after a push: `old` is None for a new ref, `new` is None for a deleted one.

    hg branches are recorded by head: a head that moved has both, a further head has no `old`, a head that was merged away or
    closed has no `new`.
    """

    kind: RefKind
    name: str
    old: CommitId | None
    new: CommitId | None
