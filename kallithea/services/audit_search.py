"""Finding deeds in the audit log, on pages and whole, as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, sessionmaker

from kallithea.model import AuditEntry, User
from kallithea.services.keysets import Start, slice_of

AT_ONCE = 1000
"""Entries that a stream reads at once."""
_NUMBERED = re.compile(r"([a-z_]{1,16}):([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which deeds. Empty means all.

    `actor` is a name, of then or of now. `action` is one of ACTIONS or what is before its point. `target` is a name of then, or
    `repository:17`, which finds all that was done to it under any name. `until` is excluded.
    """

    actor: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


def filtered(wanted: AuditFilter) -> Select[Any]:
    """The statement that finds them, in no order."""
    statement = select(AuditEntry)
    if wanted.actor:
        of_now = select(User.id).where(User.name_key == wanted.actor.casefold()).scalar_subquery()
        statement = statement.where(or_(AuditEntry.actor_name == wanted.actor, AuditEntry.actor_id == of_now))
    if wanted.action:
        is_noun = "." not in wanted.action
        in_question = AuditEntry.action.startswith(f"{wanted.action}.", autoescape=True)
        statement = statement.where(in_question if is_noun else AuditEntry.action == wanted.action)
    if numbered := _NUMBERED.fullmatch(wanted.target):
        kind, number = numbered.groups()
        statement = statement.where(AuditEntry.target_kind == kind, AuditEntry.target_id == int(number))
    elif wanted.target:
        statement = statement.where(AuditEntry.target_name == wanted.target)
    if wanted.since is not None:
        statement = statement.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEntry.at < wanted.until)
    return statement


def addresses_since(session: Session, action: str, kind: str, number: int, since: datetime, *, limit: int) -> Sequence[str]:
    """From where something was done to one thing, an address for each of the newest entries."""
    statement = select(AuditEntry.address).where(
        AuditEntry.target_kind == kind, AuditEntry.target_id == number, AuditEntry.action == action, AuditEntry.at >= since
    )
    return session.scalars(statement.order_by(AuditEntry.id.desc()).limit(limit)).all()


class AuditReader:
    """Reads the whole log without holding it: for answers that go on when the scope that asked is over."""

    def __init__(self, reading: sessionmaker[Session]) -> None:
        self._reading = reading

    def entries(self, wanted: AuditFilter, *, at_once: int = AT_ONCE) -> Iterator[AuditEntry]:
        """Iterate over the entries, the newest first; what is written meanwhile is not among them."""
        start: Start[int] = Start()
        while True:
            with self._reading() as session:
                found = slice_of(session, filtered(wanted), AuditEntry.id, start, size=at_once, newest_first=True)
                entries = [row[0] for row in found.rows]
            yield from entries
            if not found.has_next:
                return
            start = Start(after=entries[-1].id)
