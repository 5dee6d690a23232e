"""One commit: what it says and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kallithea.lib.messages import render_message
from kallithea.lib.vcs import ROOT, Commit, CommitId, Diff, KeySignature, Refs
from kallithea.pages.parts import (
    Badge,
    Labels,
    Link,
    Moment,
    Person,
    RepositoryHeader,
    Room,
    ShownRepository,
    moment,
    one_line,
    person,
    repository_header,
)
from kallithea.pages.repository.diff import DiffView, ShownDiff, Side, Sides, shown_diff
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """What was signed, in which format, and with which key: nobody checked whether that is so."""

    what: str
    key: str | None


@dataclass(frozen=True, slots=True)
class ChangesetPage:
    header: RepositoryHeader
    id: str
    short: str
    number: int | None
    summary: str
    heading: Markup
    message: Markup | None
    author: Person
    authored: Moment
    committer: Person | None
    committed: Moment | None
    badges: tuple[Badge, ...]
    parents: tuple[Link, ...]
    children: tuple[Link, ...]
    is_merge: bool
    signatures: tuple[ShownSignature, ...]
    diff: ShownDiff
    permanent_url: str
    files_url: str
    diff_url: str
    patch_url: str


def changeset_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    commit: Commit,
    children: Sequence[CommitId],
    diff: Diff,
    refs: Refs,
    signatures: Sequence[KeySignature] = (),
    view: DiffView = DiffView(),
) -> ChangesetPage:
    """The page of a commit with its changes against its first parent."""
    path = repository.path
    has_committer = (commit.committer.name, commit.committer.email) != (commit.author.name, commit.author.email)
    rest = commit.message.strip().partition("\n")[2].strip("\n")
    is_long = len(commit.summary) > 300
    summary = (one_line(commit.summary)[:300] + "…" if is_long else one_line(commit.summary)) or "(no message)"
    return ChangesetPage(
        header=repository_header(
            urls, repository, room=Room.HISTORY, revision=commit.id.hex, canonical=urls.changeset(path, commit.id)
        ),
        id=commit.id.hex,
        short=commit.id.short,
        number=commit.number,
        summary=summary,
        heading=render_message(summary, repository.links),
        message=render_message(commit.message.strip() if is_long else rest, repository.links)
        if is_long or rest.strip()
        else None,
        author=person(commit.author, repository.faces),
        authored=moment(commit.author.when),
        committer=person(commit.committer, repository.faces) if has_committer else None,
        committed=moment(commit.committer.when) if commit.committer.when != commit.author.when else None,
        badges=Labels(urls, path, refs).of(commit),
        parents=_commit_links(urls, path, commit.parents),
        children=_commit_links(urls, path, children),
        is_merge=commit.is_merge,
        signatures=tuple(map(_signature, signatures)),
        diff=shown_diff(
            urls,
            Sides(Side(path, commit.parents[0]) if commit.parents else None, Side(path, commit.id)),
            diff,
            view,
            urls.changeset(path, commit.id),
            urls.changeset_diff(path, commit.id),
        ),
        permanent_url=urls.changeset(path, commit.id),
        files_url=urls.files(path, commit.id.hex, ROOT),
        diff_url=urls.changeset_diff(path, commit.id),
        patch_url=urls.changeset_patch(path, commit.id),
    )


def _signature(found: KeySignature) -> ShownSignature:
    what = "Commit" if found.tag is None else f"Tag {one_line(found.tag)}"
    return ShownSignature(f"{what} signed with {found.format.value}", None if found.key is None else one_line(found.key))


def _commit_links(urls: Urls, repository: str, ids: Sequence[CommitId]) -> tuple[Link, ...]:
    return tuple(Link(commit_id.short, urls.changeset(repository, commit_id)) for commit_id in ids)
