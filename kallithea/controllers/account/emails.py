"""One's own e-mail addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.account.proving import check_person
from kallithea.controllers.admin.recovering import LinkQuery
from kallithea.controllers.base import Room
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, TooManyAttempts
from kallithea.pages.account.emails import AddressItem, MyEmailsPage, my_emails_page
from kallithea.pages.confirmation import ConfirmationPage, confirmation_page, link_is_over_page
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class NewEmailForm:
    new_email: str
    current_password: str


@dataclass(frozen=True, slots=True)
class RemoveForm:
    """One of the two: an address that is confirmed, or one that waits for that."""

    del_email_id: int | None = None
    del_link_id: int | None = None


@dataclass(frozen=True, slots=True)
class PrimaryForm:
    email_id: int
    current_password: str


@dataclass(frozen=True, slots=True)
class ConfirmForm:
    token: str


class MyEmailsRoom(Room):
    @page(requires=Visitor.MEMBER)
    def index(self) -> MyEmailsPage:
        return self._page()

    @action(requires=Visitor.MEMBER, path="")
    def add(self) -> Response:
        form, scope = self.form(NewEmailForm), self.scope
        try:
            check_person(scope, form.current_password, field="current_password")
            link_to = Urls.of_site(scope.mails.site).my_email_link
            scope.addresses.add(scope.member, form.new_email, link_to, network=scope.credentials.origin.address)
        except (Invalid, Conflict, TooManyAttempts) as error:
            return self._refused(error, "new_email", typed=form.new_email)
        return self._back()

    @action(requires=Visitor.MEMBER)
    def delete(self) -> Response:
        form, scope = self.form(RemoveForm), self.scope
        if form.del_email_id is not None:
            scope.addresses.remove(scope.member, form.del_email_id)
        elif form.del_link_id is not None:
            scope.addresses.forget_link(scope.member, form.del_link_id)
        else:
            raise Invalid("Say which address.")
        return self._back()

    @action(requires=Visitor.MEMBER)
    def primary(self) -> Response:
        form, scope = self.form(PrimaryForm), self.scope
        try:
            check_person(scope, form.current_password, field="primary_password")
            scope.addresses.make_primary(scope.member, form.email_id)
        except (Invalid, TooManyAttempts) as error:
            return self._refused(error, "primary_password")
        return self._back()

    @page(requires=Visitor.MEMBER, path="confirm")
    def confirmation(self) -> ConfirmationPage:
        """Asks before anything is done, and says whose account it is: the link may have reached somebody else."""
        token, scope, urls = self.query(LinkQuery).token, self.scope, self.visit.urls
        try:
            address = scope.addresses.asked_for(scope.member, token)
        except NotFound as error:
            return link_is_over_page(urls, error.hint or "")
        return confirmation_page(
            title="Confirm your e-mail address",
            text=f"{address} becomes an address of the account {scope.member.name}.",
            button="Confirm",
            action=urls.my_email_confirmation(),
            token=token,
        )

    @action(requires=Visitor.MEMBER, path="confirm")
    def confirm(self) -> Response:
        form, scope, visit = self.form(ConfirmForm), self.scope, self.visit
        try:
            scope.addresses.confirm(scope.member, form.token)
        except NotFound as error:
            return visit.rendered(link_is_over_page(visit.urls, error.hint or ""), status=400)
        return self._back()

    def _back(self) -> Response:
        return self.visit.redirect(self.visit.urls.my_emails())

    def _refused(self, error: KallitheaError, field: str, *, typed: str = "") -> Response:
        said = " ".join(text for text in (error.message, error.hint) if text)
        fields = error.fields if isinstance(error, Invalid) else {}
        # The service knows a field `email`, the form another name.
        shown = {field: said} if not fields or "email" in fields else fields
        return say_when(self.visit.rendered(self._page(shown, typed=typed), status=status_of(error)), error)

    def _page(self, errors: Mapping[str, str] | None = None, *, typed: str = "") -> MyEmailsPage:
        user = self.scope.accounts.get(self.scope.member.id)
        own = self.scope.addresses.all(self.scope.member)
        return my_emails_page(
            self.visit.urls,
            primary=own.primary,
            further=[AddressItem(one.id, one.email, one.since) for one in own.further],
            waiting=[AddressItem(one.id, one.email, one.since) for one in own.waiting],
            can_add=self.scope.mails.is_set_up,
            has_password=bool(user.password_hash),
            typed=typed,
            errors=errors,
        )
