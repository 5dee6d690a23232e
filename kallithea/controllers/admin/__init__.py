"""Rooms below `/_admin`: signing in, the own account, and forms for what has no address of its own yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from webob import Response

from kallithea.controllers.admin.accepting import InvitationRoom
from kallithea.controllers.admin.activity import ActivityRoom
from kallithea.controllers.admin.create_repository import CreateRepositoryRoom
from kallithea.controllers.admin.done import DoneRoom
from kallithea.controllers.admin.groups import GroupsRoom
from kallithea.controllers.admin.invitations import InvitationsRoom
from kallithea.controllers.admin.jobs import JobsRoom
from kallithea.controllers.admin.mail import MailRoom
from kallithea.controllers.admin.my_account import MyAccountRoom
from kallithea.controllers.admin.permissions import PermissionsRoom
from kallithea.controllers.admin.pictures import PicturesRoom
from kallithea.controllers.admin.recovering import PasswordResetConfirmationRoom, PasswordResetRoom
from kallithea.controllers.admin.registering import RegisterRoom
from kallithea.controllers.admin.registrations import RegistrationsRoom
from kallithea.controllers.admin.repositories import RepositoriesRoom
from kallithea.controllers.admin.second_factor import SecondFactorRoom
from kallithea.controllers.admin.settings import SettingsRoom
from kallithea.controllers.admin.signing_in import LoginRoom, LogoutRoom
from kallithea.controllers.admin.system import SystemRoom
from kallithea.controllers.admin.toggle_following import ToggleFollowingRoom
from kallithea.controllers.admin.user_groups import UserGroupsRoom
from kallithea.controllers.admin.users import UsersRoom
from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.controllers.responses import text_response
from kallithea.pages.admin.overview import OverviewPage, overview_page


class AdminRoom(Room):
    rooms: ClassVar[Mapping[str, type[Room]]] = {
        "login": LoginRoom,
        "logout": LogoutRoom,
        "password_reset": PasswordResetRoom,
        "password_reset_confirmation": PasswordResetConfirmationRoom,
        "register": RegisterRoom,
        "invitation": InvitationRoom,
        "done": DoneRoom,
        "registrations": RegistrationsRoom,
        "invitations": InvitationsRoom,
        "mail": MailRoom,
        "my_account": MyAccountRoom,
        "pictures": PicturesRoom,
        "create_repository": CreateRepositoryRoom,
        "repos": RepositoriesRoom,
        "activity": ActivityRoom,
        "jobs": JobsRoom,
        "settings": SettingsRoom,
        "system": SystemRoom,
        "second_factor": SecondFactorRoom,
        "repo_groups": GroupsRoom,
        "permissions": PermissionsRoom,
        "toggle_following": ToggleFollowingRoom,
        "users": UsersRoom,
        "user_groups": UserGroupsRoom,
    }

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
