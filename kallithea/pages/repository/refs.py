"""The branches, tags or bookmarks of a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.lib.vcs import ROOT, Commit, CommitId, Ref, RefKind
from kallithea.pages.parts import CommitLine, RepositoryHeader, Room, ShownRepository, commit_line, one_line, repository_header
from kallithea.pages.urls import Urls, revision_of

_ROOMS = {RefKind.BRANCH: Room.BRANCHES, RefKind.TAG: Room.TAGS, RefKind.BOOKMARK: Room.BOOKMARKS}
_WHAT_IS_ONE = {
    RefKind.BRANCH: "Branches appear here with the first push.",
    RefKind.TAG: "A tag gives a commit a lasting name, such as a release. Make one in your clone and push it.",
    RefKind.BOOKMARK: "A bookmark is a name that moves along with new commits. Make one in your clone and push it.",
}


@dataclass(frozen=True, slots=True)
class RefLine:
    name: str
    short: str
    is_default: bool
    is_closed: bool
    commit: CommitLine | None
    commit_url: str
    files_url: str
    history_url: str


@dataclass(frozen=True, slots=True)
class RefsPage:
    header: RepositoryHeader
    title: str
    look: str
    lines: tuple[RefLine, ...]
    explanation: str


def refs_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    kind: RefKind,
    refs: Sequence[Ref],
    commits: Mapping[CommitId, Commit],
    default_name: str = "",
) -> RefsPage:
    """All names of one kind; `commits` are what they point to, and may miss some that were not read."""
    return RefsPage(
        header=repository_header(urls, repository, room=_ROOMS[kind]),
        title=_ROOMS[kind],
        look=kind.value,
        lines=tuple(_line(urls, repository, ref, commits.get(ref.target), default_name) for ref in refs),
        explanation=_WHAT_IS_ONE[kind],
    )


def _line(urls: Urls, shown: ShownRepository, ref: Ref, commit: Commit | None, default_name: str) -> RefLine:
    repository = shown.path
    return RefLine(
        name=one_line(ref.name),
        short=ref.target.short,
        is_default=ref.name == default_name,
        is_closed=ref.is_closed,
        commit=commit_line(urls, repository, commit, told=shown) if commit else None,
        commit_url=urls.changeset(repository, ref.target),
        files_url=urls.files(repository, revision_of(ref), ROOT),
        history_url=urls.changelog(repository, branch=ref.name)
        if ref.kind is RefKind.BRANCH
        else urls.file_changelog(repository, revision_of(ref), ROOT),
    )
