"""Rooms below `/_admin`: signing in, the own account, and forms for what has no address of its own yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.controllers.later import LaterRooms
from kallithea.controllers.responses import text_response
from kallithea.pages.admin.overview import OverviewPage, overview_page


class AdminRoom(Room):
    rooms: ClassVar[Mapping[str, type[Room]]] = LaterRooms(
        {
            "login": "admin.signing_in:LoginRoom",
            "logout": "admin.signing_in:LogoutRoom",
            "password_reset": "admin.recovering:PasswordResetRoom",
            "password_reset_confirmation": "admin.recovering:PasswordResetConfirmationRoom",
            "register": "admin.registering:RegisterRoom",
            "invitation": "admin.accepting:InvitationRoom",
            "done": "admin.done:DoneRoom",
            "registrations": "admin.registrations:RegistrationsRoom",
            "invitations": "admin.invitations:InvitationsRoom",
            "mail": "admin.mail:MailRoom",
            "my_account": "account.room:MyAccountRoom",
            "pictures": "admin.pictures:PicturesRoom",
            "create_repository": "admin.create_repository:CreateRepositoryRoom",
            "deleted_repos": "admin.deleted_repositories:DeletedRepositoriesRoom",
            "repos": "admin.repositories:RepositoriesRoom",
            "activity": "admin.activity:ActivityRoom",
            "auth": "admin.auth:AuthRoom",
            "jobs": "admin.jobs:JobsRoom",
            "settings": "admin.settings:SettingsRoom",
            "system": "admin.system:SystemRoom",
            "second_factor": "admin.second_factor:SecondFactorRoom",
            "repo_groups": "admin.groups:GroupsRoom",
            "permissions": "admin.permissions:PermissionsRoom",
            "toggle_following": "admin.toggle_following:ToggleFollowingRoom",
            "users": "admin.users:UsersRoom",
            "user_groups": "admin.user_groups:UserGroupsRoom",
        }
    )

    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> OverviewPage:
        counts, jobs, warnings = self.scope.overview.counts(), self.scope.jobs.counts(), self.scope.warnings()
        return overview_page(
            self.visit.urls, counts=counts, jobs={state.value: count for state, count in jobs.items()}, warnings=warnings
        )

    @page(requires=Visitor.ANYONE, free=True)
    def session_csrf_secret_token(self) -> Response:
        """The token that forms have to carry, for scripts."""
        return text_response(self.visit.disguised_token, "text/plain", headers={"Cache-Control": "no-store"})
