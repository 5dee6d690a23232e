"""Making oneself an account, where that is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.recovering import LinkQuery
from kallithea.controllers.base import Room
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Forbidden, Invalid, KallitheaError, NotFound, TooManyAttempts, Unavailable
from kallithea.pages.confirmation import ConfirmationPage, confirmation_page, link_is_over_page
from kallithea.pages.done import REGISTERED, REGISTRATION_CONFIRMED, REGISTRATION_SENT, REGISTRATION_WAITS
from kallithea.pages.register import RegisterPage, RegistrationValues, register_page
from kallithea.pages.urls import Urls
from kallithea.services.registrations import NewRegistration


@dataclass(frozen=True, slots=True)
class RegisterForm:
    username: str
    email: str
    password: str
    password_confirmation: str
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class LinkForm:
    token: str


class RegisterRoom(Room):
    @page(requires=Visitor.ANYONE, free=True)
    def index(self) -> RegisterPage:
        return register_page(self.visit.urls, mode=self.scope.registrations.mode())

    @action(requires=Visitor.ANYONE, path="")
    def register(self) -> Response:
        form = self.form(RegisterForm)
        new = NewRegistration(form.username, form.email, form.password, form.display_name)
        try:
            if form.password != form.password_confirmation:
                reason = "The two passwords differ."
                raise Invalid(reason, fields={"password_confirmation": reason})
            self._register(new)
        except (Invalid, Forbidden, TooManyAttempts, Unavailable) as error:
            return self._refused(form, error)
        return self.visit.redirect(self.visit.urls.done(REGISTRATION_SENT if self._has_mail else REGISTRATION_WAITS))

    @page(requires=Visitor.ANYONE, path="confirm", free=True)
    def confirmation(self) -> ConfirmationPage:
        """Asks before anything is done: programs that look at mails open links, too."""
        token = self.query(LinkQuery).token
        try:
            name = self.scope.registrations.asked_for(token)
        except NotFound as error:
            return link_is_over_page(self.visit.urls, error.hint or "")
        return confirmation_page(
            title="Confirm your registration",
            text=f"You registered the name {name}.",
            button="Confirm",
            action=self.visit.urls.register_confirmation(),
            token=token,
        )

    @action(requires=Visitor.ANYONE, path="confirm")
    def confirm(self) -> Response:
        token, registrations, visit = self.form(LinkForm).token, self.scope.registrations, self.visit
        network = self.scope.credentials.origin.address
        try:
            user = registrations.confirm(token, network=network, list_url=self._mailed.admin_registrations)
        except NotFound as error:
            return visit.rendered(link_is_over_page(visit.urls, error.hint or ""), status=400)
        except Conflict as error:
            return visit.rendered(link_is_over_page(visit.urls, f"{error.message} Register once more."), status=409)
        return visit.redirect(visit.urls.done(REGISTERED if user else REGISTRATION_CONFIRMED))

    def _register(self, new: NewRegistration) -> None:
        self.scope.registrations.register(
            new,
            self.scope.credentials.origin,
            link_to=lambda token: self._mailed.register_link(token),
            sign_in=lambda: self._mailed.login(),
        )

    @property
    def _has_mail(self) -> bool:
        return self.scope.mails.is_set_up

    @property
    def _mailed(self) -> Urls:
        """Addresses as mails have them."""
        return Urls.of_site(self.scope.mails.site)

    def _refused(self, form: RegisterForm, error: KallitheaError) -> Response:
        fields = error.fields if isinstance(error, Invalid) else {}
        said = " ".join(text for text in (error.message, error.hint) if text)
        page = register_page(
            self.visit.urls,
            mode=self.scope.registrations.mode(),
            values=RegistrationValues(form.username, form.email, form.display_name),
            errors=fields,
            error=None if fields else said,
        )
        return say_when(self.visit.rendered(page, status=status_of(error)), error)
