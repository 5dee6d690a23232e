"""`/_admin/settings`: what administrators set while the server runs, and what the ini file says."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Invalid
from kallithea.pages.admin.settings import SiteSettingsPage, site_settings_page

ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class PublicAccessForm:
    """`public_access` is yes or no."""

    public_access: str


class SettingsRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> SiteSettingsPage:
        report = self.scope.system_report()
        return site_settings_page(
            self.visit.urls,
            public_access=self.scope.site_settings.public_access,
            values=report.settings,
            ini_file=report.ini_file,
        )

    @action(requires=Visitor.ADMINISTRATOR, path="public_access")
    def set_public_access(self) -> Response:
        answer = self.form(PublicAccessForm).public_access
        if answer not in ANSWERS:
            raise Invalid("Say yes or no.")
        self.scope.site_settings.set_public_access(ANSWERS[answer])
        return self.visit.redirect(self.visit.urls.administration("settings"))
