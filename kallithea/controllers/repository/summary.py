"""The first page of a repository."""

from __future__ import annotations

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.pages.repository.readme import ShownReadme, find_readme, shown_readme
from kallithea.pages.repository.summary import SummaryPage, summary_page
from kallithea.pages.urls import revision_of
from kallithea.services.files import README_LIMIT, Overview


class SummaryPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True)
    def index(self) -> SummaryPage | Response:
        seen = self.scope.files.overview(self.grant)
        found = summary_page(
            self.visit.urls,
            self._telling(seen.latest),
            clone_url=self.visit.clone_url(self.grant.target.path),
            clone_ssh_url=self.visit.clone_ssh_url(self.grant.target.path, self.grant.target.id),
            refs=seen.refs,
            latest=seen.latest,
            commit_count=seen.commit_count,
            entries=seen.shown,
            entry_count=len(seen.entries),
            changes=seen.changes.by_path,
            is_complete=seen.changes.is_complete,
            readme=self._landing_readme(seen),
            because=self.grant.decision.reason,
            forks=self.scope.listing.public_forks(self.grant.target.id),
            followers=len(self.scope.followings.followers(self.grant)),
        )
        # What will soon be known better is shown, but not kept.
        return found if seen.changes.is_complete else self.visit.rendered(found)

    @page(requires=Access.READ, remembered=True)
    def summary(self) -> SummaryPage | Response:
        return self.index()

    def _landing_readme(self, seen: Overview) -> ShownReadme | None:
        entry = find_readme(seen.entries)
        if entry is None or seen.commit is None:
            return None
        content = self.scope.files.read(self.grant, seen.commit, entry.path, limit=README_LIMIT)
        revision = revision_of(seen.refs.default) if seen.refs.default else seen.commit.id.hex
        return shown_readme(self.visit.urls, self.grant.target.path, revision, entry.path, content)
