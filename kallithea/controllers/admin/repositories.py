"""`/_admin/repos`: saving and deleting by the addresses that scripts know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from webob import Response

from kallithea.controllers.admin.create_repository import CreateRepositoryRoom
from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.controllers.repository.settings import SaveRoom
from kallithea.lib.errors import NotFound
from kallithea.pages.admin.repositories import RepositoriesPage, repositories_page
from kallithea.services.access.control import NO_SUCH_THING

LARGEST = 25


class RepositoriesRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> RepositoriesPage:
        """The largest ones, and how many deleted ones can be restored."""
        scope = self.scope
        return repositories_page(
            self.visit.urls,
            counts=scope.overview.counts(),
            largest=scope.overview.largest(LARGEST),
            deleted=scope.deleted_repositories.count(),
        )

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
