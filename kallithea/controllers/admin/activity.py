"""What was done, for administrators."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, page
from kallithea.model import AuditEntry
from kallithea.pages.admin.activity import ActivityPage, Deed, activity_page
from kallithea.services.audit_actions import ACTIONS

SIZE = 50


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """`before` is the number of the entry that the page follows; 0: the newest ones."""

    before: int = 0


class ActivityRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> ActivityPage:
        before = self.query(ActivityQuery).before
        entries = self.scope.audit.latest(before_id=before or None, limit=SIZE)
        return activity_page(self.visit.urls, [_deed(entry) for entry in entries], is_first=not before, size=SIZE)


def _deed(entry: AuditEntry) -> Deed:
    return Deed(
        id=entry.id,
        at=entry.at,
        actor=entry.actor_name,
        # An action of a later release, seen after going back to this one, tells its name.
        sentence=ACTIONS.get(entry.action, f"{entry.action} {{target}}"),
        target=entry.target_name,
        address=entry.address,
        transport=entry.transport,
        before=json.loads(entry.before) if entry.before else None,
        after=json.loads(entry.after) if entry.after else None,
    )
