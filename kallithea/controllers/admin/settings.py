"""`/_admin/settings`: what the ini file says."""

from __future__ import annotations

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.pages.admin.settings import SiteSettingsPage, site_settings_page


class SettingsRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> SiteSettingsPage:
        report = self.scope.system_report()
        return site_settings_page(self.visit.urls, values=report.settings, ini_file=report.ini_file)
