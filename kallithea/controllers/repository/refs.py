"""Branches, tags and bookmarks."""

from __future__ import annotations

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound
from kallithea.lib.vcs import Feature, RefKind
from kallithea.pages.repository.refs import RefsPage, refs_page


class RefPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True)
    def branches(self) -> RefsPage:
        return self._refs(RefKind.BRANCH)

    @page(requires=Access.READ, remembered=True)
    def tags(self) -> RefsPage:
        return self._refs(RefKind.TAG)

    @page(requires=Access.READ, remembered=True)
    def bookmarks(self) -> RefsPage:
        if Feature.BOOKMARKS not in self.shown.features:
            raise NotFound("This kind of repository has no bookmarks.")
        return self._refs(RefKind.BOOKMARK)

    def _refs(self, kind: RefKind) -> RefsPage:
        refs, shown, commits = self.scope.commits.refs(self.grant, kind)
        told = self._telling(commits.values())
        return refs_page(self.visit.urls, told, kind=kind, refs=shown, commits=commits, default_name=refs.default_name)
