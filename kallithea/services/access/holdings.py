"""What one person may do everywhere: a list that the database makes, in one statement a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, func, literal, or_, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.model import Group, Namespace, Repository
from kallithea.services.access.control import AccessControl
from kallithea.services.access.listing import ACTOR_ID, rules_of_actor, strongest
from kallithea.services.actors import Member


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
        principals = AccessControl(self._session, member).principals
        values = {"principals": principals, "actor_id": member.id, "after": after, "limit": limit}
        rows = self._session.execute(_holdings(is_everywhere=member.administers_site), values)
        return [Holding(row.path, row.path_key, row.is_group, Access(row.access)) for row in rows]


@cache
def _holdings(*, is_everywhere: bool) -> Any:
    own, groups = rules_of_actor()
    named = strongest(own.c.named, case((Namespace.inherits, groups.c.named), else_=0))
    public = strongest(own.c.public, case((Namespace.inherits, groups.c.public), else_=0))
    owner = func.coalesce(Repository.owner_id, Group.owner_id)
    shown = case((func.coalesce(Repository.is_private, False), named), else_=strongest(named, public))
    everything = literal(int(Access.ADMIN))
    access: Any = everything if is_everywhere else case((owner == ACTOR_ID, int(Access.ADMIN)), else_=shown)
    columns = select(
        Namespace.path,
        Namespace.path_key,
        Group.id.is_not(None).label("is_group"),
        access.label("access"),
    )
    statement = (
        columns.select_from(Namespace)
        .outerjoin(Repository, Repository.namespace_id == Namespace.id)
        .outerjoin(Group, Group.namespace_id == Namespace.id)
        .where(or_(Repository.id.is_not(None), Group.id.is_not(None)), Namespace.path_key > bindparam("after"))
        .order_by(Namespace.path_key)
        .limit(bindparam("limit"))
    )
    if is_everywhere:
        return statement
    return (
        statement.outerjoin(own, own.c.namespace_id == Namespace.id)
        .outerjoin(groups, groups.c.id == Namespace.parent_id)
        .where(access >= int(Access.READ))
    )
