"""Accepting an invitation."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.admin.recovering import LinkQuery
from kallithea.controllers.base import Room
from kallithea.controllers.errors import say_when, status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, TooManyAttempts
from kallithea.pages.done import INVITATION_ACCEPTED
from kallithea.pages.invitation import InvitationPage, InvitationValues, invitation_page
from kallithea.services.invitations import NewMember


@dataclass(frozen=True, slots=True)
class AcceptForm:
    token: str
    username: str
    password: str
    password_confirmation: str
    display_name: str = ""


class InvitationRoom(Room):
    @page(requires=Visitor.ANYONE, free=True)
    def index(self) -> InvitationPage:
        return self._page(self.query(LinkQuery).token)

    @action(requires=Visitor.ANYONE, path="")
    def accept(self) -> Response:
        form, network = self.form(AcceptForm), self.scope.credentials.origin.address
        new = NewMember(form.username, form.password, form.display_name)
        try:
            if form.password != form.password_confirmation:
                reason = "The two passwords differ."
                raise Invalid(reason, fields={"password_confirmation": reason})
            self.scope.invitations.accept(form.token, new, network=network)
        except (Invalid, Conflict, TooManyAttempts) as error:
            return self._refused(form, error)
        except NotFound:
            return self.visit.rendered(self._page(""), status=400)
        return self.visit.redirect(self.visit.urls.done(INVITATION_ACCEPTED))

    def _refused(self, form: AcceptForm, error: KallitheaError) -> Response:
        fields = error.fields if isinstance(error, Invalid) else {}
        said = " ".join(text for text in (error.message, error.hint) if text)
        values = InvitationValues(form.username, form.display_name)
        page = self._page(form.token, values=values, fields=fields, said=None if fields else said)
        return say_when(self.visit.rendered(page, status=status_of(error)), error)

    def _page(
        self,
        token: str,
        *,
        values: InvitationValues = InvitationValues(),
        fields: dict[str, str] | None = None,
        said: str | None = None,
    ) -> InvitationPage:
        try:
            email = self.scope.invitations.address_of(token)
        except NotFound:
            email = None
        return invitation_page(self.visit.urls, token=token, email=email, values=values, errors=fields, error=said)
