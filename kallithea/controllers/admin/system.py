"""`/_admin/system`: the server itself."""

from __future__ import annotations

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.pages.admin.system import SystemPage, system_page


class SystemRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> SystemPage:
        return system_page(self.visit.urls, self.scope.system_report())
