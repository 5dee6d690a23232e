"""`/_admin/repos`: saving and deleting by the addresses that scripts know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from webob import Response

from kallithea.controllers.admin.create_repository import CreateRepositoryRoom
from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action
from kallithea.controllers.repository.settings import SaveRoom
from kallithea.lib.errors import NotFound
from kallithea.services.access.control import NO_SUCH_THING


class RepositoriesRoom(Room):
    @action(requires=Visitor.MEMBER, path="")
    def create(self) -> Response:
        return CreateRepositoryRoom(self.visit).create()

    def _dispatch(self, state: Any, remainder: Sequence[str]) -> Any:
        parts = tuple(unquote(part) for part in remainder if part)
        if not parts:
            return super()._dispatch(state, remainder)
        located = self.scope.access.locate(parts)
        if located is None or located.repository is None:
            raise NotFound(NO_SUCH_THING)
        room = SaveRoom(self.visit, located)
        state.add_controller("repository", room)
        return room._dispatch(state, located.rest)
