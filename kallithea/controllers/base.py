"""What all rooms share: the visit they answer, and how an address finds its door."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote

import tg
from tg import TGController
from webob import Response

from kallithea.controllers.exposing import AsMember, Door, OfUserGroup, Requirement, Visitor, doors_of
from kallithea.controllers.parameters import read_into
from kallithea.controllers.visit import Visit
from kallithea.lib.access import Access
from kallithea.lib.errors import Forbidden, NotFound, Unauthenticated
from kallithea.lib.trace import note_door, note_remembered
from kallithea.services.actors import Actor, Anonymous, Member
from kallithea.services.scope import Scope

T = TypeVar("T")

LONGEST_DOOR = 2
"""Parts that the path of a door has at most."""


class MethodNotAllowed(Exception):
    """The address exists, but not for this method."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = allowed


def current_visit() -> Visit:
    """The visit that this thread answers: the one place that reads TurboGears' thread-local."""
    visit: Visit = tg.request.environ["kallithea.visit"]
    return visit


class Room(TGController):  # type: ignore[misc] # TurboGears is untyped
    """A place with doors and further rooms. Rooms are made anew for each visit, except the root."""

    rooms: ClassVar[Mapping[str, type[Room]]] = {}
    _doors: ClassVar[Mapping[str, Sequence[Door]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._doors = doors_of(cls)

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    @property
    def scope(self) -> Scope:
        return self.visit.scope

    def query(self, wanted: type[T]) -> T:
        """The query string as a dataclass. Raises Invalid."""
        return read_into(wanted, self.visit.query)

    def form(self, wanted: type[T]) -> T:
        """The posted form as a dataclass. Raises Invalid."""
        return read_into(wanted, self.visit.form)

    def content_key(self) -> Hashable:
        """All that the content of the room's remembered pages depends on beside their address."""
        raise TypeError(f"{type(self).__name__} has no remembered pages")

    def instead(self, door: Door) -> Response | None:
        """What is answered in place of what the door would answer, to whoever it lets in."""
        del door
        return None

    def is_costly(self, door: Door) -> bool:
        """Whether what the door is asked for may take long, or sends large things."""
        return door.is_costly

    def sent(self, response: Response) -> Response:
        """The response of a door, about to leave the room."""
        return response

    def admit(self, requirement: Requirement) -> None:
        """Let the visitor through a door or say why not. Rooms about one repository or group answer for an Access."""
        if isinstance(requirement, (Access, AsMember, OfUserGroup)):
            raise TypeError(f"{type(self).__name__} is not about a repository or a group")
        actor = self.scope.actor
        if requirement is Visitor.ANYONE:
            return
        if isinstance(actor, Anonymous):
            raise Unauthenticated("Sign in to see this page.")
        if requirement is Visitor.ADMINISTRATOR and not (isinstance(actor, Member) and actor.administers_site):
            raise Forbidden("This page is for administrators.")

    def _dispatch(self, state: Any, remainder: Sequence[str]) -> Any:
        """Find the door (crank's hook). Explicit tables only: an attribute of an object is never an address."""
        # crank hands over quoted parts; a `/` inside one cannot come back, WSGI unquoted the path before.
        parts = tuple(unquote(part) for part in remainder if part)
        self._check_security()
        first = parts[0] if parts else ""
        if first in self.rooms:
            room = self._inner_room(first)
            state.add_controller(first, room)
            return room._dispatch(state, remainder[1:])
        # The path of a door may have a slash itself: the longest one that fits is meant.
        for length in range(min(len(parts), LONGEST_DOOR), -1, -1):
            door = self._door("/".join(parts[:length]), parts[length:])
            if door is not None:
                state.set_action(_Entrance(self, door), parts[length:])
                return state
        raise NotFound("There is no page at this address.")

    def _check_security(self) -> None:
        """The doorway of the room: raises where the visitor may not even enter."""

    def _inner_room(self, name: str) -> Room:
        return self.rooms[name](self.visit)

    def _door(self, path: str, rest: Sequence[str]) -> Door | None:
        by_method = {door.method: door for door in self._doors.get(path, ()) if door.takes(len(rest))}
        if not by_method:
            return None
        method = "GET" if self.visit.method == "HEAD" else self.visit.method
        if method not in by_method:
            raise MethodNotAllowed([*by_method, *(["HEAD"] if "GET" in by_method else [])])
        return by_method[method]


def check_limit(actor: Actor, door: Door) -> None:
    """Raises Forbidden where somebody who came with a token may not use a door, whatever the account may.

    What is about oneself (the password, tokens, keys, sessions) is for who signed in: a token could make itself another one
    that lasts longer or may do more. To change anything takes the scope write; what else it takes, `admit` finds out.
    """
    if not isinstance(actor, Member) or actor.limit is None:
        return
    changes = door.method == "POST"
    if door.requires is Visitor.MEMBER or (changes and door.requires is Visitor.ANYONE):
        raise Forbidden("This is not for tokens.", hint="Sign in with the browser.")
    if changes and actor.limit.access < Access.WRITE:
        raise Forbidden("This token may only read.", hint="Use a token with the scope write.")


class _Entrance:
    """A door about to be used: checks first, then the method, then a response."""

    def __init__(self, room: Room, door: Door) -> None:
        self._room = room
        self._door = door

    def __call__(self, *parts: str) -> Response:
        visit = self._room.visit
        note_door(self._door.label)
        if self._door.method == "POST":
            visit.check_form_is_ours()
        check_limit(self._room.scope.actor, self._door)
        first = self._first(visit)
        if first is not None:
            return first
        self._room.admit(self._door.requires)
        instead = self._room.instead(self._door)
        if instead is not None:
            return instead
        if self._door.is_remembered:
            visit.query = {name: value for name, value in visit.query.items() if name in self._door.parameters}
        key = (self._door.room, self._door.path, parts, self._room.content_key()) if self._door.is_remembered else None
        if key is not None:
            response = visit.remembered(key)
            note_remembered(response is not None)
            if response is not None:
                return self._marked(response)
        costly = self._room.is_costly(self._door)
        with visit.admitted(self._door.price(costly=costly), costly=costly, changes=self._door.method == "POST"):
            answer = self._door.function(self._room, *parts)
            if not isinstance(answer, Response):
                return self._marked(visit.shown(answer, key=key))
        return self._marked(self._room.sent(answer))

    def _first(self, visit: Visit) -> Response | None:
        """What the visitor has to do first: set up a second factor that is wanted, or prove once more who they are."""
        actor, is_form = visit.scope.actor, self._door.method == "POST"
        if not isinstance(actor, Member) or actor.session_id is None:
            return None  # nobody could do it with a token
        if actor.owes_second_factor and not self._door.is_for_owing:
            if is_form:
                raise Forbidden("Set up a second factor first.", hint="You find it in your account, under Security.")
            return visit.redirect(visit.urls.security())
        if self._door.is_guarded and not visit.scope.has_recently_proved:
            # What was in a form is not kept: it may be what a thief at an open screen wants to change.
            return visit.redirect(visit.urls.confirm(came_from=visit.urls.security() if is_form else visit.here))
        return None

    def _marked(self, response: Response) -> Response:
        """The response; crawlers that come to a costly page although robots.txt closes it are asked to go no further."""
        if self._room.is_costly(self._door):
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response
