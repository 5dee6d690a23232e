"""Reads a git repository: refs and single objects in process, walks with a path and comparisons by the real git."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice

from kallithea.lib.errors import Invalid
from kallithea.lib.trace import traced_reader
from kallithea.lib.vcs.archives import Archive, ArchiveCache, ArchiveFormat
from kallithea.lib.vcs.backend import Pair, Reader
from kallithea.lib.vcs.blame import IGNORED_BYTES, IGNORED_COMMITS, Blame, ignored_commits
from kallithea.lib.vcs.diffs import Diff, DiffOptions
from kallithea.lib.vcs.errors import CommitNotFound, PathNotFound
from kallithea.lib.vcs.git import comparison, history
from kallithea.lib.vcs.git.archiving import read_archive
from kallithea.lib.vcs.git.blame import read_blame
from kallithea.lib.vcs.git.children import find_children
from kallithea.lib.vcs.git.contents import Contents
from kallithea.lib.vcs.git.divergence import count_divergence
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.last_changes import last_changes
from kallithea.lib.vcs.git.modules import with_sources
from kallithea.lib.vcs.git.object_pool import COMMIT, TAG, TREE, ObjectPool, Objects
from kallithea.lib.vcs.git.origins import find_origin
from kallithea.lib.vcs.git.pair import pair_of
from kallithea.lib.vcs.git.parsing import TreeItem, find_in_tree, parse_commit, parse_tag, parse_tree, tag_target, tree_of
from kallithea.lib.vcs.git.refs import BRANCHES, TAGS, RefSnapshot
from kallithea.lib.vcs.git.searching import SKIPPED_HERE, Search
from kallithea.lib.vcs.git.signatures import read_signatures
from kallithea.lib.vcs.last_changes import ChangesMemory, LastChanges
from kallithea.lib.vcs.objects import Blob, Commit, CommitId, EntryKind, Feature, Ref, RefKind, Refs, TagNote, TreeEntry
from kallithea.lib.vcs.paths import ROOT, FilePath, last_part
from kallithea.lib.vcs.signatures import KeySignature
from kallithea.lib.vcs.walks import EVERYTHING, Children, CommitFilter, Divergence, Origin, Stretch

FEATURES: frozenset[Feature] = frozenset()
DEFAULT_BRANCH = "main"
FULL_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
PREFIX = re.compile(r"[0-9a-f]{4,64}")
PEELED_HERE = 500
"""Refs that are read in process."""
TAGS_IN_TAGS = 10
"""How deep a tag may point to tags."""


@traced_reader
class GitReader:
    """Fulfils `Reader` for one git repository."""

    features = FEATURES

    def __init__(self, folder: Folder, pool: ObjectPool, changes: ChangesMemory, archives: ArchiveCache) -> None:
        self._folder = folder
        self._pool = pool
        self._changes = changes
        self._archives = archives
        self._contents = Contents(folder, self._objects)

    def refs(self) -> Refs:
        objects = self._objects()
        snapshot = self._folder.snapshot()
        known = self._folder.refs
        if known is None or known[0] is not snapshot:
            known = (snapshot, self._make_refs(snapshot, objects))
            self._folder.refs = known
        return known[1]

    def fingerprint(self) -> str:
        return self._folder.fingerprint()

    def resolve(self, name: str) -> Commit:
        objects = self._objects()
        snapshot = self._folder.snapshot()
        if name in ("", "tip", "HEAD") and not _named(snapshot, name):
            return self._default_commit(snapshot, objects)
        found = _named(snapshot, name)
        commit_id = self._peel(found, objects) if found else self._by_digits(name, objects)
        if commit_id is None:
            raise _no_commit(name)
        return self.commit(commit_id)

    def beginning_with(self, digits: str) -> CommitId | None:
        try:
            found = self._by_digits(digits, self._objects())
        except CommitNotFound:
            return None
        # An annotated tag has an id too, but it is not the commit's.
        return found if found and found.hex.startswith(digits) and self._find(found, self._objects()) else None

    def commit(self, commit_id: CommitId) -> Commit:
        commit = self._find(commit_id, self._objects())
        if commit is None:
            raise _no_commit(commit_id.hex)
        return commit

    def signatures(self, commit_id: CommitId) -> tuple[KeySignature, ...]:
        ids = self._folder.snapshot().ids
        tags = {ref.name: ids.get(TAGS + ref.name.encode(), "") for ref in self.refs().at(commit_id) if ref.kind is RefKind.TAG}
        return read_signatures(self._objects(), self.commit(commit_id).id, tags)

    def children(self, commit_id: CommitId, *, seconds: float) -> Children:
        self.commit(commit_id)
        key = (self.fingerprint(), commit_id.hex)
        known = self._folder.children.get(key)
        if known is None:
            # What was not found in time is not looked for again: the next one to ask would wait as long, and for nothing.
            known = find_children(self._folder, commit_id, seconds=seconds)
            self._folder.children.put(key, known)
        return known

    def history(
        self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = (), path: FilePath | None = None, skip: int = 0
    ) -> Iterator[Commit]:
        self._require(heads)
        if not heads:
            return iter(())
        if excluding or (path is not None and path != ROOT) or skip > SKIPPED_HERE:
            return self._history_by_git(heads, excluding, path, skip)
        objects = self._objects()
        return islice(history.walk(heads, lambda found: self._find(found, objects), self._seconds), skip, None)

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
        if wanted.query:
            raise Invalid("This kind of repository has no query language.", hint="Use the other fields.")
        self._objects()
        return Search(self._folder, self._read, heads).stretch(wanted, at=at, skip=skip, size=size, seconds=seconds)

    def origin(self, commit_id: CommitId, path: FilePath) -> Origin | None:
        self._require([commit_id])
        return find_origin(self._folder, self.commit(commit_id), path)

    def divergence(self, base: CommitId, other: CommitId, *, seconds: float) -> Divergence | None:
        self._require([base, other])
        known = self._folder.divergences.get((base, other))
        if known is None:
            known = count_divergence(self._folder, base, other, seconds=seconds)
            if known is not None:
                self._folder.divergences.put((base, other), known)
        return known

    def tag_notes(self, names: Sequence[str]) -> dict[str, TagNote]:
        objects, snapshot = self._objects(), self._folder.snapshot()
        found = {}
        for name in names:
            object_id = _named_below(snapshot, TAGS, name)
            content = objects.read(object_id) if object_id else None
            if content is not None and content[0] == TAG:
                found[name] = parse_tag(content[1])
        return found

    def count(self, heads: Sequence[CommitId], *, limit: int) -> int:
        if not heads:
            return 0
        self._objects()
        key = (tuple(heads), limit)
        known = self._folder.counts.get(key)
        if known is None:
            asked = "".join(f"{head.hex}\n" for head in heads).encode("ascii")
            said = self._folder.git.run(
                self._folder.path, "rev-list", "--count", f"--max-count={limit}", "--ignore-missing", "--stdin", stdin=asked
            )
            known = int(said)
            self._folder.counts.put(key, known)
        return known

    @contextmanager
    def counting(self, head: CommitId, *, limit: int) -> Iterator[Callable[[], int]]:
        self._objects()
        key = ((head,), limit)
        known = self._folder.counts.get(key)
        if known is not None:
            yield lambda: known
            return
        arguments = ("rev-list", "--count", f"--max-count={limit}", "--ignore-missing", head.hex, "--")
        with self._folder.git.meanwhile(self._folder.path, *arguments) as said:

            def counted() -> int:
                found = int(said())
                self._folder.counts.put(key, found)
                return found

            yield counted

    def tree(self, commit_id: CommitId, path: FilePath = ROOT) -> tuple[TreeEntry, ...]:
        objects = self._objects()
        found = self._item(commit_id, path, objects)
        if found.kind is not EntryKind.FOLDER:
            raise PathNotFound(f"{path} is not a folder.")
        key = (found.id, path.raw)
        known = self._folder.trees.get(key)
        if known is None:
            known = self._entries(found.id, path, objects)
            self._folder.trees.put(key, known)
        return with_sources(known, lambda file: self.blob(commit_id, file))

    def last_changes(self, commit_id: CommitId, path: FilePath, entries: Sequence[TreeEntry], *, seconds: float) -> LastChanges:
        self._require([commit_id])
        names = [last_part(entry.path) for entry in entries]
        return last_changes(self._folder, self._objects(), self._changes, commit_id, path, names, seconds=seconds)

    def paths(self, commit_id: CommitId) -> tuple[FilePath, ...]:
        self._require([commit_id])
        said = self._run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit_id.hex)
        return tuple(FilePath(name) for name in said.split(b"\0") if name)

    def entry(self, commit_id: CommitId, path: FilePath) -> TreeEntry:
        found = self._item(commit_id, path, self._objects())
        sizes = self._contents.sizes([found.id]) if _has_content(found.kind) else {}
        return with_sources((_entry(path, found, sizes),), lambda file: self.blob(commit_id, file))[0]

    def blob(self, commit_id: CommitId, path: FilePath) -> Blob:
        entry = self.entry(commit_id, path)
        if entry.size is None or entry.id is None:
            raise PathNotFound(f"{path} is not a file.")
        return self._contents.blob(path, entry.kind, entry.id, entry.size)

    def blobs(self, commit_id: CommitId, paths: Sequence[FilePath]) -> dict[FilePath, Blob]:
        self._require([commit_id])
        objects, items = self._objects(), {}
        for path in paths:
            with suppress(PathNotFound):
                items[path] = self._item(commit_id, path, objects)
        found = {path: item for path, item in items.items() if _has_content(item.kind)}
        sizes = self._contents.sizes([item.id for item in found.values()])
        return {
            path: self._contents.blob(path, item.kind, item.id, sizes[item.id])
            for path, item in found.items()
            if item.id in sizes
        }

    def blame(self, commit_id: CommitId, path: FilePath, *, seconds: float) -> Blame:
        self.blob(commit_id, path)
        ignored = [one for one in self._ignored(commit_id) if self._find(one, self._objects())]
        return read_blame(self._folder.git, self._folder.path, commit_id, path, ignored, seconds=seconds)

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None:
        self._require([one, other])
        said = self._folder.git.run(self._folder.path, "merge-base", one.hex, other.hex, also_fine=(1,))
        return CommitId(said.decode("ascii").strip()) if said else None

    def diff(self, old: CommitId | None, new: CommitId, options: DiffOptions = DiffOptions()) -> Diff:
        self._require([new] if old is None else [old, new])
        found = comparison.Comparison(self._folder.git, self._folder.path, old.hex if old else None, new.hex, options)
        return found.read(self._contents.sizes)

    def beside(self, other: Reader) -> Pair:
        return pair_of(self, self._folder, other, other._folder if isinstance(other, GitReader) else None)

    def patch(self, commit_id: CommitId) -> Iterator[bytes]:
        commit = self.commit(commit_id)
        old = commit.parents[0].hex if commit.parents else None
        found = comparison.Comparison(self._folder.git, self._folder.path, old, commit_id.hex, DiffOptions())
        found.require_patch(self._contents.sizes)
        return comparison.patch_text(self._folder.git, self._folder.path, old, commit_id.hex)

    def archive(self, commit_id: CommitId, path: FilePath, kind: ArchiveFormat, prefix: str) -> Archive:
        self.entry(commit_id, path)
        return self._archives.kept(
            (commit_id.hex, path.raw.hex(), kind.value, prefix),
            lambda: read_archive(self._folder.git, self._folder.path, commit_id, path, kind, prefix),
        )

    def peel(self, object_id: str) -> CommitId | None:
        """The commit that an object is or, as a tag, points to."""
        return self._peel(object_id, self._objects())

    def _ignored(self, commit_id: CommitId) -> frozenset[CommitId]:
        try:
            listed = self.blob(commit_id, IGNORED_COMMITS)
        except PathNotFound:
            return frozenset()
        return ignored_commits(listed.read(IGNORED_BYTES))

    def _objects(self) -> Objects:
        return self._pool.at(self._folder.path, self._folder.object_format())

    def _run(self, *arguments: str) -> bytes:
        return self._folder.git.run(self._folder.path, *arguments)

    def _read(self, commit_id: CommitId) -> Commit | None:
        return self._find(commit_id, self._objects())

    def _seconds(self, commit_id: CommitId) -> float | None:
        commit = self._read(commit_id)
        return commit.committer.when.timestamp() if commit else None

    def _require(self, commit_ids: Iterable[CommitId]) -> None:
        for commit_id in commit_ids:
            self.commit(commit_id)

    def _find(self, commit_id: CommitId, objects: Objects) -> Commit | None:
        commit = self._folder.commits.get(commit_id.hex)
        if commit is None:
            found = objects.read(commit_id.hex) if FULL_ID.fullmatch(commit_id.hex) else None
            if found is None or found[0] != COMMIT:
                return None
            commit = parse_commit(commit_id.hex, found[1])
            self._folder.commits.put(commit_id.hex, commit)
        return commit

    def _make_refs(self, snapshot: RefSnapshot, objects: Objects) -> Refs:
        default_name = _default_name(snapshot)
        branches = sorted(self._refs_below(BRANCHES, RefKind.BRANCH, snapshot, objects), key=lambda ref: ref.name)
        branches.sort(key=lambda ref: ref.name != default_name)
        tags = sorted(self._refs_below(TAGS, RefKind.TAG, snapshot, objects), key=lambda ref: ref.name)
        return Refs(
            branches=tuple(branches),
            tags=tuple(tags),
            bookmarks=(),
            default=self._default(snapshot, branches, objects),
            default_name=default_name,
        )

    def _refs_below(self, prefix: bytes, kind: RefKind, snapshot: RefSnapshot, objects: Objects) -> Iterator[Ref]:
        self._peel_many([object_id for name, object_id in snapshot.ids.items() if name.startswith(prefix)])
        for name, object_id in snapshot.ids.items():
            if name.startswith(prefix) and (target := self._peel(object_id, objects)):
                yield Ref(kind, _shown(name[len(prefix) :]), target)

    def _default(self, snapshot: RefSnapshot, branches: Sequence[Ref], objects: Objects) -> Ref | None:
        if snapshot.detached is None:
            default_name = _default_name(snapshot)
            return next((ref for ref in branches if ref.name == default_name), None)
        target = self._peel(snapshot.detached, objects)
        return Ref(RefKind.OTHER, "HEAD", target) if target else None

    def _default_commit(self, snapshot: RefSnapshot, objects: Objects) -> Commit:
        head = snapshot.ids.get(snapshot.head) if snapshot.head else snapshot.detached
        commit_id = self._peel(head, objects) if head else None
        if commit_id is None:
            raise CommitNotFound(f"The default branch {_default_name(snapshot)} has no commit.")
        return self.commit(commit_id)

    def _by_digits(self, name: str, objects: Objects) -> CommitId | None:
        digits = name.lower()
        if FULL_ID.fullmatch(digits):
            return self._peel(digits, objects)
        if not PREFIX.fullmatch(digits):
            return None
        found = {object_id for object_id in objects.beginning_with(digits) if self._find(CommitId(object_id), objects)}
        if len(found) > 1:
            raise CommitNotFound(f"Several commits begin with {name}.", hint="Give more digits.")
        return CommitId(found.pop()) if found else None

    def _peel(self, object_id: str, objects: Objects) -> CommitId | None:
        memory = self._folder.peeled
        known = memory.get(object_id)
        if known is None and (found := _peeled(object_id, objects)):
            known = CommitId(found)
            memory.put(object_id, known)
        return known

    def _peel_many(self, object_ids: Sequence[str]) -> None:
        """Ask git at once where there are many: reading each object here takes seconds for a hundred thousand tags."""
        unknown = [object_id for object_id in object_ids if self._folder.peeled.get(object_id) is None]
        if len(unknown) <= PEELED_HERE:
            return
        asked = "".join(f"{object_id}^{{commit}}\n" for object_id in unknown).encode("ascii")
        said = self._folder.git.run(self._folder.path, "cat-file", "--batch-check=%(objectname)", stdin=asked)
        for object_id, line in zip(unknown, said.decode("ascii", "replace").splitlines(), strict=False):
            if FULL_ID.fullmatch(line):  # or says that it is missing, or no commit
                self._folder.peeled.put(object_id, CommitId(line))

    def _history_by_git(
        self, heads: Sequence[CommitId], excluding: Sequence[CommitId], path: FilePath | None, skip: int
    ) -> Iterator[Commit]:
        arguments = ["rev-list", f"--skip={skip}", *_ids(heads), *(f"^{commit_id.hex}" for commit_id in excluding), "--"]
        if path is not None and path != ROOT:
            # In the order of the walk: sorting it first would read the whole history before the first commit is shown.
            arguments.append(_argument(path))
        else:
            arguments.insert(1, "--date-order")
        with self._folder.git.reading(self._folder.path, *arguments) as lines:
            for line in lines:
                yield self.commit(CommitId(line.decode("ascii").strip()))

    def _item(self, commit_id: CommitId, path: FilePath, objects: Objects) -> TreeItem:
        """What is at a path, found from the root down."""
        found = objects.read(commit_id.hex) if FULL_ID.fullmatch(commit_id.hex) else None
        if found is None or found[0] != COMMIT:
            raise _no_commit(commit_id.hex)
        item = TreeItem(b"", EntryKind.FOLDER, tree_of(found[1]))
        for step in path.parts:
            name = step.raw.rpartition(b"/")[2]
            is_folder = item.kind is EntryKind.FOLDER
            item_inside = find_in_tree(_tree(item.id, objects), len(item.id) // 2, name) if is_folder else None
            if item_inside is None:
                raise PathNotFound(f"There is no {path} in {commit_id.short}.")
            item = item_inside
        return item

    def _entries(self, tree_id: str, path: FilePath, objects: Objects) -> tuple[TreeEntry, ...]:
        items = list(parse_tree(_tree(tree_id, objects), len(tree_id) // 2))
        items.sort(key=lambda item: (item.kind is not EntryKind.FOLDER, item.name))
        sizes = self._contents.sizes([item.id for item in items if _has_content(item.kind)])
        return tuple(_entry(path / item.name, item, sizes) for item in items)


def _peeled(object_id: str, objects: Objects) -> str | None:
    for _ in range(TAGS_IN_TAGS):
        found = objects.read(object_id)
        if found is None:
            return None
        kind, raw = found
        if kind == COMMIT:
            return object_id
        target = tag_target(raw) if kind == TAG else None
        if target is None or not FULL_ID.fullmatch(target):
            return None
        object_id = target
    return None


def _tree(tree_id: str, objects: Objects) -> bytes:
    found = objects.read(tree_id)
    if found is None or found[0] != TREE:
        raise PathNotFound("This folder is missing from the repository.")
    return found[1]


def _has_content(kind: EntryKind) -> bool:
    return kind not in (EntryKind.FOLDER, EntryKind.SUBMODULE)


def _entry(path: FilePath, item: TreeItem, sizes: dict[str, int]) -> TreeEntry:
    if item.kind is EntryKind.SUBMODULE:
        return TreeEntry(path, item.kind, id=item.id)
    return TreeEntry(path, item.kind, size=sizes.get(item.id), id=item.id)


def _named(snapshot: RefSnapshot, name: str) -> str | None:
    """The id that a branch, a tag or a full name of a ref means, in this order."""
    raw = name.encode("utf-8", "surrogateescape")
    for full_name in (BRANCHES + raw, TAGS + raw, raw):
        if full_name in snapshot.ids:
            return snapshot.ids[full_name]
    if "\N{REPLACEMENT CHARACTER}" in name:  # a name that is not UTF-8 is known by what is shown of it
        for prefix in (BRANCHES, TAGS):
            for full_name, object_id in snapshot.ids.items():
                if full_name.startswith(prefix) and _shown(full_name[len(prefix) :]) == name:
                    return object_id
    return None


def _named_below(snapshot: RefSnapshot, prefix: bytes, name: str) -> str | None:
    """The id in a ref of one kind, by the name that is shown of it."""
    found = snapshot.ids.get(prefix + name.encode("utf-8", "surrogateescape"))
    if found is None and "\N{REPLACEMENT CHARACTER}" in name:
        return next(
            (i for full, i in snapshot.ids.items() if full.startswith(prefix) and _shown(full[len(prefix) :]) == name), None
        )
    return found


def _default_name(snapshot: RefSnapshot) -> str:
    if snapshot.head is None:
        return DEFAULT_BRANCH
    return _shown(snapshot.head.removeprefix(BRANCHES))


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _argument(path: FilePath) -> str:
    """A path as an argument: the bytes arrive as they are, whatever the locale."""
    return path.raw.decode("utf-8", "surrogateescape")


def _ids(commit_ids: Iterable[CommitId]) -> list[str]:
    return [commit_id.hex for commit_id in commit_ids]


def _no_commit(name: str) -> CommitNotFound:
    return CommitNotFound(f"There is no commit, branch or tag named {name or 'tip'!r}.")
