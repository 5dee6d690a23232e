"""Folders, files and subrepositories of a commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kallithea.lib.vcs.errors import PathNotFound
from kallithea.lib.vcs.hg.contents import chunks_of, size_of
from kallithea.lib.vcs.hg.manifests import ListedFile, Manifest, manifest_of
from kallithea.lib.vcs.objects import Blob, EntryKind, TreeEntry
from kallithea.lib.vcs.paths import ROOT, FilePath, last_part

SUBREPOSITORIES = b".hgsub"
SUBREPOSITORY_STATE = b".hgsubstate"
KNOWN_SIZES = 200_000


@dataclass(frozen=True, slots=True)
class Subrepository:
    source: str
    commit: str


class _Sizes:
    """Sizes by file node: the node names the content for ever, and finding a size means opening a file log."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}

    def of(self, repo: Any, listed: ListedFile) -> int:
        size = self._known.get(listed.node)
        if size is None:
            size = size_of(repo, listed)
            if len(self._known) >= KNOWN_SIZES:
                self._known.clear()
            self._known[listed.node] = size
        return size


_sizes = _Sizes()


def known_size(repo: Any, listed: ListedFile) -> int:
    """Bytes of a file, remembered."""
    return _sizes.of(repo, listed)


def read_tree(repo: Any, context: Any, path: FilePath) -> tuple[TreeEntry, ...]:
    """The entries of a folder, folders first. Raises PathNotFound."""
    manifest = manifest_of(context)
    inside = path.raw + b"/" if path != ROOT else b""
    found: dict[bytes, TreeEntry] = {}
    for item in manifest.listing(path.raw):
        entry = _file_entry(repo, item) if isinstance(item, ListedFile) else TreeEntry(FilePath(item), EntryKind.FOLDER)
        found[entry.path.raw] = entry
    for place, sub in _subrepositories(repo, manifest).items():
        if place.startswith(inside):
            name, slash, _ = place[len(inside) :].partition(b"/")
            found[inside + name] = TreeEntry(FilePath(inside + name), EntryKind.FOLDER) if slash else _module_entry(place, sub)
    if not found and path != ROOT:
        raise path_not_found(path)
    return tuple(sorted(found.values(), key=lambda entry: (entry.kind is not EntryKind.FOLDER, entry.path)))


def read_paths(repo: Any, context: Any) -> tuple[FilePath, ...]:
    """All files, and the places of subrepositories."""
    manifest = manifest_of(context)
    return tuple(sorted(FilePath(name) for name in {*manifest.names(), *_subrepositories(repo, manifest)}))


def with_subrepositories_alone(context: Any, entries: Sequence[TreeEntry]) -> frozenset[bytes]:
    """The names of the entries that are subrepositories, or folders in which there is nothing else."""
    manifest = manifest_of(context)
    return frozenset(
        last_part(entry.path)
        for entry in entries
        if entry.kind is EntryKind.SUBMODULE or (entry.kind is EntryKind.FOLDER and not manifest.has_folder(entry.path.raw))
    )


def read_entry(repo: Any, context: Any, path: FilePath) -> TreeEntry:
    """What is at a path. Raises PathNotFound."""
    if path == ROOT:
        return TreeEntry(ROOT, EntryKind.FOLDER)
    manifest = manifest_of(context)
    listed = manifest.find(path.raw)
    if listed is not None:
        return _file_entry(repo, listed)
    if manifest.has_folder(path.raw):
        return TreeEntry(path, EntryKind.FOLDER)
    subs = _subrepositories(repo, manifest)
    if path.raw in subs:
        return _module_entry(path.raw, subs[path.raw])
    if any(place.startswith(path.raw + b"/") for place in subs):
        return TreeEntry(path, EntryKind.FOLDER)
    raise path_not_found(path)


def read_blob(repo: Any, context: Any, path: FilePath) -> Blob:
    """A file. Raises PathNotFound."""
    found = read_blobs(repo, context, [path]).get(path)
    if found is None:
        raise path_not_found(path)
    return found


def read_blobs(repo: Any, context: Any, paths: Sequence[FilePath]) -> dict[FilePath, Blob]:
    """The files at these paths; what is none is left out."""
    manifest = manifest_of(context)
    found = {path: listed for path in paths if path != ROOT and (listed := manifest.find(path.raw)) is not None}
    return {path: _blob(repo, path, listed) for path, listed in found.items()}


def _blob(repo: Any, path: FilePath, listed: ListedFile) -> Blob:
    return Blob(
        path=path,
        kind=listed.kind,
        size=_sizes.of(repo, listed),
        id=listed.node.hex(),
        chunks=partial(chunks_of, repo, listed),
    )


def path_not_found(path: FilePath) -> PathNotFound:
    return PathNotFound(f"There is no {path} at this commit.")


def _file_entry(repo: Any, listed: ListedFile) -> TreeEntry:
    return TreeEntry(FilePath(listed.path), listed.kind, _sizes.of(repo, listed), listed.node.hex())


def _module_entry(place: bytes, sub: Subrepository) -> TreeEntry:
    return TreeEntry(FilePath(place), EntryKind.SUBMODULE, id=sub.commit, target=sub.source)


def _subrepositories(repo: Any, manifest: Manifest) -> dict[bytes, Subrepository]:
    """By path: what .hgsub and .hgsubstate say together; a line that makes no sense is passed over."""
    state = manifest.find(SUBREPOSITORY_STATE)
    if state is None:
        return {}
    listed = manifest.find(SUBREPOSITORIES)
    sources = dict(_sources(repo.file(SUBREPOSITORIES).read(listed.node))) if listed else {}
    lines = (line.partition(b" ") for line in repo.file(SUBREPOSITORY_STATE).read(state.node).splitlines())
    return {
        place.strip(): Subrepository(sources.get(place.strip(), ""), commit.decode("utf-8", "replace"))
        for commit, space, place in lines
        if space and place.strip()
    }


def _sources(text: bytes) -> Iterator[tuple[bytes, str]]:
    for line in text.splitlines():
        if line.startswith(b"["):
            return  # [subpaths] and whatever else may follow rewrite sources for clients
        place, equals, source = line.partition(b"=")
        if equals and not line.startswith((b"#", b";")):
            yield place.strip(), source.strip().decode("utf-8", "replace")
