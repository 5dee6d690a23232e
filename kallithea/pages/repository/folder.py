"""A folder of a repository at a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.lib.vcs import Commit, EntryKind, FilePath, Refs, TreeEntry
from kallithea.pages.parts import (
    CommitLine,
    Link,
    Pager,
    RepositoryHeader,
    Room,
    ShownRepository,
    commit_line,
    downloads,
    one_line,
    pager,
    repository_header,
    size_text,
)
from kallithea.pages.repository.readme import ShownReadme
from kallithea.pages.repository.revisions import PathCrumbs, ShownRevision, path_crumbs, shown_revision
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One name in a folder; `note` says what is unusual about it, `change` is the last commit, as far as it is known."""

    name: str
    url: str
    kind: str
    size: str
    note: str
    change: CommitLine | None


@dataclass(frozen=True, slots=True)
class FolderPage:
    """`pager` is there for folders of more than a page; `unfinished` leads to the same page, which then knows more."""

    header: RepositoryHeader
    revision: ShownRevision
    crumbs: PathCrumbs
    parent_url: str | None
    entries: tuple[EntryLine, ...]
    pager: Pager | None
    unfinished: Link | None
    history_url: str
    downloads: tuple[Link, ...]
    readme: ShownReadme | None


def folder_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    revision: str,
    commit: Commit,
    path: FilePath,
    entries: Sequence[TreeEntry],
    refs: Refs,
    changes: Mapping[FilePath, Commit],
    is_complete: bool = True,
    page: int = 1,
    page_size: int = 1000,
    total: int | None = None,
    readme: ShownReadme | None = None,
) -> FolderPage:
    """The folder at `path`; `revision` is what the address says (a name or an id), `commit` what it means.

    `entries` are those of one page, of `total` in all; `changes` the last commits of some, or of all if `is_complete`.
    """
    name = repository.path
    return FolderPage(
        header=repository_header(
            urls, repository, room=Room.FILES, revision=revision, canonical=urls.files(name, revision, path, page=page)
        ),
        revision=shown_revision(
            urls, name, revision=revision, commit=commit, refs=refs, address=lambda other: urls.files(name, other, path)
        ),
        crumbs=path_crumbs(urls, name, revision, path),
        parent_url=urls.files(name, revision, path.parent) if path.raw else None,
        entries=entry_lines(urls, name, revision, entries, changes),
        pager=_pager(urls, name, revision, path, page, page_size, len(entries), total),
        unfinished=None if is_complete else unfinished(urls.files(name, revision, path, page=page), entries, changes),
        history_url=urls.file_changelog(name, revision, path),
        downloads=downloads(urls, name, revision, path) if entries else (),
        readme=readme,
    )


def entry_lines(
    urls: Urls, repository: str, revision: str, entries: Sequence[TreeEntry], changes: Mapping[FilePath, Commit]
) -> tuple[EntryLine, ...]:
    """The entries of a folder in the order given, with the last commits that are known."""
    return tuple(_line(urls, repository, revision, entry, changes.get(entry.path)) for entry in entries)


def unfinished(url: str, entries: Sequence[TreeEntry], changes: Mapping[FilePath, Commit]) -> Link:
    """What to say and where to go while last commits are missing."""
    missing = sum(entry.path not in changes for entry in entries)
    names = "1 name" if missing == 1 else f"{missing:,} names"
    return Link(f"The last commit of {names} lies far back and was not found in time.", url)


def _pager(
    urls: Urls, repository: str, revision: str, path: FilePath, page: int, size: int, shown: int, total: int | None
) -> Pager | None:
    if total is None or total <= size:
        return None
    found = pager(
        page=page,
        page_size=size,
        shown=shown,
        total=total,
        newer_url=urls.files(repository, revision, path, page=page - 1),
        older_url=urls.files(repository, revision, path, page=page + 1),
    )
    is_last = page * size >= total
    return Pager(f"{found.text.partition(' of ')[0]} of {total:,}", found.newer_url, None if is_last else found.older_url)


_NOTES = {EntryKind.EXECUTABLE: "executable", EntryKind.SYMLINK: "symbolic link", EntryKind.SUBMODULE: "repository"}


def _line(urls: Urls, repository: str, revision: str, entry: TreeEntry, change: Commit | None) -> EntryLine:
    size = entry.pointer.size if entry.pointer else entry.size
    return EntryLine(
        name=one_line(entry.path.name) or "(blank)",
        url=urls.files(repository, revision, entry.path),
        kind=entry.kind.value,
        size="" if size is None else size_text(size),
        note=_note(entry),
        change=commit_line(urls, repository, change) if change else None,
    )


def _note(entry: TreeEntry) -> str:
    """What is unusual about an entry: its mode, where it leads, who keeps its content."""
    parts = [_NOTES.get(entry.kind, "")]
    if entry.target:
        parts.append(f"→ {one_line(entry.target)}")
    if entry.kind is EntryKind.SUBMODULE and entry.id:
        parts.append(f"at {one_line(entry.id)[:12]}")
    if entry.pointer:
        parts.append(f"kept in {entry.pointer.keeper}")
    return " ".join(filter(None, parts))
