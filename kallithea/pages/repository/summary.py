"""The first page of a repository: what it is, how to get it, what happened last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.lib.vcs import ROOT, Commit, FilePath, Kind, Ref, Refs, TreeEntry
from kallithea.pages.parts import (
    Badge,
    CommitLine,
    Labels,
    Link,
    RepositoryHeader,
    Room,
    ShownRepository,
    commit_line,
    counted,
    downloads,
    one_line,
    ref_badge,
    repository_header,
)
from kallithea.pages.repository.folder import EntryLine, entry_lines, unfinished
from kallithea.pages.repository.readme import ShownReadme
from kallithea.pages.urls import Urls, revision_of

REFS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class QuickStart:
    """What to type for the first push: one command a line."""

    new: str
    existing: str


@dataclass(frozen=True, slots=True)
class RefSummary:
    """The first names of one kind; `more` leads to the rest."""

    title: str
    badges: tuple[Badge, ...]
    more: Link | None


@dataclass(frozen=True, slots=True)
class SummaryPage:
    """`quick_start` is there for an empty repository and for those who may push to it only."""

    header: RepositoryHeader
    description: str
    clone_url: str
    clone_ssh_url: str
    is_empty: bool
    quick_start: QuickStart | None
    entries: tuple[EntryLine, ...]
    more_entries: Link | None
    unfinished: Link | None
    latest: tuple[CommitLine, ...]
    history: Link
    readme: ShownReadme | None
    refs: tuple[RefSummary, ...]
    downloads: tuple[Link, ...]
    access: str
    fork_url: str
    follow_url: str
    around: tuple[Link, ...]


def summary_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    clone_url: str,
    refs: Refs,
    latest: Sequence[Commit],
    commit_count: int,
    entries: Sequence[TreeEntry],
    changes: Mapping[FilePath, Commit],
    readme: ShownReadme | None,
    because: str,
    entry_count: int = 0,
    is_complete: bool = True,
    forks: int = 0,
    followers: int = 0,
    clone_ssh_url: str = "",
) -> SummaryPage:
    """The summary; `latest` are the newest commits of the default ref and `entries` the top folder of its commit.

    `commit_count` need not count beyond 1,001. `because` finishes the sentence "You may read and push, because …".
    `forks` are those that everybody may read.
    """
    path = repository.path
    revision = revision_of(refs.default) if refs.default else refs.default_name
    labels = Labels(urls, path, refs)
    is_empty = not latest
    return SummaryPage(
        header=repository_header(urls, repository, room=Room.SUMMARY, revision=revision),
        description=one_line(repository.description),
        clone_url=clone_url,
        clone_ssh_url=clone_ssh_url,
        is_empty=is_empty,
        quick_start=_quick_start(repository, clone_url, refs) if is_empty and repository.may_write else None,
        entries=entry_lines(urls, path, revision, entries, changes),
        more_entries=_more(urls, path, revision, len(entries), entry_count),
        unfinished=None if is_complete else unfinished(urls.repository(path), entries, changes),
        latest=tuple(commit_line(urls, path, commit, labels.of(commit), told=repository) for commit in latest),
        history=Link(_history(commit_count, refs), urls.changelog(path)),
        readme=readme,
        refs=_refs(urls, path, refs),
        downloads=() if is_empty else downloads(urls, path, revision),
        access=_access(repository, because),
        fork_url=urls.fork(path),
        follow_url=urls.followers(path),
        around=(
            Link(_number(forks, "fork"), urls.forks(path)),
            Link(_number(followers, "follower"), urls.followers(path)),
            Link("Statistics", urls.statistics(path)),
        ),
    )


def _history(count: int, refs: Refs) -> str:
    """How many commits lead to the name that is shown; the page behind it has those of all branches."""
    commits = "1 commit" if count == 1 else f"{counted(count)} commits"
    return f"{commits} up to {one_line(refs.default_name)}"


def _number(number: int, noun: str) -> str:
    """`3 forks`; without a number where there are none, or none that everybody may know of."""
    return f"{counted(number)} {noun}{'' if number == 1 else 's'}" if number else f"{noun.capitalize()}s"


def _more(urls: Urls, path: str, revision: str, shown: int, total: int) -> Link | None:
    """The way to the entries for which the first page of the repository has no room."""
    return Link(f"All {total:,} entries", urls.files(path, revision, ROOT)) if total > shown else None


def _access(repository: ShownRepository, because: str) -> str:
    rights = ["read", "push", "administer"][: 1 + repository.may_write + repository.may_administer]
    words = " and ".join(filter(None, (", ".join(rights[:-1]), rights[-1])))
    return f"You may {words}, because {one_line(because).rstrip('.')}."


def _refs(urls: Urls, path: str, refs: Refs) -> tuple[RefSummary, ...]:
    groups = (
        ("Branches", refs.branches, urls.branches(path)),
        ("Bookmarks", refs.bookmarks, urls.bookmarks(path)),
        ("Tags", refs.latest_tags, urls.tags(path)),
    )
    found = []
    for title, names, all_url in groups:
        # An hg branch with several heads is several refs of one name; it is named once here. There may be very many names.
        distinct: dict[str, Ref] = {}
        for ref in names:
            if not ref.is_closed:
                distinct.setdefault(ref.name, ref)
            if len(distinct) >= REFS_SHOWN:
                break
        if distinct:
            more = Link(f"all {len(names):,}", all_url) if len(names) > REFS_SHOWN else None
            found.append(RefSummary(title, tuple(ref_badge(urls, path, ref) for ref in distinct.values()), more))
    return tuple(found)


_FIRST_PUSH = {
    Kind.GIT: QuickStart(
        new="\n".join(
            (
                "git clone {url}",
                "cd {folder}",
                "# add your files, then",
                "git add .",
                'git commit -m "First commit"',
                "git push origin HEAD:{branch}",
            )
        ),
        existing="git remote add origin {url}\ngit branch -M {branch}\ngit push -u origin {branch}",
    ),
    Kind.HG: QuickStart(
        new='hg clone {url}\ncd {folder}\n# add your files, then\nhg commit --addremove -m "First commit"\nhg push',
        existing="hg push {url}",
    ),
}


def _quick_start(repository: ShownRepository, clone_url: str, refs: Refs) -> QuickStart:
    template = _FIRST_PUSH[repository.kind]
    values = {"url": clone_url, "folder": repository.path.rpartition("/")[2], "branch": refs.default_name}
    return QuickStart(template.new.format(**values), template.existing.format(**values))
