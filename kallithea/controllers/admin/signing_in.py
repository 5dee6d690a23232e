"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.entering import end_session_here, enter, open_session, ticket_cookie
from kallithea.controllers.base import Room
from kallithea.controllers.departures import LASTS, Away, packed, unpacked
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Forbidden, Invalid, KallitheaError, NotFound, TooManyAttempts, Unauthenticated, Unavailable
from kallithea.lib.sign_in.sources import NOT_FROM_HERE
from kallithea.pages.login import LoginPage, Offers, login_page
from kallithea.pages.parts import PasskeyForm
from kallithea.pages.second_step import SecondStepPage, second_step_page
from kallithea.pages.signed_out import SignedOutPage, signed_out_page
from kallithea.services.actors import Anonymous, Member, ProxySays
from kallithea.services.audit import Target
from kallithea.services.authentication import NOT_FROM_THERE
from kallithea.services.second_step import HalfSignedIn
from kallithea.services.sign_in_sources import Offer
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
    remember: bool = False
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
        return self._login_page(came_from, error=self._why_not_by_proxy())

    @action(requires=Visitor.ANYONE, path="", for_owing=True)
    def sign_in(self) -> Response:
        form, scope, visit = self.form(LoginForm), self.scope, self.visit
        # The query is where scripts of the predecessor's time put it.
        came_from = form.came_from or self.query(LoginQuery).came_from
        try:
            member = scope.authentication.by_password(form.username, form.password, address=scope.credentials.origin.address)
        except (Unauthenticated, TooManyAttempts, Forbidden, Unavailable) as error:
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
        return open_session(visit, self._member(number), remember=form.remember, came_from=form.came_from)

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
        return open_session(
            visit, self._member(half.user_id), remember=half.remember, came_from=form.came_from, source=half.source
        )

    @page(requires=Visitor.ANYONE, path="with", free=True)
    def leave_for(self, source: str) -> Response:
        """Off to another site, which sends the browser to `back_from`."""
        came_from, visit = self.query(LoginQuery).came_from, self.visit
        if isinstance(self.scope.actor, Member):
            return visit.redirect(visit.safe_destination(came_from))
        try:
            departure = self.scope.external_sign_in.begin(source, visit.site_urls.login_back(source))
        except NotFound:  # turned off since the page with the button was made
            return self._begin_again(came_from)
        away = Away(source, came_from, departure.kept)
        visit.set_cookie(self._away_cookie, packed(visit.settings.secret, away), max_age=LASTS)
        return _unkept(visit.redirect(departure.url))

    @page(requires=Visitor.ANYONE, path="back", free=True)
    def back_from(self, source: str) -> Response:
        """Back from another site: let in, if it is this browser that left for there; once for each time it left."""
        visit, address = self.visit, self.scope.credentials.origin.address
        away = unpacked(visit.settings.secret, visit.request.cookies.get(self._away_cookie, ""), source)
        visit.delete_cookie(self._away_cookie)
        if away is None:
            # Whoever reloads the address that the other site sent them to is signed in already.
            if isinstance(self.scope.actor, Member):
                return visit.redirect(visit.urls.home())
            return self._not_let_in(Invalid(NOT_FROM_HERE, hint="Begin again."))
        back = visit.site_urls.login_back(source)
        try:
            member = self.scope.authentication.by_redirect(source, away.kept, visit.query, back, address=address)
        except (Forbidden, Unavailable) as error:
            return self._not_let_in(error, away.came_from)
        return _unkept(enter(visit, member, remember=False, came_from=away.came_from, source=source))

    @page(requires=Visitor.ANYONE, path="leave", free=True)
    def leave_there(self, source: str) -> Response:
        """Signing out of the other site too, where it has a place for that."""
        visit = self.visit
        try:
            url = self.scope.external_sign_in.farewell(source, visit.site_urls.home())
        except (NotFound, Unavailable):
            url = None
        return _unkept(visit.redirect(url or visit.urls.home()))

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
            sources=self.scope.sign_in_sources.offers(),
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

    def _not_let_in(self, error: KallitheaError, came_from: str = "") -> Response:
        return self._refused(self._login_page(came_from, error=error), error)

    def _why_not_by_proxy(self) -> KallitheaError | None:
        """Why the person whom the proxy in front names is not signed in."""
        credentials = self.scope.credentials
        if not isinstance(credentials.proof, ProxySays):
            return None
        try:
            found = self.scope.authentication.by_proxy(credentials.proof.vouched, address=credentials.origin.address)
        except Forbidden as error:
            return error
        return Forbidden(NOT_FROM_THERE) if isinstance(found, Anonymous) else None

    @property
    def _away_cookie(self) -> str:
        return f"{self.visit.settings.cookie_name}_away"


class LogoutRoom(Room):
    @action(requires=Visitor.ANYONE, path="", for_owing=True)
    def sign_out(self) -> Response:
        actor, visit, accounts = self.scope.actor, self.visit, self.scope.accounts
        source = accounts.source_of_session(actor) if isinstance(actor, Member) else None
        end_session_here(visit, accounts)
        visit.delete_cookie(visit.settings.cookie_name)
        offer = self._offer(source) if source else None
        if offer is None:
            return visit.redirect(visit.urls.home())
        # Not there at once: one may want to stay signed in at the other site, and a form may not lead away from here.
        return visit.redirect(visit.urls.signed_out(offer.name))

    @page(requires=Visitor.ANYONE, path="done", free=True)
    def signed_out(self, source: str) -> SignedOutPage:
        """Signed out here, and a link to sign out of the other site."""
        return signed_out_page(self.visit.urls, self._offer(source))

    def _offer(self, source: str) -> Offer | None:
        return next((one for one in self.scope.sign_in_sources.offers() if one.name == source), None)


def _said(error: KallitheaError | None) -> str | None:
    return " ".join(text for text in (error.message, error.hint) if text) if error else None


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
