"""Who has to have a second factor."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Invalid
from kallithea.pages.admin.second_factor import SecondFactorPage, second_factor_page
from kallithea.services.factor_rules import Demand


@dataclass(frozen=True, slots=True)
class DemandForm:
    of: str


class SecondFactorRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> SecondFactorPage:
        return second_factor_page(
            self.visit.urls,
            demand=self.scope.site_settings.second_factor_demand(),
            count=self.scope.second_factors.count(),
        )

    @action(requires=Visitor.ADMINISTRATOR, path="", guarded=True)
    def demand(self) -> Response:
        wanted = next((demand for demand in Demand if demand.value == self.form(DemandForm).of), None)
        if wanted is None:
            raise Invalid("Choose of whom a second factor is wanted.")
        self.scope.site_settings.demand_second_factor(wanted)
        return self.visit.redirect(self.visit.urls.administration("second_factor"))
