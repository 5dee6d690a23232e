"""Saying what was just done, also to people who are not signed in."""

from __future__ import annotations

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.lib.errors import NotFound
from kallithea.pages.done import SAID, DonePage, done_page
from kallithea.services.actors import Member


class DoneRoom(Room):
    @page(requires=Visitor.ANYONE, path="", free=True)
    def done(self, what: str) -> DonePage:
        if what not in SAID:
            raise NotFound("There is no page at this address.")
        actor = self.scope.actor
        is_administrator = isinstance(actor, Member) and actor.administers_site
        return done_page(self.visit.urls, what, is_administrator=is_administrator)
