"""The statistics of a repository."""

from __future__ import annotations

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.pages.repository.statistics import StatisticsPage, statistics_page


class StatisticsPages(RepositoryPlace):
    @page(requires=Access.READ)
    def statistics(self) -> StatisticsPage:
        return statistics_page(self.visit.urls, self.shown, self.scope.statistics.of(self.grant))
