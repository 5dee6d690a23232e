"""What one proves who one is with: authenticator app, recovery codes, passkeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.account.proving import check_password, check_person
from kallithea.controllers.base import Room
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Invalid, KallitheaError, NotFound, TooManyAttempts, Unauthenticated
from kallithea.pages.account.authenticator import AuthenticatorPage, authenticator_page
from kallithea.pages.account.confirm import ConfirmPage, confirm_page
from kallithea.pages.account.passkey import PasskeyPage, passkey_page
from kallithea.pages.account.recovery_codes import recovery_codes_page
from kallithea.pages.account.security import PasskeyItem, SecurityPage, security_page
from kallithea.pages.parts import PasskeyForm

NO_PASSKEYS = "Passkeys cannot be used at this address."


@dataclass(frozen=True, slots=True)
class AppForm:
    draft: str
    code: str


@dataclass(frozen=True, slots=True)
class AppOffForm:
    password: str
    code: str


@dataclass(frozen=True, slots=True)
class NewPasskeyForm:
    name: str
    credential: str


@dataclass(frozen=True, slots=True)
class RemovePasskeyForm:
    passkey_id: int


@dataclass(frozen=True, slots=True)
class ConfirmQuery:
    came_from: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmForm:
    password: str = ""
    credential: str = ""
    came_from: str = ""


class SecurityRoom(Room):
    @page(requires=Visitor.MEMBER, for_owing=True)
    def index(self) -> SecurityPage:
        return self._page()

    # --- the app

    @page(requires=Visitor.MEMBER, path="app", guarded=True, for_owing=True)
    def app_page(self) -> Response:
        return self._secret(self._app_page(self.scope.second_factors.draft(self.scope.member)))

    @action(requires=Visitor.MEMBER, path="app", guarded=True, for_owing=True)
    def turn_app_on(self) -> Response:
        form, member, factors = self.form(AppForm), self.scope.member, self.scope.second_factors
        try:
            factors.turn_app_on(member, form.draft, form.code)
        except Invalid as error:
            if "code" not in error.fields:
                raise
            return self._secret(self._app_page(form.draft, error.fields), status=400)
        return self._told_codes(factors.first_codes(member))

    @action(requires=Visitor.MEMBER, path="app/delete")
    def turn_app_off(self) -> Response:
        """Wants the password, if there is one here, and a code of the app or a recovery code, whatever was proved before."""
        form, member, scope = self.form(AppOffForm), self.scope.member, self.scope
        try:
            check_person(scope, form.password, field="password")
            scope.second_step.check_code(member.id, form.code)
        except (Invalid, Unauthenticated) as error:
            fields = error.fields if isinstance(error, Invalid) else {"code": error.message}
            return self.visit.rendered(self._page(fields), status=400)
        scope.second_factors.turn_app_off(member)
        return self.visit.redirect(self.visit.urls.security())

    # --- recovery codes

    @action(requires=Visitor.MEMBER, path="codes", guarded=True)
    def make_codes(self) -> Response:
        return self._told_codes(self.scope.second_factors.new_codes(self.scope.member))

    # --- passkeys

    @page(requires=Visitor.MEMBER, path="passkey", guarded=True, for_owing=True)
    def passkey_page(self) -> PasskeyPage:
        return self._passkey_page()

    @action(requires=Visitor.MEMBER, path="passkey", guarded=True, for_owing=True)
    def add_passkey(self) -> Response:
        form, member, scope, visit = self.form(NewPasskeyForm), self.scope.member, self.scope, self.visit
        if visit.party is None:
            raise NotFound(NO_PASSKEYS)
        try:
            key, handle = scope.passkeys.read_new(member, form.credential, visit.party, browser=visit.browser)
            scope.passkeys.add(member, form.name, key, handle)
        except Invalid as error:
            fields = error.fields or {"credential": error.message}
            return visit.rendered(self._passkey_page(form.name, fields), status=400)
        scope.second_factors.changed(member)
        return self._told_codes(scope.second_factors.first_codes(member))

    @action(requires=Visitor.MEMBER, path="passkey/delete", guarded=True)
    def remove_passkey(self) -> Response:
        member = self.scope.member
        self.scope.passkeys.remove(member, self.form(RemovePasskeyForm).passkey_id)
        self.scope.second_factors.changed(member)
        return self.visit.redirect(self.visit.urls.security())

    # --- proving once more who one is

    @page(requires=Visitor.MEMBER, path="confirm", for_owing=True)
    def confirm_page(self) -> ConfirmPage:
        return self._confirm_page(self.query(ConfirmQuery).came_from)

    @action(requires=Visitor.MEMBER, path="confirm", for_owing=True)
    def confirm(self) -> Response:
        form, member, scope, visit = self.form(ConfirmForm), self.scope.member, self.scope, self.visit
        try:
            if form.credential and visit.party is not None:
                scope.passkeys.check_second(form.credential, visit.party, browser=visit.browser, user_id=member.id)
            else:
                check_password(scope, form.password, field="password")
        except (Invalid, Unauthenticated, TooManyAttempts) as error:
            status = 400 if isinstance(error, (Invalid, Unauthenticated)) else status_of(error)
            return say_when(visit.rendered(self._confirm_page(form.came_from, error), status=status), error)
        scope.accounts.proved(member)
        return visit.redirect(visit.safe_destination(form.came_from or visit.urls.security()))

    # --- how it is done

    def _page(self, errors: Mapping[str, str] | None = None) -> SecurityPage:
        member, party = self.scope.member, self.visit.party
        keys = self.scope.passkeys.of(member.id)
        factors = self.scope.second_factors.of(member.id)
        return security_page(
            self.visit.urls,
            has_app=factors.has_app,
            codes_left=factors.codes_left,
            passkeys=[PasskeyItem(key.id, key.name, key.created_at, key.used_at) for key in keys],
            has_passkeys_here=party is not None,
            is_owed=member.owes_second_factor,
            has_password=not factors.has_app or self.scope.authentication.has_password_here(member.id),
            errors=errors,
        )

    def _app_page(self, draft: str, errors: Mapping[str, str] | None = None) -> AuthenticatorPage:
        member = self.scope.member
        secret = self.scope.second_factors.secret_of(member, draft)
        settings = self.visit.settings
        return authenticator_page(
            self.visit.urls, secret=secret, draft=draft, account=member.name, issuer=settings.title, errors=errors
        )

    def _passkey_page(self, name: str = "", errors: Mapping[str, str] | None = None) -> PasskeyPage:
        visit, member = self.visit, self.scope.member
        party = visit.party
        invitation = self.scope.passkeys.invitation(member, party, browser=visit.browser) if party else None
        return passkey_page(
            visit.urls, invitation=invitation, name=name, canonical_url=visit.settings.canonical_url, errors=errors
        )

    def _confirm_page(self, came_from: str, error: KallitheaError | None = None) -> ConfirmPage:
        visit, member = self.visit, self.scope.member
        passkey = None
        if visit.party and self.scope.passkeys.of(member.id):
            question = self.scope.passkeys.question(visit.party, browser=visit.browser, user_id=member.id)
            passkey = PasskeyForm(visit.urls.confirm(), question, came_from)
        said = " ".join(text for text in (error.message, error.hint) if text) if error else ""
        return confirm_page(
            visit.urls,
            username=member.name,
            came_from=came_from,
            passkey=passkey,
            has_password=self.scope.authentication.has_password_here(member.id),
            error=said,
        )

    def _told_codes(self, codes: tuple[str, ...]) -> Response:
        """The only page that ever shows recovery codes; straight on where there are none to show."""
        if not codes:
            return self.visit.redirect(self.visit.urls.security())
        return self._secret(recovery_codes_page(self.visit.urls, codes=codes, account=self.scope.member.name))

    def _secret(self, page: object, *, status: int = 200) -> Response:
        """A page that nothing on the way keeps, the browser's own cache included."""
        response = self.visit.rendered(page, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response
