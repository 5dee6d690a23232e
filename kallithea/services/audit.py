"""Writes down who did what, from where, to what: only ever added to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.model import AuditEntry
from kallithea.services.actors import Actor, Origin, name_of_actor, number_of_actor
from kallithea.services.audit_actions import ACTIONS

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

    def record(
        self,
        action: str,
        target: Target,
        *,
        before: Mapping[str, Value] | None = None,
        after: Mapping[str, Value] | None = None,
    ) -> None:
        """Write down that the actor did one of ACTIONS. `before` and `after` have what changed, by the same names."""
        assert action in ACTIONS, action
        self._session.add(
            AuditEntry(
                at=self._clock(),
                action=action,
                actor_id=number_of_actor(self._actor),
                actor_name=name_of_actor(self._actor)[:255],
                transport=self._origin.transport[:16],
                address=self._origin.address[:64],
                client=self._origin.client[:255],
                target_kind=target.kind,
                target_id=target.id,
                target_name=target.name[:255],
                before=_json(before),
                after=_json(after),
            )
        )

    def latest(self, *, before_id: int | None = None, limit: int = 50) -> Sequence[AuditEntry]:
        """The newest entries, or those that are older than one of them."""
        statement = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        if before_id is not None:
            statement = statement.where(AuditEntry.id < before_id)
        return self._session.scalars(statement).all()


def _json(values: Mapping[str, Value] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)
