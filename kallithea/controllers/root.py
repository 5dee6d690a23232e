"""The root: reserved rooms by table, then the longest path that names a repository or a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote
from weakref import proxy

from crank.dispatchstate import DispatchState

from kallithea.controllers.admin import AdminRoom
from kallithea.controllers.base import Room, current_visit
from kallithea.controllers.group import GroupRoom
from kallithea.controllers.home import HomeRoom
from kallithea.controllers.repository import RepositoryRoom
from kallithea.lib.errors import NotFound
from kallithea.services.access.control import NO_SUCH_THING


class RootController(Room):
    """Where every address begins. One for the process, so it keeps nothing of a visit."""

    reserved: ClassVar[Mapping[str, type[Room]]] = {"_admin": AdminRoom}

    def __init__(self) -> None:
        pass

    def _get_dispatchable(self, context: Any, url_path: str) -> DispatchState:
        # TurboGears would parse query and form leniently here; scope_wrapper has read them already.
        state = DispatchState(proxy(context.request), self, {}, url_path.split("/"), [], strip_extension=False)
        return state.resolve()

    def _call(self, action: Any, params: Any, remainder: Sequence[str] = (), context: Any = None) -> Any:
        return action(*remainder)

    def _setup_wsgi_script_name(self, path: Any, remainder: Any, params: Any) -> None:
        """TurboGears changes SCRIPT_NAME for mounted applications, of which there are none."""

    def _dispatch(self, state: Any, remainder: Sequence[str]) -> Any:
        visit = current_visit()
        # `a//b` is read as `a/b`, here once for all rooms: they count parts from the end.
        remainder = [part for part in remainder if part]
        parts = tuple(unquote(part) for part in remainder)
        if not parts:
            return self._enter(state, HomeRoom(visit), ())
        if parts[0] in self.reserved:
            return self._enter(state, self.reserved[parts[0]](visit), remainder[1:])
        access = visit.scope.access
        located = access.locate(parts)
        if located is None or not access.may_read(located) or (located.rest and not located.repository):
            raise access.moved(parts) or NotFound(NO_SUCH_THING)
        room = RepositoryRoom(visit, located) if located.repository else GroupRoom(visit, located)
        rest = remainder[len(remainder) - len(located.rest) :] if located.rest else ()
        return self._enter(state, room, rest)

    def _enter(self, state: Any, room: Room, remainder: Sequence[str]) -> Any:
        state.add_controller(type(room).__name__, room)
        return room._dispatch(state, remainder)
