"""Accounts as those who act: the statement that finds them with their groups, and what is made of its rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, select

from kallithea.model import User, UserGroup, UserGroupMember
from kallithea.services.actors import Limit, Member

WRITE_USED_AFTER = 600.0
"""Seconds between two writes of when a session or a token was last used."""

ACTIVE_MEMBERS = (
    select(User.id, User.name, User.is_administrator, User.password_hash, UserGroup.id.label("group_id"))
    .outerjoin(UserGroupMember, UserGroupMember.user_id == User.id)
    .outerjoin(UserGroup, and_(UserGroup.id == UserGroupMember.user_group_id, UserGroup.active))
    .where(User.is_active)
)
"""A row for each group of each active account."""


def member_of(rows: Any, *, session_id: int | None = None, limit: Limit | None = None) -> Member:
    """The account of some rows, which are all of one."""
    first = rows[0]
    groups = frozenset(row.group_id for row in rows if row.group_id is not None)
    return Member(first.id, first.name, first.is_administrator, groups, session_id, limit)
