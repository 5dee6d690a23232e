"""A file, and beside its lines the commits that they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kallithea.lib.highlight import highlight
from kallithea.lib.vcs import Blame, BlameRange, Commit, CommitId, Refs, TreeEntry
from kallithea.pages.parts import (
    CommitLine,
    Link,
    RepositoryHeader,
    Room,
    ShownRepository,
    commit_line,
    repository_header,
    size_text,
)
from kallithea.pages.repository.revisions import PathCrumbs, ShownRevision, path_crumbs, shown_revision
from kallithea.pages.urls import Urls

AGES = 8
"""How many shades the style sheet has for the age of lines, 1 for the newest."""


@dataclass(frozen=True, slots=True)
class NumberedLine:
    number: int
    html: Markup


@dataclass(frozen=True, slots=True)
class AnnotatedPart:
    """Lines in a row that come from one commit; None where there was no time to find it. `before_url` is the
    file in front of it."""

    commit: CommitLine | None
    age: int
    before_url: str | None
    lines: tuple[NumberedLine, ...]


@dataclass(frozen=True, slots=True)
class AnnotatePage:
    """`parts` are empty for what has no lines; `file_url` then leads to what there is. `unfinished` leads to the same page."""

    header: RepositoryHeader
    revision: ShownRevision
    crumbs: PathCrumbs
    facts: tuple[str, ...]
    remarks: tuple[str, ...]
    unfinished: Link | None
    parts: tuple[AnnotatedPart, ...]
    file_url: str
    history_url: str


def annotate_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    revision: str,
    commit: Commit,
    entry: TreeEntry,
    content: bytes,
    blame: Blame | None,
    commits: Mapping[CommitId, Commit],
    refs: Refs,
    has_ignored: bool = False,
) -> AnnotatePage:
    """The lines of a file with their origin; without `blame` there are none to tell of."""
    name, path = repository.path, entry.path
    shown = highlight(path.name, content, splits_at_cr=False) if blame is not None else None
    parts = _parts(urls, name, shown.lines, blame, commits) if shown is not None and blame is not None else ()
    people = len({found.author.email or found.author.name for found in commits.values()})
    facts = [f"{len(shown.lines):,} lines" if len(shown.lines) != 1 else "1 line"] if shown else []
    if people:
        facts.append("1 author" if people == 1 else f"{people:,} authors")
    return AnnotatePage(
        header=repository_header(
            urls, repository, room=Room.FILES, revision=revision, canonical=urls.annotate(name, revision, path)
        ),
        revision=shown_revision(
            urls, name, revision=revision, commit=commit, refs=refs, address=lambda other: urls.annotate(name, other, path)
        ),
        crumbs=path_crumbs(urls, name, revision, path),
        facts=(*facts, *([size_text(entry.size)] if entry.size is not None else [])),
        remarks=(
            *(shown.remarks if shown else ()),
            *(["Commits listed in .git-blame-ignore-revs are seen through."] if has_ignored else []),
        ),
        unfinished=_unfinished(urls.annotate(name, revision, path), blame),
        parts=parts,
        file_url=urls.files(name, revision, path),
        history_url=urls.file_changelog(name, revision, path),
    )


def _unfinished(url: str, blame: Blame | None) -> Link | None:
    if blame is None or blame.is_complete:
        return None
    return Link("This file has a long history, and not all of its lines were traced in time.", url)


def _parts(
    urls: Urls, repository: str, lines: Sequence[Markup], blame: Blame, commits: Mapping[CommitId, Commit]
) -> tuple[AnnotatedPart, ...]:
    """The lines by commit; neighbours of one commit are one part."""
    ages = _ages(commits)
    by_line: dict[int, BlameRange] = {}
    for found in blame.ranges:
        by_line.update(dict.fromkeys(range(found.start, found.start + found.length), found))
    shown = {commit_id: commit_line(urls, repository, commit) for commit_id, commit in commits.items()}
    parts: list[tuple[BlameRange | None, list[NumberedLine]]] = []
    for number, html in enumerate(lines, start=1):
        origin = by_line.get(number)
        if not parts or _commit_of(parts[-1][0]) != _commit_of(origin):
            parts.append((origin, []))
        parts[-1][1].append(NumberedLine(number, html))
    return tuple(
        AnnotatedPart(
            commit=shown[origin.origin.commit] if origin else None,
            age=ages[origin.origin.commit] if origin else AGES,
            before_url=_before(urls, repository, origin),
            lines=tuple(numbered),
        )
        for origin, numbered in parts
    )


def _commit_of(found: BlameRange | None) -> CommitId | None:
    return found.origin.commit if found else None


def _before(urls: Urls, repository: str, found: BlameRange | None) -> str | None:
    if found is None or found.before is None:
        return None
    return urls.annotate(repository, found.before.commit.hex, found.before.path, line=found.before.line)


def _ages(commits: Mapping[CommitId, Commit]) -> dict[CommitId, int]:
    """A shade for each commit, by where its time lies between the newest and the oldest."""
    times = {commit_id: commit.author.when.timestamp() for commit_id, commit in commits.items()}
    newest, oldest = max(times.values(), default=0), min(times.values(), default=0)
    span = (newest - oldest) or 1
    return {commit_id: 1 + round((newest - when) / span * (AGES - 1)) for commit_id, when in times.items()}
