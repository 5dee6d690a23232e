"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import KallitheaError, TooManyAttempts, Unauthenticated
from kallithea.pages.login import LoginPage, Offers, login_page
from kallithea.services.actors import Member
from kallithea.services.site_settings import RegistrationMode


@dataclass(frozen=True, slots=True)
class LoginQuery:
    came_from: str = ""


@dataclass(frozen=True, slots=True)
class LoginForm:
    username: str
    password: str
    remember: bool = False
    came_from: str = ""


class LoginRoom(Room):
    @page(requires=Visitor.ANYONE, free=True)
    def index(self) -> LoginPage | Response:
        came_from = self.query(LoginQuery).came_from
        if isinstance(self.scope.actor, Member):
            return self.visit.redirect(self.visit.safe_destination(came_from))
        return login_page(self.visit.urls, came_from=came_from, offers=self._offers())

    @action(requires=Visitor.ANYONE, path="")
    def sign_in(self) -> Response:
        form, scope, visit = self.form(LoginForm), self.scope, self.visit
        origin = scope.credentials.origin
        # The query is where scripts of the predecessor's time put it.
        came_from = form.came_from or self.query(LoginQuery).came_from
        try:
            member = scope.authentication.by_password(form.username, form.password, address=origin.address)
        except (Unauthenticated, TooManyAttempts) as error:
            return self._refused(form, came_from, error)
        self._end_session_here()
        token, until = scope.accounts.start_session(member, origin, remember=form.remember)
        max_age = None if until is None else visit.settings.remember_seconds
        visit.set_cookie(visit.settings.cookie_name, token, max_age=max_age)
        return visit.redirect(visit.safe_destination(came_from))

    def _offers(self) -> Offers:
        can_register = self.scope.registrations.mode() is not RegistrationMode.OFF
        return Offers(self.scope.recovery.is_offered, can_register)

    def _end_session_here(self) -> None:
        """End the session that the new one takes the cookie of; nobody could end it otherwise, but by waiting."""
        actor = self.scope.actor
        if isinstance(actor, Member) and actor.session_id is not None:
            self.scope.accounts.end_session(actor, actor.session_id)

    def _refused(self, form: LoginForm, came_from: str, error: KallitheaError) -> Response:
        said = " ".join(text for text in (error.message, error.hint) if text)
        page = login_page(
            self.visit.urls,
            came_from=came_from,
            username=form.username,
            remember=form.remember,
            error=said,
            offers=self._offers(),
        )
        return say_when(self.visit.rendered(page, status=status_of(error)), error)


class LogoutRoom(Room):
    @action(requires=Visitor.ANYONE, path="")
    def sign_out(self) -> Response:
        actor = self.scope.actor
        if isinstance(actor, Member) and actor.session_id is not None:
            self.scope.accounts.end_session(actor, actor.session_id)
        self.visit.delete_cookie(self.visit.settings.cookie_name)
        return self.visit.redirect(self.visit.urls.home())
