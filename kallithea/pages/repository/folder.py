"""A folder of a repository at a commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kallithea.lib.vcs import Commit, EntryKind, FilePath, Refs, TreeEntry
from kallithea.pages.parts import RepositoryHeader, Room, ShownRepository, one_line, repository_header, size_text
from kallithea.pages.repository.readme import ShownReadme
from kallithea.pages.repository.revisions import PathCrumbs, ShownRevision, path_crumbs, shown_revision
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One name in a folder; `note` says what is unusual about it."""

    name: str
    url: str
    kind: str
    size: str
    note: str


@dataclass(frozen=True, slots=True)
class FolderPage:
    header: RepositoryHeader
    revision: ShownRevision
    crumbs: PathCrumbs
    parent_url: str | None
    entries: tuple[EntryLine, ...]
    history_url: str
    readme_name: str | None
    readme_url: str | None
    readme: Markup | None


def folder_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    revision: str,
    commit: Commit,
    path: FilePath,
    entries: Sequence[TreeEntry],
    refs: Refs,
    readme: ShownReadme | None = None,
) -> FolderPage:
    """The folder at `path`; `revision` is what the address says (a name or an id), `commit` what it means."""
    name = repository.path
    return FolderPage(
        header=repository_header(urls, repository, room=Room.FILES, revision=revision),
        revision=shown_revision(
            urls, name, revision=revision, commit=commit, refs=refs, address=lambda other: urls.files(name, other, path)
        ),
        crumbs=path_crumbs(urls, name, revision, path),
        parent_url=urls.files(name, revision, path.parent) if path.raw else None,
        entries=entry_lines(urls, name, revision, entries),
        history_url=urls.file_changelog(name, revision, path),
        readme_name=readme.name if readme else None,
        readme_url=readme.url if readme else None,
        readme=readme.html if readme else None,
    )


def entry_lines(urls: Urls, repository: str, revision: str, entries: Sequence[TreeEntry]) -> tuple[EntryLine, ...]:
    """The entries of a folder in the order given."""
    return tuple(_line(urls, repository, revision, entry) for entry in entries)


_NOTES = {EntryKind.EXECUTABLE: "executable", EntryKind.SYMLINK: "symbolic link", EntryKind.SUBMODULE: "submodule"}


def _line(urls: Urls, repository: str, revision: str, entry: TreeEntry) -> EntryLine:
    note = _NOTES.get(entry.kind, "")
    if entry.target:
        note = f"{note} → {one_line(entry.target)}"
    return EntryLine(
        name=one_line(entry.path.name) or "(blank)",
        url=urls.files(repository, revision, entry.path),
        kind=entry.kind.value,
        size="" if entry.size is None else size_text(entry.size),
        note=note,
    )
