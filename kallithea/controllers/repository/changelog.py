"""The history of a repository, and of one file."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.files import RawPathQuery, path_of
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid
from kallithea.pages.repository.changelog import ChangelogPage, changelog_page, file_changelog_page

LAST_PAGE = 100_000
USUAL = 50
"""Commits on a page, or fewer where all lists are shorter; twice as many make a page of over 60 kB."""
MOST = 200
"""Commits on a page at most; a graph of more is not read by anybody."""


@dataclass(frozen=True, slots=True)
class ChangelogQuery:
    """`size` is how many commits a page has, 0: the usual number."""

    branch: str = ""
    page: int = 1
    size: int = 0


class ChangelogRoom(RepositoryPlace):
    @page(requires=Access.READ, remembered=True)
    def index(self) -> ChangelogPage:
        query = self.query(ChangelogQuery)
        number, size = self._paging(query)
        found = self.scope.commits.history(self.grant, branch=query.branch, page=number, size=size)
        return changelog_page(
            self.visit.urls,
            self._telling(found.commits),
            commits=found.commits,
            refs=found.refs,
            page=number,
            page_size=size,
            total=found.total,
            branch=query.branch,
        )

    @page(requires=Access.READ, path="", remembered=True, costly=True)
    def of_file(self, revision: str, *parts: str) -> ChangelogPage:
        number, size = self._paging(self.query(ChangelogQuery))
        path = path_of(parts, self.query(RawPathQuery))
        found = self.scope.commits.file_history(self.grant, revision, path, page=number, size=size)
        return file_changelog_page(
            self.visit.urls,
            self._telling(found.commits),
            commits=found.commits,
            refs=found.refs,
            revision=revision,
            path=path,
            page=number,
            page_size=size,
            has_more=found.has_more,
        )

    def _paging(self, query: ChangelogQuery) -> tuple[int, int]:
        if not 1 <= query.page <= LAST_PAGE:
            raise Invalid("There is no such page.")
        return query.page, min(query.size or min(USUAL, self.visit.settings.page_size), MOST)
