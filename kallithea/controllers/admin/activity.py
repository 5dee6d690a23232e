"""What was done, for administrators: on pages and as downloads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.days import day
from kallithea.controllers.exposing import Visitor, page
from kallithea.controllers.responses import streamed_response
from kallithea.lib.errors import Invalid
from kallithea.model import AuditEntry
from kallithea.pages.admin.activity import ActivityPage, Asked, Deed, activity_page
from kallithea.services.audit_actions import ACTIONS
from kallithea.services.audit_export import as_csv, as_json_lines
from kallithea.services.audit_search import AuditFilter
from kallithea.services.keysets import Start

SIZE = 50
MOST_LETTERS = 255


@dataclass(frozen=True, slots=True)
class PlaceQuery:
    """The numbers of the entries in front of which the page begins (older ones) or ends (newer ones)."""

    before: int | None = None
    after: int | None = None


class ActivityRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> ActivityPage | Response:
        asked, place = self.query(Asked), self.query(PlaceQuery)
        urls = self.visit.urls
        try:
            wanted = _understood(asked, self.visit.zone)
        except Invalid as error:
            said = " ".join(filter(None, (error.message, error.hint)))
            return self.visit.rendered(activity_page(urls, [], asked=asked, actions=ACTIONS, error=said), status=400)
        # The list falls: what is older comes behind.
        found = self.scope.audit.page(wanted, Start(after=place.before, before=place.after), size=SIZE)
        return activity_page(
            urls,
            [_deed(entry) for entry in found.rows],
            asked=asked,
            actions=ACTIONS,
            has_newer=found.has_previous,
            has_older=found.has_next,
        )

    @page(requires=Visitor.ADMINISTRATOR, path="csv")
    def download_csv(self) -> Response:
        return self._download(as_csv, "text/csv; charset=utf-8", "activity.csv")

    @page(requires=Visitor.ADMINISTRATOR, path="jsonl")
    def download_json_lines(self) -> Response:
        return self._download(as_json_lines, "application/jsonl; charset=utf-8", "activity.jsonl")

    def _download(self, write: Callable[[Iterator[AuditEntry]], Iterator[bytes]], content_type: str, name: str) -> Response:
        entries = self.scope.audit_reader.entries(_understood(self.query(Asked), self.visit.zone))
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return streamed_response(write(entries), content_type, headers=headers)


def _understood(asked: Asked, zone: tzinfo) -> AuditFilter:
    """What was typed, as the service takes it; days are those of the reader's zone. Raises Invalid."""
    actor, action, target = asked.actor.strip(), asked.action.strip(), asked.target.strip()
    if action and action not in ACTIONS and action not in {known.partition(".")[0] for known in ACTIONS}:
        raise Invalid("Nobody does that here.")
    if max(len(actor), len(target)) > MOST_LETTERS:
        raise Invalid(f"A name has at most {MOST_LETTERS} letters.")
    since, until = day(asked.since.strip(), zone=zone), day(asked.until.strip(), days_later=1, zone=zone)
    return AuditFilter(actor, action, target, since, until)


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
        target_kind=entry.target_kind,
        target_id=entry.target_id,
        client=entry.client,
    )
