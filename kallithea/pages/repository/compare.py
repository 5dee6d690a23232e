"""Two revisions compared, or the form to choose them."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.lib.vcs import RefKind, Refs
from kallithea.pages.parts import (
    CommitLine,
    Labels,
    Link,
    RepositoryHeader,
    Room,
    ShownRepository,
    commit_line,
    counted,
    one_line,
    repository_header,
)
from kallithea.pages.repository.diff import DiffView, ShownDiff, Side, Sides, shown_diff
from kallithea.pages.urls import Urls
from kallithea.services.commits import Comparison, NamedRevision

KIND_WORDS: dict[RefKind | None, str] = {
    RefKind.BRANCH: "branch",
    RefKind.TAG: "tag",
    RefKind.BOOKMARK: "book",
    None: "rev",
}
"""How addresses call the kinds of names."""
SUGGESTED = 200


@dataclass(frozen=True, slots=True)
class ShownComparison:
    """`base` is there where the two parted; `other_way` leads to the other way of comparing."""

    base: CommitLine | None
    explanation: str
    other_way: Link | None
    commits: tuple[CommitLine, ...]
    count: str
    diff: ShownDiff
    swap_url: str


@dataclass(frozen=True, slots=True)
class ComparePage:
    """`comparison` is None while there is still to be chosen; `names` are suggested for both boxes. `other` is the
    repository of the second revision, where that is another one."""

    header: RepositoryHeader
    action: str
    old: str
    new: str
    other: str
    names: tuple[str, ...]
    comparison: ShownComparison | None


def spec_of(revision: NamedRevision) -> tuple[str, str]:
    """A revision as an address has it."""
    return KIND_WORDS[revision.kind], revision.name


def compare_page(
    urls: Urls,
    repository: ShownRepository,
    *,
    old: NamedRevision,
    new: NamedRevision,
    refs: Refs,
    comparison: Comparison | None = None,
    view: DiffView = DiffView(),
    other: str = "",
) -> ComparePage:
    """The form with what was chosen, and the comparison if both sides were."""
    names = dict.fromkeys(one_line(ref.name) for ref in (*refs.branches, *refs.bookmarks, *refs.latest_tags))
    return ComparePage(
        header=repository_header(
            urls, repository, room=Room.HISTORY, canonical=_address(urls, repository.path, old, new, comparison, other)
        ),
        action=urls.compare(repository.path),
        old=one_line(old.name),
        new=one_line(new.name),
        other=one_line(other),
        names=tuple(names)[:SUGGESTED],
        comparison=_Shown(urls, repository, other, old, new, comparison).all(view) if comparison else None,
    )


def _address(urls: Urls, path: str, old: NamedRevision, new: NamedRevision, found: Comparison | None, other: str) -> str:
    if found is None:
        return urls.compare(path)
    return urls.comparison(path, spec_of(old), spec_of(new), from_base=found.is_from_base, other=other)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Makes what a page shows of a comparison."""

    urls: Urls
    repository: ShownRepository
    other: str
    old: NamedRevision
    new: NamedRevision
    found: Comparison

    def all(self, view: DiffView) -> ShownComparison:
        urls, found, path = self.urls, self.found, self.repository.path
        theirs = self.other or path
        labels = Labels(urls, theirs, found.refs)
        here, whole = self._address(found.is_from_base), self._address(found.is_from_base, full_diff=True)
        # Messages of another repository name commits of their own.
        told = None if self.other else self.repository
        parting = found.base is not None and found.base.id != found.old.id
        sides = Sides(Side(path, found.start.id), Side(theirs, found.new.id))
        way = "Show all that differs" if found.is_from_base else "Show only what was added since they parted"
        swapped = self.urls.comparison(
            theirs, spec_of(self.new), spec_of(self.old), from_base=found.is_from_base, other=path if self.other else ""
        )
        return ShownComparison(
            base=commit_line(urls, path, found.base) if found.base and parting else None,
            explanation=_explanation(found),
            other_way=Link(way, self._address(not found.is_from_base)) if parting else None,
            commits=tuple(commit_line(urls, theirs, commit, labels.of(commit), told=told) for commit in found.commits),
            count="1 commit" if found.total == 1 else f"{counted(found.total)} commits",
            diff=shown_diff(urls, sides, found.diff, view, here, whole, found.around),
            swap_url=swapped,
        )

    def _address(self, from_base: bool, *, full_diff: bool = False) -> str:
        old, new = spec_of(self.old), spec_of(self.new)
        return self.urls.comparison(self.repository.path, old, new, from_base=from_base, full_diff=full_diff, other=self.other)


def _explanation(found: Comparison) -> str:
    if found.base is None:
        return "These histories have nothing in common. The changes are all that tells them apart."
    if found.base.id == found.old.id:
        return "The second continues the first."
    if found.base.id == found.new.id:
        return "The second comes before the first: there is nothing new in it."
    if found.is_from_base:
        return "The changes are those since the two parted."
    return "The changes are all that tells the two apart."
