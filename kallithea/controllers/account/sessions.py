"""Where one is signed in, and signing out there."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Invalid
from kallithea.pages.account.sessions import SessionItem, SessionsPage, sessions_page

OTHERS = "others"
ALL = "all"


@dataclass(frozen=True, slots=True)
class EndSessionForm:
    session_id: str


class SessionsRoom(Room):
    @page(requires=Visitor.MEMBER)
    def index(self) -> SessionsPage:
        member = self.scope.member
        sessions = [
            SessionItem(row.id, row.created_at, row.used_at, row.address, row.client, row.id == member.session_id)
            for row in self.scope.accounts.sessions(member)
        ]
        return sessions_page(self.visit.urls, sessions=sessions)

    @action(requires=Visitor.MEMBER, path="delete")
    def end_session(self) -> Response:
        """Ends one, all others, or all; it only ever takes access away, so nothing more is asked for."""
        wanted, accounts, member = self.form(EndSessionForm).session_id, self.scope.accounts, self.scope.member
        if wanted == ALL:
            accounts.end_all_sessions(member)
            self.visit.delete_cookie(self.visit.settings.cookie_name)
            return self.visit.redirect(self.visit.urls.home())
        if wanted == OTHERS:
            accounts.end_other_sessions(member)
        elif wanted.isascii() and wanted.isdigit() and len(wanted) < 16:
            accounts.end_session(member, int(wanted))
        else:
            raise Invalid("There is no such session.")
        return self.visit.redirect(self.visit.urls.my_sessions())
