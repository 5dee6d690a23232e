"""Who registered, and whether people may."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid
from kallithea.pages.admin.registrations import RegistrationItem, RegistrationsPage, registrations_page
from kallithea.pages.urls import Urls
from kallithea.services.site_settings import RegistrationMode


@dataclass(frozen=True, slots=True)
class ModeForm:
    registration: str


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    registration_id: int


class RegistrationsRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> RegistrationsPage:
        return self._page()

    @action(requires=Visitor.ADMINISTRATOR)
    def mode(self) -> Response:
        wanted = self.form(ModeForm).registration
        chosen = next((mode for mode in RegistrationMode if mode.value == wanted), None)
        if chosen is None:
            raise Invalid("Registration is off, by approval or open.")
        try:
            self.scope.registrations.choose_mode(chosen)
        except Invalid as error:
            return self.visit.rendered(self._page(error=error.message), status=400)
        return self._back()

    @action(requires=Visitor.ADMINISTRATOR)
    def approve(self) -> Response:
        number = self.form(RegistrationForm).registration_id
        try:
            self.scope.registrations.approve(number, sign_in=lambda: Urls.of_site(self.scope.mails.site).login())
        except Conflict as error:
            said = f"{error.message} Decline this registration, or make an account under another name."
            return self.visit.rendered(self._page(error=said), status=status_of(error))
        return self._back()

    @action(requires=Visitor.ADMINISTRATOR)
    def decline(self) -> Response:
        self.scope.registrations.decline(self.form(RegistrationForm).registration_id)
        return self._back()

    def _back(self) -> Response:
        return self.visit.redirect(self.visit.urls.admin_registrations())

    def _page(self, *, error: str | None = None) -> RegistrationsPage:
        return registrations_page(
            self.visit.urls,
            mode=self.scope.site_settings.registration().value,
            has_mail=self.scope.mails.is_set_up,
            waiting=[
                RegistrationItem(one.id, one.name, one.display_name, one.email, one.address, one.created_at, one.is_confirmed)
                for one in self.scope.registrations.waiting()
            ],
            error=error,
        )
