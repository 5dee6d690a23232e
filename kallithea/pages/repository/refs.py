"""The branches, tags or bookmarks of a repository."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.lib.vcs import ROOT, Divergence, RefKind, TagNote
from kallithea.pages.parts import (
    CommitLine,
    Link,
    Moment,
    Pager,
    RepositoryHeader,
    Room,
    ShownRepository,
    commit_line,
    moment,
    one_line,
    repository_header,
)
from kallithea.pages.urls import Urls, revision_of
from kallithea.services.ref_lists import REFS_SHOWN, ListedRef, RefList

_ROOMS = {RefKind.BRANCH: Room.BRANCHES, RefKind.TAG: Room.TAGS, RefKind.BOOKMARK: Room.BOOKMARKS}
_WHAT_IS_ONE = {
    RefKind.BRANCH: "Branches appear here with the first push.",
    RefKind.TAG: "A tag gives a commit a lasting name, such as a release. Make one in your clone and push it.",
    RefKind.BOOKMARK: "A bookmark is a name that moves along with new commits. Make one in your clone and push it.",
}


FILTERED_FROM = 10
"""So many names get a field to filter them."""


@dataclass(frozen=True, slots=True)
class RefLine:
    """`about` is the first line of what a tag says, `by` who gave it; `distance` is how far a branch is from the default."""

    name: str
    short: str
    is_default: bool
    is_closed: bool
    is_tip: bool
    commit: CommitLine | None
    commit_url: str
    files_url: str
    history_url: str
    distance: str
    about: str
    message: str
    by: str
    when: Moment | None


@dataclass(frozen=True, slots=True)
class RefsPage:
    header: RepositoryHeader
    title: str
    look: str
    lines: tuple[RefLine, ...]
    explanation: str
    text: str
    has_filter: bool
    action: str
    base: str
    total: str
    unfinished: Link | None
    pager: Pager


def refs_page(urls: Urls, repository: ShownRepository, kind: RefKind, found: RefList) -> RefsPage:
    """One page of the names of one kind."""
    path = repository.path
    first = (found.page - 1) * REFS_SHOWN + 1
    last = first + len(found.shown) - 1
    here = urls.refs(path, kind, text=found.text, page=found.page)
    return RefsPage(
        header=repository_header(urls, repository, room=_ROOMS[kind]),
        title=_ROOMS[kind],
        look=kind.value,
        lines=tuple(_line(urls, repository, one, found.refs.default_name) for one in found.shown),
        explanation=_WHAT_IS_ONE[kind],
        text=found.text,
        has_filter=bool(found.text) or found.total > FILTERED_FROM,
        action=urls.refs(path, kind),
        base=one_line(found.refs.default_name) if kind is not RefKind.TAG else "",
        total=f"{found.total:,}",
        unfinished=None if found.is_complete else Link("Not all branches could be compared in time.", here),
        pager=Pager(
            text=f"{first:,} to {last:,} of {found.total:,}" if found.shown else "Nothing here",
            newer_url=urls.refs(path, kind, text=found.text, page=found.page - 1) if found.page > 1 else None,
            older_url=urls.refs(path, kind, text=found.text, page=found.page + 1) if last < found.total else None,
        ),
    )


def _line(urls: Urls, shown: ShownRepository, one: ListedRef, default_name: str) -> RefLine:
    repository, ref, note = shown.path, one.ref, one.note
    is_branch = ref.kind is RefKind.BRANCH
    tagger = note.tagger if note else None
    return RefLine(
        name=one_line(ref.name),
        short=ref.target.short,
        is_default=ref.name == default_name and one.is_tip,
        is_closed=ref.is_closed,
        is_tip=one.is_tip,
        commit=commit_line(urls, repository, one.commit, told=shown) if one.commit else None,
        commit_url=urls.changeset(repository, ref.target),
        files_url=urls.files(repository, revision_of(ref) if one.is_tip else ref.target.hex, ROOT),
        history_url=urls.changelog(repository, branch=ref.name)
        if is_branch and one.is_tip
        else urls.file_changelog(repository, revision_of(ref) if one.is_tip else ref.target.hex, ROOT),
        distance=_distance(one.divergence),
        about=_first_line(note),
        message=one_line(note.message) if note else "",
        by=one_line(tagger.name or tagger.email) if tagger else "",
        when=moment(tagger.when) if tagger else moment(one.commit.committer.when) if one.commit else None,
    )


def _distance(divergence: Divergence | None) -> str:
    if divergence is None:
        return ""
    parts = [f"{divergence.ahead:,} ahead"] if divergence.ahead else []
    parts += [f"{divergence.behind:,} behind"] if divergence.behind else []
    return ", ".join(parts) or "the same"


def _first_line(note: TagNote | None) -> str:
    return one_line(next(iter(note.message.splitlines()), "")) if note else ""
