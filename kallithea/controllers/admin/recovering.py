"""Choosing a new password without the old one."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Invalid, KallitheaError, NotFound, TooManyAttempts, Unavailable
from kallithea.pages.done import RESET_ASKED, RESET_DONE
from kallithea.pages.password_reset import PasswordResetPage, password_reset_page
from kallithea.pages.password_reset_confirmation import PasswordResetConfirmationPage, password_reset_confirmation_page


@dataclass(frozen=True, slots=True)
class ResetForm:
    email: str


@dataclass(frozen=True, slots=True)
class LinkQuery:
    token: str = ""


@dataclass(frozen=True, slots=True)
class NewPasswordForm:
    token: str
    password: str
    password_confirm: str


class PasswordResetRoom(Room):
    @page(requires=Visitor.ANYONE, free=True)
    def index(self) -> PasswordResetPage:
        return password_reset_page(self.visit.urls, is_offered=self.scope.recovery.is_offered)

    @action(requires=Visitor.ANYONE, path="")
    def ask(self) -> Response:
        form = self.form(ResetForm)
        try:
            self.scope.recovery.ask(form.email, network=self.scope.credentials.origin.address)
        except (Invalid, TooManyAttempts, Unavailable) as error:
            return self._refused(form, error)
        return self.visit.redirect(self.visit.urls.done(RESET_ASKED))

    def _refused(self, form: ResetForm, error: KallitheaError) -> Response:
        said = " ".join(text for text in (error.message, error.hint) if text)
        page = password_reset_page(
            self.visit.urls, is_offered=self.scope.recovery.is_offered, email=form.email, errors={"email": said}
        )
        return say_when(self.visit.rendered(page, status=status_of(error)), error)


class PasswordResetConfirmationRoom(Room):
    """Where the link of the mail leads. Opening it uses nothing up: programs that look at mails open links, too."""

    @page(requires=Visitor.ANYONE, free=True)
    def index(self) -> PasswordResetConfirmationPage:
        return self._page(self.query(LinkQuery).token)

    @action(requires=Visitor.ANYONE, path="")
    def choose(self) -> Response:
        form = self.form(NewPasswordForm)
        try:
            if form.password != form.password_confirm:
                reason = "The two passwords differ."
                raise Invalid(reason, fields={"password_confirm": reason})
            self.scope.recovery.reset(form.token, form.password, network=self.scope.credentials.origin.address)
        except Invalid as error:
            return self.visit.rendered(self._page(form.token, error), status=400)
        except NotFound:
            return self.visit.rendered(self._page(""), status=400)
        return self.visit.redirect(self.visit.urls.done(RESET_DONE))

    def _page(self, token: str, error: Invalid | None = None) -> PasswordResetConfirmationPage:
        try:
            name = self.scope.recovery.whose(token)
        except NotFound:
            name = None
        return password_reset_confirmation_page(
            self.visit.urls, token=token, username=name, errors=error.fields if error else None
        )
