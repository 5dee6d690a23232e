"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.entering import end_session_here, enter, open_session, ticket_cookie
from kallithea.controllers.base import Room
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import KallitheaError, NotFound, TooManyAttempts, Unauthenticated
from kallithea.pages.login import LoginPage, Offers, login_page
from kallithea.pages.parts import PasskeyForm
from kallithea.pages.second_step import SecondStepPage, second_step_page
from kallithea.services.actors import Member
from kallithea.services.audit import Target
from kallithea.services.second_step import HalfSignedIn
from kallithea.services.site_settings import RegistrationMode
from kallithea.services.slips import SlipRefused

NO_PASSKEYS = "Passkeys cannot be used at this address."


@dataclass(frozen=True, slots=True)
class LoginQuery:
    came_from: str = ""


@dataclass(frozen=True, slots=True)
class LoginForm:
    username: str
    password: str
    remember: bool = False
    came_from: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyLoginForm:
    credential: str
    came_from: str = ""


@dataclass(frozen=True, slots=True)
class SecondStepForm:
    code: str = ""
    credential: str = ""
    came_from: str = ""


class LoginRoom(Room):
    @page(requires=Visitor.ANYONE, free=True)
    def index(self) -> LoginPage | Response:
        came_from = self.query(LoginQuery).came_from
        if isinstance(self.scope.actor, Member):
            return self.visit.redirect(self.visit.safe_destination(came_from))
        return self._login_page(came_from)

    @action(requires=Visitor.ANYONE, path="", for_owing=True)
    def sign_in(self) -> Response:
        form, scope, visit = self.form(LoginForm), self.scope, self.visit
        # The query is where scripts of the predecessor's time put it.
        came_from = form.came_from or self.query(LoginQuery).came_from
        try:
            member = scope.authentication.by_password(form.username, form.password, address=scope.credentials.origin.address)
        except (Unauthenticated, TooManyAttempts) as error:
            return self._refused(self._login_page(came_from, form.username, form.remember, error), error)
        return enter(visit, member, remember=form.remember, came_from=came_from)

    @action(requires=Visitor.ANYONE, path="passkey", for_owing=True)
    def sign_in_with_passkey(self) -> Response:
        """With a passkey of a device that made sure who holds it: that is two factors, and nothing else is asked for."""
        form, visit = self.form(PasskeyLoginForm), self.visit
        if visit.party is None:
            raise NotFound(NO_PASSKEYS)
        try:
            number = self.scope.passkeys.check_first(form.credential, visit.party, browser=visit.browser)
        except (Unauthenticated, TooManyAttempts) as error:
            return self._refused(self._login_page(form.came_from, error=error), error)
        return open_session(visit, self._member(number), remember=False, came_from=form.came_from)

    @page(requires=Visitor.ANYONE, path="second", free=True)
    def second_step_page(self) -> SecondStepPage | Response:
        came_from = self.query(LoginQuery).came_from
        half = self._half()
        return self._second_step_page(half, came_from) if half else self._begin_again(came_from)

    @action(requires=Visitor.ANYONE, path="second", for_owing=True)
    def second_step(self) -> Response:
        form, visit, scope = self.form(SecondStepForm), self.visit, self.scope
        half = self._half()
        if half is None:
            return self._begin_again(form.came_from)
        try:
            used_recovery_code = self._check_second(half, form)
            scope.second_step.end(self._ticket)
        except SlipRefused:
            return self._begin_again(form.came_from)
        except (Unauthenticated, TooManyAttempts) as error:
            return self._refused(self._second_step_page(half, form.came_from, error), error)
        visit.delete_cookie(ticket_cookie(visit))
        if used_recovery_code:
            scope.audit.record("second_factor.recovery", Target("user", half.user_id, half.name))
        return open_session(visit, self._member(half.user_id), remember=half.remember, came_from=form.came_from)

    def _check_second(self, half: HalfSignedIn, form: SecondStepForm) -> bool:
        """Whether it was a recovery code that was shown."""
        scope, visit = self.scope, self.visit
        if not form.credential:
            return scope.second_step.check_code(half.user_id, form.code)
        if visit.party is None:
            raise NotFound(NO_PASSKEYS)
        scope.passkeys.check_second(form.credential, visit.party, browser=visit.browser, user_id=half.user_id)
        return False

    def _half(self) -> HalfSignedIn | None:
        """Who showed a password in this browser a moment ago."""
        try:
            return self.scope.second_step.half(self._ticket, browser=self.visit.browser) if self._ticket else None
        except SlipRefused:
            return None

    @property
    def _ticket(self) -> str:
        return self.visit.request.cookies.get(ticket_cookie(self.visit)) or ""

    def _member(self, number: int) -> Member:
        member = self.scope.accounts.member(number)
        if member is None:
            raise Unauthenticated("This account was disabled a moment ago.")
        return member

    def _begin_again(self, came_from: str) -> Response:
        return self.visit.redirect(self.visit.urls.login(came_from=came_from))

    def _login_page(
        self, came_from: str, username: str = "", remember: bool = False, error: KallitheaError | None = None
    ) -> LoginPage:
        return login_page(
            self.visit.urls,
            came_from=came_from,
            username=username,
            remember=remember,
            error=_said(error),
            passkey=self._passkey_form(self.visit.urls.login_with_passkey(), came_from),
            offers=self._offers(),
        )

    def _offers(self) -> Offers:
        can_register = self.scope.registrations.mode() is not RegistrationMode.OFF
        return Offers(self.scope.recovery.is_offered, can_register)

    def _second_step_page(self, half: HalfSignedIn, came_from: str, error: KallitheaError | None = None) -> SecondStepPage:
        urls = self.visit.urls
        return second_step_page(
            urls,
            came_from=came_from,
            username=half.name,
            has_app=half.has_app,
            passkey=self._passkey_form(urls.second_step(), came_from, half.user_id) if half.has_passkey else None,
            error=_said(error),
        )

    def _passkey_form(self, action: str, came_from: str, user_id: int | None = None) -> PasskeyForm | None:
        if self.visit.party is None:
            return None
        question = self.scope.passkeys.question(self.visit.party, browser=self.visit.browser, user_id=user_id)
        return PasskeyForm(action, question, came_from)

    def _refused(self, page: LoginPage | SecondStepPage, error: KallitheaError) -> Response:
        return say_when(self.visit.rendered(page, status=status_of(error)), error)


class LogoutRoom(Room):
    @action(requires=Visitor.ANYONE, path="", for_owing=True)
    def sign_out(self) -> Response:
        end_session_here(self.visit)
        self.visit.delete_cookie(self.visit.settings.cookie_name)
        return self.visit.redirect(self.visit.urls.home())


def _said(error: KallitheaError | None) -> str | None:
    return " ".join(text for text in (error.message, error.hint) if text) if error else None
