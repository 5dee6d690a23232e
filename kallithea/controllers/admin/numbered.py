"""Rooms about things that addresses name by their number, such as `/_admin/users/17`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

from kallithea.controllers.base import Room
from kallithea.controllers.visit import Visit


class NumberedRoom(Room):
    """A room about the thing of one number, which may not be there."""

    def __init__(self, visit: Visit, number: int) -> None:
        super().__init__(visit)
        self.number = number


class NumberedRooms(Room):
    """A room with one for each number behind it."""

    inner: ClassVar[type[NumberedRoom]]

    def _dispatch(self, state: Any, remainder: Sequence[str]) -> Any:
        first = unquote(remainder[0]) if remainder else ""
        # More digits than a database has numbers are no number.
        if not (first.isascii() and first.isdigit() and len(first) < 10):
            return super()._dispatch(state, remainder)
        room = self.inner(self.visit, int(first))
        state.add_controller(first, room)
        return room._dispatch(state, remainder[1:])
