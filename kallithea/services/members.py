"""Accounts as those who act: the statement that finds them with their groups, and what is made of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from kallithea.model import User, UserGroup, UserGroupMember
from kallithea.services.actors import Limit, Member
from kallithea.services.factor_rules import DEMAND, HAS_SECOND_FACTOR, demand_of

WRITE_USED_AFTER = 600.0
"""Seconds between two writes of when a session or a token was last used."""

ACTIVE_MEMBERS = (
    select(
        User.id,
        User.name,
        User.is_administrator,
        User.password_hash,
        UserGroup.id.label("group_id"),
        HAS_SECOND_FACTOR.label("has_second_factor"),
        DEMAND.label("demand"),
    )
    .outerjoin(UserGroupMember, UserGroupMember.user_id == User.id)
    .outerjoin(UserGroup, and_(UserGroup.id == UserGroupMember.user_group_id, UserGroup.active))
    .where(User.is_active)
)
"""A row for each group of each active account."""


def member_of(
    rows: Any, *, session_id: int | None = None, proved_at: datetime | None = None, limit: Limit | None = None
) -> Member:
    """The account of some rows, which are all of one. Only in a session a second factor is owed: elsewhere nobody could pay."""
    first = rows[0]
    return Member(
        id=first.id,
        name=first.name,
        is_administrator=first.is_administrator,
        groups=frozenset(row.group_id for row in rows if row.group_id is not None),
        session_id=session_id,
        limit=limit,
        owes_second_factor=session_id is not None and is_demanded_of(first) and not first.has_second_factor,
        proved_at=proved_at,
    )


def is_demanded_of(row: Any) -> bool:
    """Whether an administrator wants a second factor of the account of a row."""
    return demand_of(row.demand).covers(is_administrator=row.is_administrator)
