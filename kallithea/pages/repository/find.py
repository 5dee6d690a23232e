"""Finding a file by parts of its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.lib.vcs import ROOT, Commit, FilePath, Refs
from kallithea.pages.parts import Link, RepositoryHeader, Room, ShownRepository, one_line, repository_header
from kallithea.pages.repository.revisions import ShownRevision, shown_revision
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class FindPage:
    """`list_url` has all paths for the script, which makes links of them with `files_url`."""

    header: RepositoryHeader
    revision: ShownRevision
    action: str
    wanted: str
    found: tuple[Link, ...]
    count: str
    list_url: str
    files_url: str


def find_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    revision: str,
    commit: Commit,
    wanted: str,
    found: Sequence[FilePath],
    total: int,
    refs: Refs,
) -> FindPage:
    """The files that match what is `wanted`, of `total` in the revision."""
    name = repository.path
    return FindPage(
        header=repository_header(urls, repository, room=Room.FILES, revision=revision, canonical=urls.find(name, revision)),
        revision=shown_revision(
            urls, name, revision=revision, commit=commit, refs=refs, address=lambda other: urls.find(name, other, wanted=wanted)
        ),
        action=urls.find(name, revision),
        wanted=one_line(wanted),
        found=tuple(Link(one_line(path.text), urls.files(name, revision, path)) for path in found),
        count=f"{len(found):,} of {total:,} files" if total != 1 else f"{len(found)} of 1 file",
        list_url=urls.all_files(name, commit.id),
        files_url=urls.files(name, revision, ROOT),
    )
