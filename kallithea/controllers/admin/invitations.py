"""Inviting people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid, KallitheaError
from kallithea.pages.admin.invitations import InvitationItem, InvitationsPage, NewInvitationValues, invitations_page
from kallithea.pages.urls import Urls
from kallithea.services.invitations import NewInvitation


@dataclass(frozen=True, slots=True)
class InviteForm:
    email: str
    user_group: str = ""
    path: str = ""
    access: str = Access.READ.word


@dataclass(frozen=True, slots=True)
class WithdrawForm:
    invitation_id: int


class InvitationsRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> InvitationsPage:
        return self._page()

    @action(requires=Visitor.ADMINISTRATOR, path="")
    def invite(self) -> Response:
        form, scope = self.form(InviteForm), self.scope
        new = NewInvitation(form.email, form.user_group, form.path, form.access)
        try:
            scope.invitations.invite(scope.member, new, Urls.of_site(scope.mails.site).invitation_link)
        except (Invalid, Conflict) as error:
            return self._refused(form, error)
        return self._back()

    @action(requires=Visitor.ADMINISTRATOR)
    def withdraw(self) -> Response:
        self.scope.invitations.withdraw(self.form(WithdrawForm).invitation_id)
        return self._back()

    def _back(self) -> Response:
        return self.visit.redirect(self.visit.urls.admin_invitations())

    def _refused(self, form: InviteForm, error: KallitheaError) -> Response:
        fields = error.fields if isinstance(error, Invalid) else {"email": error.message}
        values = NewInvitationValues(form.email, form.user_group, form.path, form.access)
        return self.visit.rendered(self._page(values, fields), status=status_of(error))

    def _page(
        self, values: NewInvitationValues = NewInvitationValues(), errors: Mapping[str, str] | None = None
    ) -> InvitationsPage:
        found = self.scope.invitations.open()
        return invitations_page(
            self.visit.urls,
            can_invite=self.scope.mails.is_set_up,
            open_invitations=[
                InvitationItem(one.id, one.email, one.invited_by, one.user_group, one.path, one.access.word, one.expires_at)
                for one in found
            ],
            values=values,
            errors=errors,
        )
