"""What one person may do everywhere: a list that the database makes, in one statement a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.model import Group, Namespace, Repository
from kallithea.services.access.control import AccessControl
from kallithea.services.access.visibility import Viewer, values_of
from kallithea.services.access.walking import Walk
from kallithea.services.actors import Member
from kallithea.services.keysets import Start


@dataclass(frozen=True, slots=True)
class Holding:
    """One repository or group, and what the person may do with it; `key` is where the next page goes on."""

    path: str
    key: str
    is_group: bool
    access: Access


class Holdings:
    """Lists what somebody else than the actor may do; it follows the rules of `decision.decide`, which a test holds."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, member: Member, *, after: str = "", limit: int = 100) -> Sequence[Holding]:
        """By path, those behind `after`. An administrator of the site has ADMIN everywhere."""
        viewer = Viewer.EVERYTHING if member.administers_site else Viewer.MEMBER
        control = AccessControl(self._session, member)
        walk = Walk(self._session, _holdings(), viewer, values_of(control))
        rows = walk.page(Start(after=after or None), limit=limit, is_all=True)
        # Found by the closure, said by the decision: the closure can be behind.
        there = control.decisions(row.path for row in rows)
        held = [(row, there[row.path].access) for row in rows if row.path in there]
        return [Holding(row.path, row.path_key, row.is_group, access) for row, access in held if access >= Access.READ]


@cache
def _holdings() -> Any:
    columns = select(
        Namespace.path,
        Namespace.path_key,
        Group.id.is_not(None).label("is_group"),
    )
    return (
        columns.select_from(Namespace)
        .outerjoin(Repository, Repository.namespace_id == Namespace.id)
        .outerjoin(Group, Group.namespace_id == Namespace.id)
        .where(or_(Repository.id.is_not(None), Group.id.is_not(None)))
    )
