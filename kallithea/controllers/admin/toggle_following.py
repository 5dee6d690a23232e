"""Following by the address that scripts know."""

from __future__ import annotations

from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action
from kallithea.controllers.responses import text_response


@dataclass(frozen=True, slots=True)
class ToggleForm:
    """`follows_repository_id` is the number of a repository. Members cannot be followed."""

    follows_repository_id: int


class ToggleFollowingRoom(Room):
    @action(requires=Visitor.MEMBER, path="")
    def toggle_following(self) -> Response:
        """Follow, or follow no more; says `ok`."""
        access, followings, member = self.scope.access, self.scope.followings, self.scope.member
        grant = access.read_repository(access.locate((f"_{self.form(ToggleForm).follows_repository_id}",)))
        if followings.does_follow(grant, member):
            followings.unfollow(grant, member)
        else:
            followings.follow(grant, member)
        return text_response("ok", "text/plain")
