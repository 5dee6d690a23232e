"""Rooms that are imported with the first who enters them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from kallithea.controllers.base import Room


class LaterRooms(Mapping[str, type[Room]]):
    """Rooms by name, each given by where it is: `admin.jobs:JobsRoom`. Most processes never need most of them (ADR 0058);
    what everybody asks for is here from the beginning."""

    def __init__(self, places: Mapping[str, str | type[Room]]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> type[Room]:
        place = self._places[name]
        if not isinstance(place, str):
            return place
        module, _, room = place.partition(":")
        found: type[Room] = getattr(import_module(f"kallithea.controllers.{module}"), room)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._places  # without importing anything, which that of Mapping does

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
