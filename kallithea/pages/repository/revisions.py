"""At which revision files are shown, and how to reach another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kallithea.lib.vcs import Commit, FilePath, Ref, Refs
from kallithea.pages.parts import CommitLine, Labels, Link, commit_line, one_line
from kallithea.pages.urls import Urls, revision_of

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class RevisionGroup:
    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ShownRevision:
    """The revision of a page on files: `name` as it was asked for, the commit it is, and the others one may go to."""

    name: str
    is_permanent: bool
    permanent_url: str
    commit: CommitLine
    others: tuple[RevisionGroup, ...]


def shown_revision(
    urls: Urls, repository: str, *, revision: str, commit: Commit, refs: Refs, address: Callable[[str], str]
) -> ShownRevision:
    """The revision and its chooser; `address` gives the page's own address at another revision."""
    is_permanent = revision == commit.id.hex
    groups = (("Branches", refs.branches), ("Bookmarks", refs.bookmarks), ("Tags", refs.latest_tags))
    return ShownRevision(
        name=commit.id.short if is_permanent else one_line(revision),
        is_permanent=is_permanent,
        permanent_url=address(commit.id.hex),
        commit=commit_line(urls, repository, commit, Labels(urls, repository, refs).of(commit)),
        others=tuple(RevisionGroup(title, _links(names, address)) for title, names in groups if names),
    )


def _links(names: tuple[Ref, ...], address: Callable[[str], str]) -> tuple[Link, ...]:
    return tuple(Link(one_line(ref.name), address(revision_of(ref))) for ref in names[:_SHOWN])


@dataclass(frozen=True, slots=True)
class PathCrumbs:
    """The way to a file: the folders as links, and the name at its end."""

    folders: tuple[Link, ...]
    name: str


def path_crumbs(urls: Urls, repository: str, revision: str, path: FilePath) -> PathCrumbs:
    """The crumbs of a path, beginning with the repository's own name."""
    root = Link(one_line(repository.rpartition("/")[2]), urls.files(repository, revision, FilePath(b"")))
    if not path.parts:
        return PathCrumbs((), root.text)
    folders = tuple(Link(one_line(part.name), urls.files(repository, revision, part)) for part in path.parts[:-1])
    return PathCrumbs((root, *folders), one_line(path.name))
