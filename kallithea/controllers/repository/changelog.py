"""The history of a repository, and of one file."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.days import day
from kallithea.controllers.exposing import Door, page
from kallithea.controllers.repository.files import RawPathQuery, path_of
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid
from kallithea.lib.vcs import CommitFilter, FilePath
from kallithea.pages.repository.changelog import NOTHING, ChangelogPage, changelog_page, file_changelog_page
from kallithea.pages.repository.changelog_filters import Wanted
from kallithea.services.histories import CommitList

LAST_PAGE = 100_000
USUAL = 50
"""Commits on a page, or fewer where all lists are shorter; twice as many make a page of over 60 kB."""
MOST = 200
"""Commits on a page at most; a graph of more is not read by anybody."""


@dataclass(frozen=True, slots=True)
class ChangelogQuery:
    """`size` is how many commits a page has, 0: the usual number. `after` is the place where the page begins; without it,
    `page` counts pages."""

    page: int = 1
    size: int = 0
    after: str = ""


class ChangelogRoom(RepositoryPlace):
    def is_costly(self, door: Door) -> bool:
        """A search looks at many commits that it does not show."""
        return super().is_costly(door) or self.query(Wanted).is_search

    @page(requires=Access.READ, remembered=True, reads=[ChangelogQuery, Wanted])
    def index(self) -> ChangelogPage | Response:
        query, wanted = self.query(ChangelogQuery), self.query(Wanted)
        number, size = self._paging(query)
        urls, sized = self.visit.urls, min(query.size, MOST)
        try:
            found = self.scope.commits.history(
                self.grant, branch=wanted.branch, page=number, size=size, wanted=_filter(wanted), after=query.after
            )
        except Invalid as wrong:
            if not wanted.is_search or query.after:
                raise
            shown = changelog_page(
                urls, self.shown, NOTHING, wanted, page_size=size, size=sized, error=wrong.message, hint=wrong.hint
            )
            return self.visit.rendered(shown, status=400)
        told = self._telling(found.commits)
        shown = changelog_page(urls, told, found, wanted, page_size=size, size=sized)
        return self._kept(found, shown)

    @page(requires=Access.READ, path="", remembered=True, costly=True, reads=[ChangelogQuery, RawPathQuery])
    def of_file(self, revision: str, *parts: str) -> ChangelogPage | Response:
        query = self.query(ChangelogQuery)
        number, size = self._paging(query)
        path = path_of(parts, self.query(RawPathQuery))
        found = self.scope.commits.file_history(self.grant, revision, path, page=number, size=size, after=query.after)
        told = self._telling(found.commits)
        shown = file_changelog_page(
            self.visit.urls, told, found, revision=revision, path=path, page_size=size, size=min(query.size, MOST)
        )
        return self._kept(found, shown)

    def _kept(self, found: CommitList, shown: ChangelogPage) -> ChangelogPage | Response:
        """What may be found another time is shown, but not kept."""
        return shown if found.looked_at is None else self.visit.rendered(shown)

    def _paging(self, query: ChangelogQuery) -> tuple[int, int]:
        if not 1 <= query.page <= LAST_PAGE:
            raise Invalid("There is no such page.")
        return query.page, min(query.size or min(USUAL, self.visit.settings.page_size), MOST)


def _filter(wanted: Wanted) -> CommitFilter:
    """What was typed, understood. Raises Invalid."""
    return CommitFilter(
        author=wanted.author.strip(),
        text=wanted.text.strip(),
        since=day(wanted.since.strip()),
        until=day(wanted.until.strip(), days_later=1),
        path=FilePath.from_text(wanted.path.strip()),
        query=wanted.rev.strip(),
    )
