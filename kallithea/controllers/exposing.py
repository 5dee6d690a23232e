"""Doors: how a method of a room becomes a page or an action, and what it requires.

`@page` answers GET and HEAD, `@action` answers POST and checks that the form is ours. Both must say what they require; a test
walks `DOORS` and tries each with every kind of visitor.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, TypeVar

from kallithea.lib.access import Access
from kallithea.services.budgets import Price

F = TypeVar("F", bound=Callable[..., Any])


class Visitor(Enum):
    """What a door requires where it is not about one repository or group."""

    ANYONE = "anyone"
    MEMBER = "a signed-in member"
    ADMINISTRATOR = "a site administrator"


class AsMember(Enum):
    """What a door about a repository requires that is for members only: who it is must be known, not only what it may do."""

    READ = "read, signed in"


class OfUserGroup(Enum):
    """What a door about a group of users requires of it."""

    MEMBERS = "members of a user group"
    EVERYTHING = "everything of a user group"


Requirement = Access | Visitor | AsMember | OfUserGroup


@dataclass(frozen=True, slots=True)
class Door:
    """One method that answers one address. `least` and `most` are how many path parts it takes (None: any number)."""

    room: str
    path: str
    method: str
    requires: Requirement
    function: Callable[..., Any]
    least: int
    most: int | None
    is_remembered: bool = False
    is_costly: bool = False
    is_free: bool = False
    is_guarded: bool = False
    is_for_owing: bool = False
    parameters: frozenset[str] = frozenset()
    """The names in the query string that a remembered page depends on; whatever else is there counts as not being there."""
    label: str = ""
    """What logs and counts call it: its room and the method, such as `repository.changeset.index`."""

    def price(self, *, costly: bool) -> Price:
        """What visitors spend on it, if it has to be made."""
        if self.is_free or self.method != "GET":
            return Price.FREE
        return Price.COSTLY if costly else Price.USUAL

    def takes(self, parts: int) -> bool:
        return self.least <= parts and (self.most is None or parts <= self.most)


DOORS: list[Door] = []
"""Every door of the application, in the order of definition."""


def page(
    *,
    requires: Requirement,
    path: str | None = None,
    remembered: bool = False,
    costly: bool = False,
    free: bool = False,
    guarded: bool = False,
    for_owing: bool = False,
    reads: Sequence[type] = (),
) -> Callable[[F], F]:
    """Answer GET (and HEAD) at `path` below the room, by default the name of the method; `index` is the room itself.

    What a `remembered` page shows depends on nothing but the address, what the room's `content_key` says, and its code; so it
    is rendered once for everybody who may see the same. Of the query string it gets only what the dataclasses in `reads` name:
    else a crawler could fill the memory with one page under many addresses.

    A `costly` one may take long, or sends large things: visitors get few of them at once, and spend more of their budget. A
    `free` one they always get: without it nobody could sign in.

    A `guarded` one is about what people prove who they are with: who has not done so for ten minutes does it again first. One
    `for_owing` is also for who has to set up a second factor before anything else.
    """
    return _door(
        "GET",
        requires,
        path,
        is_remembered=remembered,
        is_costly=costly,
        is_free=free,
        is_guarded=guarded,
        is_for_owing=for_owing or free,
        reads=reads,
    )


def action(
    *, requires: Requirement, path: str | None = None, guarded: bool = False, for_owing: bool = False
) -> Callable[[F], F]:
    """Answer POST at `path` below the room, once the form is known to be ours; `guarded` and `for_owing` as for pages."""
    return _door("POST", requires, path, is_guarded=guarded, is_for_owing=for_owing)


def doors_of(room: type) -> dict[str, list[Door]]:
    """The doors of a room by path; several share one if they differ in method or in how many parts they take."""
    found: dict[str, list[Door]] = {}
    for function in (value for base in reversed(room.__mro__) for value in vars(base).values()):
        for door in getattr(function, "doors", ()):
            found.setdefault(door.path, []).append(door)
    return found


def _door(
    method: str,
    requires: Requirement,
    path: str | None,
    *,
    is_remembered: bool = False,
    is_costly: bool = False,
    is_free: bool = False,
    is_guarded: bool = False,
    is_for_owing: bool = False,
    reads: Sequence[type] = (),
) -> Callable[[F], F]:
    parameters = frozenset(field.name for query in reads for field in fields(query))

    def declare(function: F) -> F:
        least, most = _arity(function)
        name = path if path is not None else "" if function.__name__ == "index" else function.__name__
        room = f"{function.__module__}.{function.__qualname__.rpartition('.')[0]}"
        module = function.__module__.removeprefix("kallithea.controllers.")
        label = f"{module}.{function.__name__}"
        door = Door(
            room=room,
            path=name,
            method=method,
            requires=requires,
            function=function,
            least=least,
            most=most,
            is_remembered=is_remembered,
            is_costly=is_costly,
            is_free=is_free,
            is_guarded=is_guarded,
            is_for_owing=is_for_owing,
            parameters=parameters,
            label=label,
        )
        DOORS.append(door)
        function.doors = (*getattr(function, "doors", ()), door)  # type: ignore[attr-defined] # the mark that doors_of reads
        return function

    return declare


def _arity(function: Callable[..., Any]) -> tuple[int, int | None]:
    parameters = [*inspect.signature(function).parameters.values()][1:]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return sum(p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty for p in parameters), None
    return sum(p.default is p.empty for p in parameters), len(parameters)
