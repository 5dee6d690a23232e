"""A file of a repository at a commit."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from markupsafe import Markup

from kallithea.lib.highlight import SIZE_LIMIT, HighlightedFile, highlight, is_binary
from kallithea.lib.vcs import Commit, EntryKind, FilePath, Refs, TreeEntry
from kallithea.pages.parts import RepositoryHeader, Room, ShownRepository, one_line, repository_header, size_text
from kallithea.pages.repository.revisions import PathCrumbs, ShownRevision, path_crumbs, shown_revision
from kallithea.pages.urls import Urls

IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".ico", ".bmp")
READ_LIMIT = SIZE_LIMIT + 1
"""How much of a file to read for its page: one byte more than is shown, so that more can be told from enough."""

Highlighter = Callable[[str, bytes], HighlightedFile]


class FileState(str, Enum):
    """What there is to show of a file."""

    TEXT = "text"
    EMPTY = "empty"
    IMAGE = "image"
    BINARY = "binary"
    TOO_LARGE = "too large"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class FilePage:
    """`lines` are there for text only, `target` for links and submodules only. A submodule has no raw bytes."""

    header: RepositoryHeader
    revision: ShownRevision
    crumbs: PathCrumbs
    state: str
    facts: tuple[str, ...]
    lines: tuple[Markup, ...]
    remarks: tuple[str, ...]
    target: str | None
    target_url: str | None
    raw_url: str | None
    download_url: str | None
    history_url: str
    annotate_url: str | None


def file_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    revision: str,
    commit: Commit,
    entry: TreeEntry,
    size: int | None,
    content: bytes | None,
    refs: Refs,
    highlighter: Highlighter = highlight,
) -> FilePage:
    """The page of a file, a symbolic link or a submodule.

    `content` holds the first `READ_LIMIT` bytes (None for a submodule), `size` all of them. `highlighter` may remember what
    it made of the same bytes.
    """
    name, path = repository.path, entry.path
    state = _state(entry, size or 0, content or b"")
    shown = highlighter(path.name, content or b"") if state is FileState.TEXT else None
    has_bytes = state is not FileState.SUBMODULE
    target = _target(entry, content or b"")
    return FilePage(
        header=repository_header(urls, repository, room=Room.FILES, revision=revision),
        revision=shown_revision(
            urls, name, revision=revision, commit=commit, refs=refs, address=lambda other: urls.files(name, other, path)
        ),
        crumbs=path_crumbs(urls, name, revision, path),
        state=state.value,
        facts=_facts(entry, size, shown),
        lines=shown.lines if shown else (),
        remarks=shown.remarks if shown else (),
        target=one_line(target) if target else None,
        target_url=_target_url(urls, name, revision, path, target) if state is FileState.SYMLINK else None,
        raw_url=urls.raw(name, revision, path) if has_bytes else None,
        download_url=urls.raw_file(name, revision, path) if has_bytes else None,
        history_url=urls.file_changelog(name, revision, path),
        annotate_url=urls.annotate(name, revision, path) if state is FileState.TEXT else None,
    )


def _state(entry: TreeEntry, size: int, content: bytes) -> FileState:
    if entry.kind is EntryKind.SUBMODULE:
        return FileState.SUBMODULE
    if entry.kind is EntryKind.SYMLINK:
        return FileState.SYMLINK
    if not size:
        return FileState.EMPTY
    if entry.path.name.lower().endswith(IMAGES):
        return FileState.IMAGE
    if is_binary(content):
        return FileState.BINARY
    return FileState.TOO_LARGE if size > SIZE_LIMIT else FileState.TEXT


def _facts(entry: TreeEntry, size: int | None, shown: HighlightedFile | None) -> tuple[str, ...]:
    facts = []
    if shown is not None:
        facts.append("1 line" if len(shown.lines) == 1 else f"{len(shown.lines):,} lines")
    if size is not None:
        facts.append(size_text(size))
    if shown is not None and shown.language:
        facts.append(shown.language)
    if entry.kind is not EntryKind.FILE:
        facts.append({"symlink": "symbolic link"}.get(entry.kind.value, entry.kind.value))
    return tuple(facts)


def _target(entry: TreeEntry, content: bytes) -> str | None:
    if entry.kind is EntryKind.SYMLINK:
        return content.decode("utf-8", "replace")
    return entry.target or None


def _target_url(urls: Urls, repository: str, revision: str, path: FilePath, target: str | None) -> str | None:
    """Where a symbolic link leads, if that is inside the repository."""
    if not target or target.startswith("/") or "\ufffd" in target:
        return None
    inside = posixpath.normpath(posixpath.join(path.parent.raw, target.encode()))
    if inside == b".." or inside.startswith(b"../"):
        return None
    return urls.files(repository, revision, FilePath(b"" if inside == b"." else inside))
