"""Branches, tags and bookmarks."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, NotFound
from kallithea.lib.vcs import Feature, RefKind
from kallithea.pages.repository.refs import RefsPage, refs_page

LAST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class RefsQuery:
    """`filter` is a part of the names wanted."""

    filter: str = ""
    page: int = 1


class RefPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True, reads=[RefsQuery])
    def branches(self) -> RefsPage | Response:
        return self._refs(RefKind.BRANCH)

    @page(requires=Access.READ, remembered=True, reads=[RefsQuery])
    def tags(self) -> RefsPage | Response:
        return self._refs(RefKind.TAG)

    @page(requires=Access.READ, remembered=True, reads=[RefsQuery])
    def bookmarks(self) -> RefsPage | Response:
        if Feature.BOOKMARKS not in self.shown.features:
            raise NotFound("This kind of repository has no bookmarks.")
        return self._refs(RefKind.BOOKMARK)

    def _refs(self, kind: RefKind) -> RefsPage | Response:
        query = self.query(RefsQuery)
        if not 1 <= query.page <= LAST_PAGE:
            raise Invalid("There is no such page.")
        found = self.scope.commits.refs(self.grant, kind, text=query.filter.strip(), page=query.page)
        told = self._telling(one.commit for one in found.shown if one.commit)
        shown = refs_page(self.visit.urls, told, kind, found)
        # What will soon be known better is shown, but not kept.
        return shown if found.is_complete else self.visit.rendered(shown)
