"""Accounts as those who act: the statement that finds them with their groups, and what is made of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select

from kallithea.lib.networks import is_listed
from kallithea.model import AllowedAddresses, User, UserGroup, UserGroupMember
from kallithea.services.access.control import NETWORKS
from kallithea.services.actors import Anonymous, Limit, Member
from kallithea.services.factor_rules import DEMAND, HAS_SECOND_FACTOR, demand_of

WRITE_USED_AFTER = 600.0
"""Seconds between two writes of when a session or a token was last used."""

NETWORKS_OF_EVERYBODY = func.coalesce(NETWORKS, "")
"""Part of a statement: from where those may come who have no list of their own, as `is_listed` reads it."""

_OWN_NETWORKS = select(AllowedAddresses.networks).where(AllowedAddresses.user_id == User.id).correlate(User).scalar_subquery()
NETWORKS_OF_ACCOUNT = func.coalesce(_OWN_NETWORKS, NETWORKS, "")
"""Part of a statement that reads accounts: from where each may come, as `is_listed` reads it."""

ACTIVE_MEMBERS = (
    select(
        User.id,
        User.name,
        User.is_administrator,
        User.time_zone,
        User.password_hash,
        UserGroup.id.label("group_id"),
        HAS_SECOND_FACTOR.label("has_second_factor"),
        DEMAND.label("demand"),
        NETWORKS_OF_ACCOUNT.label("networks"),
    )
    .outerjoin(UserGroupMember, UserGroupMember.user_id == User.id)
    .outerjoin(UserGroup, and_(UserGroup.id == UserGroupMember.user_group_id, UserGroup.active))
    .where(User.is_active)
)
"""A row for each group of each active account."""


def member_of(
    rows: Any, address: str, *, session_id: int | None = None, proved_at: datetime | None = None, limit: Limit | None = None
) -> Member | Anonymous:
    """The account of some rows, which are all of one, or nobody where it may not be used from this address.

    Only in a session a second factor is owed: elsewhere nobody could pay.
    """
    first = rows[0]
    if not is_listed(address, first.networks):
        return Anonymous(address, is_forbidden=True)
    return Member(
        id=first.id,
        name=first.name,
        is_administrator=first.is_administrator,
        groups=frozenset(row.group_id for row in rows if row.group_id is not None),
        session_id=session_id,
        limit=limit,
        owes_second_factor=session_id is not None and is_demanded_of(first) and not first.has_second_factor,
        proved_at=proved_at,
        time_zone=first.time_zone,
    )


def is_demanded_of(row: Any) -> bool:
    """Whether an administrator wants a second factor of the account of a row."""
    return demand_of(row.demand).covers(is_administrator=row.is_administrator)
