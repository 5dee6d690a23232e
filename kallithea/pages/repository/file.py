"""A file of a repository at a commit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from markupsafe import Markup

from kallithea.lib.highlight import HighlightedFile, can_be_shown, highlight, is_binary
from kallithea.lib.images import image_type
from kallithea.lib.vcs import Commit, EntryKind, FilePath, Refs, TreeEntry
from kallithea.pages.parts import RepositoryHeader, Room, ShownRepository, Tab, one_line, repository_header, size_text
from kallithea.pages.repository.elsewhere import link_url, module_url
from kallithea.pages.repository.laid_out import LaidOut, can_be_laid_out, laid_out
from kallithea.pages.repository.readme import resolvers
from kallithea.pages.repository.revisions import PathCrumbs, ShownRevision, path_crumbs, shown_revision
from kallithea.pages.urls import Urls

IMAGE_LIMIT = 20_000_000
"""Bytes of a picture that is shown on its page; browsers stumble over larger ones."""


class FileState(str, Enum):
    """What there is to show of a file."""

    TEXT = "text"
    LAID_OUT = "laid out"
    EMPTY = "empty"
    IMAGE = "image"
    BINARY = "binary"
    TOO_LARGE = "too large"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"
    POINTER = "pointer"


@dataclass(frozen=True, slots=True)
class FilePage:
    """`lines` are there for text only, `laid_out` for what has another look, `target` for links and submodules only.

    `views` are the two looks of a file that has both, `source_url` leads to the lines where they are not shown. A submodule
    has no raw bytes but a `pinned` commit. `keeper` is who has the content of a file that only points to it by `pointer_id`.
    """

    header: RepositoryHeader
    revision: ShownRevision
    crumbs: PathCrumbs
    state: str
    facts: tuple[str, ...]
    lines: tuple[Markup, ...]
    laid_out: LaidOut | None
    views: tuple[Tab, ...]
    source_url: str | None
    remarks: tuple[str, ...]
    target: str | None
    target_url: str | None
    pinned: str | None
    keeper: str | None
    pointer_id: str | None
    content_size: str | None
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
    source: bool = False,
) -> FilePage:
    """The page of a file, a symbolic link or a submodule.

    `content` holds the first `read_limit(path)` bytes (None for a submodule), `size` all of them. With `source` the lines are
    asked for, whatever other look there may be.
    """
    name, path = repository.path, entry.path
    state = _state(entry, size or 0, content or b"")
    other_look = None
    if state in (FileState.TEXT, FileState.TOO_LARGE) and not source:
        link, image = resolvers(urls, name, revision, path)
        other_look = laid_out(path, content or b"", size or 0, link=link, image=image)
    has_lines = state is FileState.TEXT
    shown = highlight(path.name, content or b"") if has_lines and other_look is None else None
    if other_look is not None:
        state = FileState.LAID_OUT
    has_bytes = state is not FileState.SUBMODULE
    target_url = link_url(urls, name, revision, entry) if state is FileState.SYMLINK else module_url(urls, name, entry)
    pointer = entry.pointer
    return FilePage(
        header=repository_header(
            urls,
            repository,
            room=Room.FILES,
            revision=revision,
            canonical=urls.files(name, revision, path),
            branch=revision,
            path_of_feed=path,
        ),
        revision=shown_revision(
            urls,
            name,
            revision=revision,
            commit=commit,
            refs=refs,
            address=lambda other: urls.files(name, other, path, source=source),
        ),
        crumbs=path_crumbs(urls, name, revision, path),
        state=state.value,
        facts=_facts(entry, size, shown, other_look),
        lines=shown.lines if shown else (),
        laid_out=other_look,
        views=_views(urls, name, revision, path, source=source) if can_be_laid_out(path) and (has_lines or other_look) else (),
        source_url=urls.files(name, revision, path, source=True) if other_look is not None and has_lines else None,
        remarks=_remarks(path, shown, other_look, source=source),
        target=one_line(entry.target) if entry.target else None,
        target_url=target_url,
        pinned=one_line(entry.id or "") if state is FileState.SUBMODULE else None,
        keeper=pointer.keeper if pointer else None,
        pointer_id=pointer.id if pointer else None,
        content_size=size_text(pointer.size) if pointer and pointer.size is not None else None,
        raw_url=urls.raw(name, revision, path) if has_bytes else None,
        download_url=urls.raw_file(name, revision, path) if has_bytes else None,
        history_url=urls.file_changelog(name, revision, path),
        annotate_url=urls.annotate(name, revision, path) if has_lines else None,
    )


def _state(entry: TreeEntry, size: int, content: bytes) -> FileState:
    if entry.kind is EntryKind.SUBMODULE:
        return FileState.SUBMODULE
    if entry.kind is EntryKind.SYMLINK:
        return FileState.SYMLINK
    if entry.pointer is not None:
        return FileState.POINTER
    if not size:
        return FileState.EMPTY
    if image_type(entry.path.name, content):
        return FileState.IMAGE if size <= IMAGE_LIMIT else FileState.TOO_LARGE
    if is_binary(content):
        return FileState.BINARY
    return FileState.TEXT if can_be_shown(content, size) else FileState.TOO_LARGE


def _views(urls: Urls, repository: str, revision: str, path: FilePath, *, source: bool) -> tuple[Tab, ...]:
    return (
        Tab("Preview", urls.files(repository, revision, path), not source),
        Tab("Source", urls.files(repository, revision, path, source=True), source),
    )


def _remarks(path: FilePath, shown: HighlightedFile | None, other_look: LaidOut | None, *, source: bool) -> tuple[str, ...]:
    if other_look is not None:
        return other_look.remarks
    if shown is None:
        return ()
    is_broken = not source and can_be_laid_out(path)
    return (*(["This file cannot be shown laid out; this is its source."] if is_broken else []), *shown.remarks)


def _facts(entry: TreeEntry, size: int | None, shown: HighlightedFile | None, other_look: LaidOut | None) -> tuple[str, ...]:
    facts = [*other_look.facts] if other_look else []
    if shown is not None:
        facts.append("1 line" if len(shown.lines) == 1 else f"{len(shown.lines):,} lines")
    if size is not None:
        facts.append(size_text(size))
    if shown is not None and shown.language:
        facts.append(shown.language)
    if entry.pointer is not None:
        facts.append(f"kept in {entry.pointer.keeper}")
    if entry.kind is not EntryKind.FILE:
        facts.append("symbolic link" if entry.kind is EntryKind.SYMLINK else "repository")
    return tuple(facts)
