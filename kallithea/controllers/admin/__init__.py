"""Rooms below `/_admin`: signing in, the own account, and forms for what has no address of its own yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from webob import Response

from kallithea.controllers.admin.activity import ActivityRoom
from kallithea.controllers.admin.create_repository import CreateRepositoryRoom
from kallithea.controllers.admin.groups import GroupsRoom
from kallithea.controllers.admin.my_account import MyAccountRoom
from kallithea.controllers.admin.permissions import PermissionsRoom
from kallithea.controllers.admin.pictures import PicturesRoom
from kallithea.controllers.admin.repositories import RepositoriesRoom
from kallithea.controllers.admin.signing_in import LoginRoom, LogoutRoom
from kallithea.controllers.admin.toggle_following import ToggleFollowingRoom
from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.controllers.responses import text_response


class AdminRoom(Room):
    rooms: ClassVar[Mapping[str, type[Room]]] = {
        "login": LoginRoom,
        "logout": LogoutRoom,
        "my_account": MyAccountRoom,
        "pictures": PicturesRoom,
        "create_repository": CreateRepositoryRoom,
        "repos": RepositoriesRoom,
        "activity": ActivityRoom,
        "repo_groups": GroupsRoom,
        "permissions": PermissionsRoom,
        "toggle_following": ToggleFollowingRoom,
    }

    @page(requires=Visitor.ANYONE, free=True)
    def session_csrf_secret_token(self) -> Response:
        """The token that forms have to carry, for scripts."""
        return text_response(self.visit.disguised_token, "text/plain", headers={"Cache-Control": "no-store"})
