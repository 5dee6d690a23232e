"""Writes down who did what, from where, to what: only ever added to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kallithea.lib.access_tokens import without_tokens
from kallithea.lib.clock import Clock
from kallithea.model import AuditEntry
from kallithea.services.actors import Actor, Origin, name_of_actor, number_of_actor
from kallithea.services.audit_actions import ACTIONS
from kallithea.services.audit_search import AuditFilter, filtered
from kallithea.services.keysets import Slice, Start, slice_of

Value = str | int | float | bool | None | Sequence[str]
"""What an entry says of a thing: plain JSON, and never a secret."""


@dataclass(frozen=True, slots=True)
class Target:
    """What something was done to: the kind (`user`, `repository`, …), its number and its name."""

    kind: str
    id: int | None
    name: str


class Audit:
    """The deeds of one actor. An entry is part of the transaction of what it tells: both hold, or none."""

    def __init__(self, session: Session, *, actor: Actor, origin: Origin, clock: Clock) -> None:
        self._session = session
        self._actor = actor
        self._origin = origin
        self._clock = clock

    @property
    def who(self) -> str:
        """The name of who acts, as entries have it."""
        return name_of_actor(self._actor)

    def record(
        self,
        action: str,
        target: Target,
        *,
        before: Mapping[str, Value] | None = None,
        after: Mapping[str, Value] | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Write down that the actor, or another one, did one of ACTIONS. `before` and `after` have what changed, by the same
        names."""
        who = self._actor if actor is None else actor
        self._session.add(new_entry(action, target, who, self._origin, self._clock(), before=before, after=after))

    def record_change(self, action: str, target: Target, *, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
        """The same where the two say more than what changed; nothing where nothing did."""
        changed = [name for name in after if before.get(name) != after[name]]
        if changed:
            was, now = ({name: values.get(name) for name in changed} for values in (before, after))
            self.record(action, target, before=was, after=now)

    def latest(self, *, limit: int = 50) -> Sequence[AuditEntry]:
        """The newest entries."""
        return self.page(AuditFilter(), Start(), size=limit).rows

    def page(self, wanted: AuditFilter, start: Start[int], *, size: int) -> Slice[AuditEntry]:
        """A page of the entries, the newest first."""
        found = slice_of(self._session, filtered(wanted), AuditEntry.id, start, size=size, newest_first=True)
        return Slice([row[0] for row in found.rows], found.has_previous, found.has_next)


def new_entry(
    action: str,
    target: Target,
    actor: Actor,
    origin: Origin,
    at: datetime,
    *,
    before: Mapping[str, Value] | None = None,
    after: Mapping[str, Value] | None = None,
) -> AuditEntry:
    """The row of a deed."""
    assert action in ACTIONS, action
    return AuditEntry(
        at=at,
        action=action,
        actor_id=number_of_actor(actor),
        actor_name=name_of_actor(actor)[:255],
        transport=origin.transport[:16],
        address=origin.address[:64],
        # Whatever a client says of itself, even that.
        client=without_tokens(origin.client)[:255],
        target_kind=target.kind,
        target_id=target.id,
        target_name=target.name[:255],
        before=_json(before),
        after=_json(after),
    )


def _json(values: Mapping[str, Value] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)
