"""One commit: what it says and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kallithea.lib.messages import render_message
from kallithea.lib.vcs import ROOT, Children, Commit, CommitId, Diff, Refs
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
from kallithea.services.signers import JudgedSignature, Verdict
from kallithea.services.surroundings import NO_SURROUNDINGS, Surroundings


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """What was signed, in which format, and with which key. `verdict` is what came of checking it; `look` is good, bad or
    nothing."""

    what: str
    key: str | None
    verdict: str
    about: str
    look: str


_VERDICTS = {
    Verdict.VERIFIED: ("Verified", "", "good"),
    Verdict.OTHER_ADDRESS: ("Not verified", "The key is of somebody here, and the mail address is not theirs.", ""),
    Verdict.UNKNOWN_KEY: ("Not verified", "Nobody here has this key.", ""),
    Verdict.MISSING_KEY: ("Not verified", "Nobody here has this key, so nobody can say whether the signature is good.", ""),
    Verdict.EXPIRED_KEY: ("Not verified", "It is good, and the key has expired.", ""),
    Verdict.REVOKED_KEY: ("Not verified", "The key was revoked.", "bad"),
    Verdict.BAD: ("Bad signature", "It is not of what it is attached to.", "bad"),
    Verdict.UNCHECKED: ("Not checked", "This server could not check it.", ""),
}


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
    has_all_children: bool
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
    children: Children,
    diff: Diff,
    refs: Refs,
    signatures: Sequence[JudgedSignature] = (),
    view: DiffView = DiffView(),
    around: Surroundings = NO_SURROUNDINGS,
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
        children=_commit_links(urls, path, children.ids),
        has_all_children=children.is_complete,
        is_merge=commit.is_merge,
        signatures=tuple(map(_signature, signatures)),
        diff=shown_diff(
            urls,
            Sides(Side(path, commit.parents[0]) if commit.parents else None, Side(path, commit.id)),
            diff,
            view,
            urls.changeset(path, commit.id),
            urls.changeset_diff(path, commit.id),
            around,
        ),
        permanent_url=urls.changeset(path, commit.id),
        files_url=urls.files(path, commit.id.hex, ROOT),
        diff_url=urls.changeset_diff(path, commit.id),
        patch_url=urls.changeset_patch(path, commit.id),
    )


def _signature(judged: JudgedSignature) -> ShownSignature:
    found = judged.signature
    what = "Commit" if found.tag is None else f"Tag {one_line(found.tag)}"
    verdict, about, look = _VERDICTS[judged.verdict]
    return ShownSignature(
        f"{what} signed with {found.format.value}",
        None if found.key is None else one_line(found.key),
        f"{verdict}: signed by {one_line(judged.signer)}" if judged.signer else verdict,
        about,
        look,
    )


def _commit_links(urls: Urls, repository: str, ids: Sequence[CommitId]) -> tuple[Link, ...]:
    return tuple(Link(commit_id.short, urls.changeset(repository, commit_id)) for commit_id in ids)
