"""Saying what was just done, to people who may not be signed in."""

from __future__ import annotations

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.lib.errors import NotFound
from kallithea.pages.done import SAID, DonePage, done_page


class DoneRoom(Room):
    @page(requires=Visitor.ANYONE, path="", free=True)
    def done(self, what: str) -> DonePage:
        if what not in SAID:
            raise NotFound("There is no page at this address.")
        return done_page(self.visit.urls, what)
