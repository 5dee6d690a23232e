"""One commit: what it says and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kallithea.lib.diff.words import Segment, mark_words
from kallithea.lib.markup import render_message
from kallithea.lib.vcs import ROOT, Change, Commit, CommitId, Diff, DiffLine, FileDiff, Hunk, LineKind, Refs
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
from kallithea.pages.urls import Urls

MOST_FILES = 300
"""So many changed files are shown; browsers grow slow with more, and nobody reads them."""
MANY_LINES = 400
"""A file with more changed lines than this starts folded."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a diff; an anchor is None on the side where the line is not."""

    look: str
    sign: str
    old_number: int | None
    new_number: int | None
    old_anchor: str | None
    new_anchor: str | None
    segments: tuple[Segment, ...]
    lacks_newline: bool


@dataclass(frozen=True, slots=True)
class ShownHunk:
    heading: str
    lines: tuple[ShownLine, ...]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A changed file; `notes` says in words what the lines cannot, such as a rename or a new mode."""

    anchor: str
    name: str
    old_name: str | None
    change: str
    added: str
    removed: str
    bar: tuple[int, int]
    notes: tuple[str, ...]
    hunks: tuple[ShownHunk, ...]
    is_open: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class ChangesetPage:
    """`cut_url` is there when not everything is shown: it leads to the whole."""

    header: RepositoryHeader
    id: str
    short: str
    number: int | None
    summary: str
    message: Markup | None
    author: Person
    authored: Moment
    committer: Person | None
    committed: Moment | None
    badges: tuple[Badge, ...]
    parents: tuple[Link, ...]
    children: tuple[Link, ...]
    is_merge: bool
    files: tuple[ShownFile, ...]
    file_count: str
    added: str
    removed: str
    cut_url: str | None
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
) -> ChangesetPage:
    """The page of a commit with its changes against its first parent."""
    path = repository.path
    files = shown_files(urls, path, commit, diff)
    has_committer = (commit.committer.name, commit.committer.email) != (commit.author.name, commit.author.email)
    rest = commit.message.strip().partition("\n")[2].strip("\n")
    is_long = len(commit.summary) > 300
    return ChangesetPage(
        header=repository_header(urls, repository, room=Room.HISTORY, revision=commit.id.hex),
        id=commit.id.hex,
        short=commit.id.short,
        number=commit.number,
        summary=(one_line(commit.summary)[:300] + "…" if is_long else one_line(commit.summary)) or "(no message)",
        message=render_message(commit.message.strip() if is_long else rest) if is_long or rest.strip() else None,
        author=person(commit.author),
        authored=moment(commit.author.when),
        committer=person(commit.committer) if has_committer else None,
        committed=moment(commit.committer.when) if commit.committer.when != commit.author.when else None,
        badges=Labels(urls, path, refs).of(commit),
        parents=_commit_links(urls, path, commit.parents),
        children=_commit_links(urls, path, children),
        is_merge=commit.is_merge,
        files=files,
        file_count={0: "No files", 1: "1 file"}.get(len(diff.files), f"{len(diff.files):,} files"),
        added=f"+{sum(file.added for file in diff.files):,}",
        removed=f"−{sum(file.removed for file in diff.files):,}",
        cut_url=urls.changeset_diff(path, commit.id) if _is_cut(diff) else None,
        files_url=urls.files(path, commit.id.hex, ROOT),
        diff_url=urls.changeset_diff(path, commit.id),
        patch_url=urls.changeset_patch(path, commit.id),
    )


def shown_files(urls: Urls, repository: str, commit: Commit, diff: Diff) -> tuple[ShownFile, ...]:
    """The changed files as they are shown; depends on the commit and the diff only, so it can be kept."""
    shown = enumerate(diff.files[:MOST_FILES], start=1)
    return tuple(_file(urls, repository, commit, f"f{number}", file) for number, file in shown)


def _is_cut(diff: Diff) -> bool:
    return diff.is_cut or len(diff.files) > MOST_FILES or any(file.is_cut for file in diff.files)


def _commit_links(urls: Urls, repository: str, ids: Sequence[CommitId]) -> tuple[Link, ...]:
    return tuple(Link(commit_id.short, urls.changeset(repository, commit_id)) for commit_id in ids)


def _file(urls: Urls, repository: str, commit: Commit, anchor: str, file: FileDiff) -> ShownFile:
    is_moved = file.change in (Change.RENAMED, Change.COPIED)
    return ShownFile(
        anchor=anchor,
        name=one_line((file.old_path if file.change is Change.REMOVED else file.new_path).text),
        old_name=one_line(file.old_path.text) if is_moved else None,
        change=file.change.value,
        added=f"+{file.added:,}" if file.added else "",
        removed=f"−{file.removed:,}" if file.removed else "",
        bar=_bar(file.added, file.removed),
        notes=_notes(file),
        hunks=tuple(_hunk(anchor, hunk) for hunk in file.hunks),
        is_open=file.added + file.removed <= MANY_LINES,
        url=None if file.change is Change.REMOVED else urls.files(repository, commit.id.hex, file.new_path),
    )


def _bar(added: int, removed: int) -> tuple[int, int]:
    """How many of five squares are added and removed; each kind that is there has one at least."""
    total = added + removed
    if not total:
        return 0, 0
    squares = min(5, total)
    green = min(squares - (1 if removed else 0), max(1 if added else 0, round(squares * added / total)))
    return green, squares - green


_MODES = {"100644": "a plain file", "100755": "executable", "120000": "a symbolic link", "160000": "a submodule"}


def _notes(file: FileDiff) -> tuple[str, ...]:
    notes = []
    if file.is_binary:
        notes.append("This is a binary file; its bytes are not compared here.")
    if file.is_cut:
        notes.append("The changes of this file are left out here, because there are very many.")
    if file.old_mode and file.new_mode and file.old_mode != file.new_mode:
        before, after = (_MODES.get(mode, mode) for mode in (file.old_mode, file.new_mode))
        notes.append(f"Was {before}, is now {after}.")
    elif file.change is Change.ADDED and file.new_mode in ("100755", "120000", "160000"):
        notes.append(f"New: {_MODES[file.new_mode]}.")
    if not (file.hunks or notes):
        if file.change in (Change.RENAMED, Change.COPIED):
            notes.append("The content is the same.")
        else:
            notes.append("An empty file." if file.change is not Change.MODIFIED else "No line has changed.")
    return tuple(notes)


_LOOKS = {LineKind.CONTEXT: "", LineKind.ADDED: "add", LineKind.REMOVED: "del"}
_SIGNS = {LineKind.CONTEXT: "", LineKind.ADDED: "+", LineKind.REMOVED: "−"}


def _hunk(anchor: str, hunk: Hunk) -> ShownHunk:
    span = f"@@ −{hunk.old_start},{hunk.old_length} +{hunk.new_start},{hunk.new_length} @@"
    marked = mark_words([(line.kind.value, line.content) for line in hunk.lines])
    return ShownHunk(
        heading=f"{span} {one_line(hunk.heading)}".rstrip(),
        lines=tuple(_line(anchor, line, segments) for line, segments in zip(hunk.lines, marked, strict=True)),
    )


def _line(anchor: str, line: DiffLine, segments: tuple[Segment, ...]) -> ShownLine:
    return ShownLine(
        look=_LOOKS[line.kind],
        sign=_SIGNS[line.kind],
        old_number=line.old_number,
        new_number=line.new_number,
        old_anchor=None if line.old_number is None else f"{anchor}-o{line.old_number}",
        new_anchor=None if line.new_number is None else f"{anchor}-n{line.new_number}",
        segments=segments,
        lacks_newline=line.ends_file_without_newline,
    )
