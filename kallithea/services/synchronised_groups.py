"""Which user groups follow the groups of a source of sign-ins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.errors import Conflict, Invalid, NotFound
from kallithea.model import SynchronisedGroup, UserGroup
from kallithea.services.audit import Audit, Target

LONGEST_NAME = 500
MOST = 500
"""User groups that follow one source."""


@dataclass(frozen=True, slots=True)
class Followed:
    """That a user group follows a group of a source."""

    id: int
    external_name: str
    user_group: str


class SynchronisedGroups:
    """Who is in a followed group when signing in is put into the user group, and who is not is put out of it; members of the
    user group who never come from that source stay as they are."""

    def __init__(self, session: Session, *, audit: Audit) -> None:
        self._session = session
        self._audit = audit

    def of(self, source: str) -> list[Followed]:
        """All that follow a source, by the name of the user group."""
        rows = self._session.execute(
            select(SynchronisedGroup.id, SynchronisedGroup.external_name, UserGroup.name)
            .join(UserGroup, UserGroup.id == SynchronisedGroup.user_group_id)
            .where(SynchronisedGroup.source == source)
            .order_by(UserGroup.name_key, SynchronisedGroup.external_name)
        )
        return [Followed(row.id, row.external_name, row.name) for row in rows]

    def follow(self, source: str, external_name: str, user_group: str) -> None:
        """Have a user group follow a group of a source. Raises Invalid by field, Conflict where it does already."""
        name = external_name.strip()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            reason = f"A name has 1 to {LONGEST_NAME} characters."
            raise Invalid(reason, fields={"external_name": reason})
        group = self._session.scalar(select(UserGroup).where(UserGroup.name_key == user_group.strip().casefold()))
        if group is None:
            reason = "There is no user group of this name."
            raise Invalid(reason, fields={"user_group": reason})
        known = self.of(source)
        if len(known) >= MOST:
            raise Conflict(f"At most {MOST} user groups can follow a source.")
        if any((one.external_name.casefold(), one.user_group) == (name.casefold(), group.name) for one in known):
            raise Conflict(f"{group.name} follows {name} already.")
        self._session.add(SynchronisedGroup(source=source, external_name=name, user_group_id=group.id))
        self._audit.record(
            "sign_in.follow_group", Target("sign_in", None, source), after={"user group": group.name, "follows": name}
        )

    def leave(self, source: str, number: int) -> None:
        """Have a user group follow a group no more; its members stay. Raises NotFound for what is not of this source."""
        row = self._session.get(SynchronisedGroup, number)
        if row is None or row.source != source:
            raise NotFound("No user group follows that.")
        group: Sequence[str] = self._session.scalars(select(UserGroup.name).where(UserGroup.id == row.user_group_id)).all()
        self._session.delete(row)
        self._audit.record(
            "sign_in.leave_group",
            Target("sign_in", None, source),
            before={"user group": "".join(group), "follows": row.external_name},
        )
