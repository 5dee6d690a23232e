"""Settings that administrators change while the server runs."""

from __future__ import annotations

import enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.model import PUBLIC_ACCESS, REGISTRATION, SECOND_FACTOR, Setting
from kallithea.services.audit import Audit, Target
from kallithea.services.factor_rules import Demand, demand_of


class RegistrationMode(enum.Enum):
    """Whether people may make themselves accounts, as the setting has it."""

    OFF = "off"
    APPROVAL = "approval"
    OPEN = "open"


class SiteSettings:
    """Reads and writes the settings in the database."""

    def __init__(self, session: Session, *, audit: Audit) -> None:
        self._session = session
        self._audit = audit

    @property
    def public_access(self) -> bool:
        """Whether visitors who are not signed in may see what *anyone* may see."""
        return self._session.scalar(select(Setting.value).where(Setting.name == PUBLIC_ACCESS)) != "false"

    def set_public_access(self, allowed: bool) -> None:
        """Whether visitors who are not signed in may see what *anyone* may see."""
        self._set(PUBLIC_ACCESS, "true" if allowed else "false")

    def registration(self) -> RegistrationMode:
        """Whether people may register; off where nothing is said, or what this release does not know."""
        value = self._session.scalar(select(Setting.value).where(Setting.name == REGISTRATION))
        return next((mode for mode in RegistrationMode if mode.value == value), RegistrationMode.OFF)

    def set_registration(self, mode: RegistrationMode) -> None:
        """Let people register, or not."""
        self._set(REGISTRATION, mode.value)

    def second_factor_demand(self) -> Demand:
        """Of whom a second factor is wanted."""
        return demand_of(self._session.scalar(select(Setting.value).where(Setting.name == SECOND_FACTOR)))

    def demand_second_factor(self, demand: Demand) -> None:
        """Want a second factor of these people: those without one set it up before they do anything else."""
        self._set(SECOND_FACTOR, demand.value)

    def _set(self, name: str, value: str) -> None:
        row = self._session.scalar(select(Setting).where(Setting.name == name))
        before = None if row is None else row.value
        self._audit.record_change(
            "setting.change", Target("setting", None, name), before={"value": before}, after={"value": value}
        )
        if row is None:
            self._session.add(Setting(name=name, value=value))
        else:
            row.value = value
