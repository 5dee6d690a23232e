"""What hg and git offer alike: the protocols that `lib/vcs/hg` and `lib/vcs/git` fulfil, and the opened `Backend`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kallithea.lib.vcs.archives import Archive, ArchiveFormat
from kallithea.lib.vcs.blame import Blame
from kallithea.lib.vcs.diffs import Diff, DiffOptions
from kallithea.lib.vcs.last_changes import LastChanges
from kallithea.lib.vcs.objects import Blob, Commit, CommitId, Feature, Kind, Refs, TagNote, TreeEntry
from kallithea.lib.vcs.paths import ROOT, FilePath
from kallithea.lib.vcs.requests import BodyStream, PushListener, WireReply, WireRequest
from kallithea.lib.vcs.sessions import Line, Minder, Session
from kallithea.lib.vcs.signatures import KeySignature
from kallithea.lib.vcs.tallies import CountedCommit
from kallithea.lib.vcs.walks import EVERYTHING, Children, CommitFilter, Divergence, Origin, Stretch


class Pair(Protocol):
    """Two histories as one, as far as comparing needs it; nothing is written to either repository, or to any other place."""

    def commit(self, commit_id: CommitId) -> Commit: ...

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None: ...

    def history(self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = ()) -> Iterator[Commit]: ...

    def diff(self, old: CommitId | None, new: CommitId, options: DiffOptions = DiffOptions()) -> Diff: ...


class Reader(Protocol):
    """Reads a repository. Cheap to make; usable by the thread that made it only."""

    def refs(self) -> Refs: ...

    def fingerprint(self) -> str:
        """Changes when any ref (for hg also: phase, obsolescence) moves: the cache key for what is not immutable.

        Costs a few stat calls, not a walk over the refs.
        """
        ...

    def resolve(self, name: str) -> Commit:
        """The commit that a branch, tag, bookmark, full id, unique prefix (4 digits or more) or hg number means.

        The empty name and `tip` mean the default ref's commit. Raises CommitNotFound.
        """
        ...

    def beginning_with(self, digits: str) -> CommitId | None:
        """The commit whose id is or begins with these lower-case digits; None where there is none, or several."""
        ...

    def commit(self, commit_id: CommitId) -> Commit:
        """The commit with exactly this id. Raises CommitNotFound."""
        ...

    def signatures(self, commit_id: CommitId) -> tuple[KeySignature, ...]:
        """With which keys the commit, and tags that point to it, say to be signed; those of SSH are checked."""
        ...

    def children(self, commit_id: CommitId, *, seconds: float) -> Children:
        """Commits reachable from a ref that have this one as a parent. Takes about so many seconds at most."""
        ...

    def history(
        self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = (), path: FilePath | None = None, skip: int = 0
    ) -> Iterator[Commit]:
        """Iterate over the ancestors of `heads` (themselves included), children before parents, newest first.

        Stopping early is free, nothing is loaded ahead (close the iterator). With a path: only commits that changed it.
        """
        ...

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
        """The next `size` wanted ancestors of `heads`, from the position `at` on (empty: the heads), in the order of `history`.

        Going on from a position costs nothing for what lies before it; skipping does. A search takes about so many seconds at
        most. Raises Invalid for a position or a query that cannot be.
        """
        ...

    def origin(self, commit_id: CommitId, path: FilePath) -> Origin | None:
        """Where a commit took a file or folder from that is new in it, if it was renamed or copied."""
        ...

    def divergence(self, base: CommitId, other: CommitId, *, seconds: float) -> Divergence | None:
        """How far `other` is ahead of `base` and behind it; None if counting takes longer. Remembered for as long as may be."""
        ...

    def tag_notes(self, names: Sequence[str]) -> dict[str, TagNote]:
        """By name: what is known of these tags; nothing for those that are but names."""
        ...

    def count(self, heads: Sequence[CommitId], *, limit: int) -> int:
        """How many commits `history(heads)` has; counting stops at `limit`."""
        ...

    def counting(self, head: CommitId, *, limit: int) -> AbstractContextManager[Callable[[], int]]:
        """`count` of one commit, which may go on while the caller does something else; what is given waits for the number."""
        ...

    def tree(self, commit_id: CommitId, path: FilePath = ROOT) -> tuple[TreeEntry, ...]:
        """The entries of a folder: folders first, each group by name. Raises PathNotFound, also for a file."""
        ...

    def last_changes(self, commit_id: CommitId, path: FilePath, entries: Sequence[TreeEntry], *, seconds: float) -> LastChanges:
        """By name: the last ancestor of the commit (itself included) that changed each of these entries of the folder.

        Takes about so many seconds at most, then says what it has; asked again, it goes on with more time. What was found for
        a commit is remembered and taken over for its descendants.
        """
        ...

    def paths(self, commit_id: CommitId) -> tuple[FilePath, ...]:
        """All files of a commit, links and submodules included, in the order of their names."""
        ...

    def entry(self, commit_id: CommitId, path: FilePath) -> TreeEntry:
        """What is at a path; the root is a folder. Raises PathNotFound."""
        ...

    def blob(self, commit_id: CommitId, path: FilePath) -> Blob:
        """A file (for a symlink: its target as content). Raises PathNotFound, also for folders and submodules."""
        ...

    def blobs(self, commit_id: CommitId, paths: Sequence[FilePath]) -> dict[FilePath, Blob]:
        """The files at these paths, asked for all at once; what is none of the commit's files is left out."""
        ...

    def blame(self, commit_id: CommitId, path: FilePath, *, seconds: float) -> Blame:
        """Which commits the lines of a file come from, across renames; those listed in IGNORED_COMMITS are seen through.

        Takes about so many seconds at most. Raises PathNotFound.
        """
        ...

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None:
        """The nearest commit that both come from, one of the best where there are several; None for unrelated histories."""
        ...

    def diff(self, old: CommitId | None, new: CommitId, options: DiffOptions = DiffOptions()) -> Diff:
        """What changed from `old` (None: from nothing) to `new`, renames and copies found."""
        ...

    def beside(self, other: Reader) -> Pair:
        """This repository and another of the same kind, read together. Raises Invalid for formats that do not go together."""
        ...

    def patch(self, commit_id: CommitId) -> Iterator[bytes]:
        """The commit against its first parent as plain git-format diff text, whole, streamed. Raises NoPatch."""
        ...

    def archive(self, commit_id: CommitId, path: FilePath, kind: ArchiveFormat, prefix: str) -> Archive:
        """The files at or below `path` packed, each named `prefix/` and its path; the first bytes come while it is made.

        The same request gives the same bytes. What is in submodules is left out. Raises PathNotFound.
        """
        ...


class StopSignal(Protocol):
    """Tells whether to end early: a `threading.Event`."""

    def wait(self, timeout: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class Maintained:
    """What looking after a repository did, and what else it could do if it is asked to, a phrase each."""

    done: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


class Keeper(Protocol):
    """Looks after a repository on disk."""

    def create(self) -> None:
        """Make an empty repository in the backend's folder with safe settings. Raises LocationTaken."""
        ...

    def adopt(self) -> None:
        """Make an existing repository fit to be served. Raises UnsafeConfiguration, naming what it refuses."""
        ...

    def publishing(self) -> bool:
        """Whether the repository's own configuration publishes phases (hg's phases.publish); True for git."""
        ...

    def verify(self) -> tuple[str, ...]:
        """Check every object; what is wrong, a line each, or nothing."""
        ...

    def size(self) -> int:
        """Bytes on disk."""
        ...

    def maintain(self, *, thorough: bool = False, upgrade: bool = False, stop: StopSignal | None = None) -> Maintained:
        """Keep the repository fast and small; does only what it needs, unless `thorough`. Refs never move.

        Clients read and push meanwhile; they wait for it a moment at most. It may be killed at any time and loses nothing.
        `upgrade` brings the format up to date, and then others wait. Raises RepositoryBusy where somebody else is at it,
        MaintenanceStopped, MaintenanceFailed, RepositoryMissing.
        """
        ...

    def copy_to(self, target: Path, *, publishing: bool, stop: StopSignal | None = None, inherited: Sequence[int] = ()) -> None:
        """Make a repository in the new folder `target` of all that readers of this one see, and of nothing else.

        What never changes on disk is shared by hard links where that gives nothing away; neither repository notices what
        becomes of the other. Settings, hooks and local state stay behind. Not safe against a crash: copy into a folder that
        nobody looks at. Child processes keep the descriptors in `inherited`. Raises RepositoryMissing, RepositoryBusy,
        MaintenanceStopped, MaintenanceFailed.
        """
        ...

    def freeze(self, target: Path) -> None:
        """Make the new folder `target` like this repository is now, with everything in it; caches and locks stay behind.

        For who holds its writer lock. Files that are never changed in place are shared by hard links: what is written to the
        repository afterwards does not show in the copy, and nobody may write to that. Raises RepositoryMissing, RepositoryBusy.
        """
        ...


class Counter(Protocol):
    """Reads what statistics count, in processes of the lowest priority."""

    def commits(
        self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = (), stop: StopSignal | None = None
    ) -> Iterator[CountedCommit]:
        """Iterate over the ancestors of `heads` that are none of `excluding`, strictly children before parents.

        Raises MaintenanceFailed, also where one of these commits is not there any more, and MaintenanceStopped.
        """
        ...

    def sizes(self, commit_id: CommitId, *, stop: StopSignal | None = None) -> Iterator[tuple[bytes, int]]:
        """Path and bytes of every file of a commit, links left out. Raises as `commits`."""
        ...


class Server(Protocol):
    """Serves clients over the wire."""

    def serve(self, request: WireRequest, body: BodyStream, *, writable: bool, on_push: PushListener) -> WireReply:
        """Answer one request in constant memory.

        With `writable` False nothing can be changed, whatever the request says. A push holds the repository's writer lock
        (also if this process dies), leaves everything as it was if it fails, and calls `on_push` once if it changed anything.
        Raises RepositoryBusy, RepositoryMissing.
        """
        ...

    def converse(self, session: Session, line: Line, minder: Minder) -> int:
        """Serve a client that stays connected, until it or the minder ends that; the status for it to end with.

        Nothing is changed before the minder said that the client may write. A push holds the writer lock, leaves everything as
        it was if it fails, and is told to the minder once if it changed anything. Raises RepositoryBusy, RepositoryMissing, and
        what the minder raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """One opened repository on disk."""

    kind: Kind
    path: Path
    features: frozenset[Feature]
    reader: Reader
    keeper: Keeper
    server: Server
    counter: Counter


class Store(Protocol):
    """All repositories of one kind in this process: their shared settings, pools and helper processes."""

    kind: Kind

    def recognises(self, path: Path) -> bool:
        """Whether this folder is a repository of this kind that can be adopted."""
        ...

    def open(self, path: Path, *, publishing: bool = True) -> Backend:
        """Open without touching the disk more than needed; a missing folder shows at first use as RepositoryMissing."""
        ...

    def warm(self) -> None:
        """Have ready what clients that stay connected are served by, so that the first one does not wait for it."""

    def program(self) -> str:
        """What works on them, and in which version, or why it cannot: `git 2.43.0`."""
        ...

    def close(self) -> None:
        """End helper processes."""
        ...
