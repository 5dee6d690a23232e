"""Who has a second factor, and who has to have one."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import exists, or_, select

from kallithea.model import SECOND_FACTOR, AuthenticatorApp, Passkey, Setting, User


class Demand(Enum):
    """Of whom an administrator wants a second factor."""

    NOBODY = "nobody"
    ADMINISTRATORS = "administrators"
    EVERYBODY = "everybody"

    def covers(self, *, is_administrator: bool) -> bool:
        return self is Demand.EVERYBODY or (self is Demand.ADMINISTRATORS and is_administrator)


HAS_SECOND_FACTOR = or_(
    exists().where(AuthenticatorApp.user_id == User.id),
    exists().where(Passkey.user_id == User.id),
)
"""Part of a statement that reads accounts: whether each has a second factor."""

DEMAND = select(Setting.value).where(Setting.name == SECOND_FACTOR).scalar_subquery()
"""Part of a statement: what `demand_of` reads."""


def demand_of(value: str | None) -> Demand:
    """What the setting says; a word of a later release is taken for the strictest."""
    if value is None:
        return Demand.NOBODY
    return next((demand for demand in Demand if demand.value == value), Demand.EVERYBODY)
