"""Settings that administrators change while the server runs."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.model import PUBLIC_ACCESS, SECOND_FACTOR, Setting
from kallithea.services.audit import Audit, Target
from kallithea.services.factor_rules import Demand, demand_of


class SiteSettings:
    """Reads and writes the settings in the database."""

    def __init__(self, session: Session, *, audit: Audit) -> None:
        self._session = session
        self._audit = audit

    def set_public_access(self, allowed: bool) -> None:
        """Whether visitors who are not signed in may see what *anyone* may see."""
        self._set(PUBLIC_ACCESS, "true" if allowed else "false")

    def second_factor_demand(self) -> Demand:
        """Of whom a second factor is wanted."""
        return demand_of(self._session.scalar(select(Setting.value).where(Setting.name == SECOND_FACTOR)))

    def demand_second_factor(self, demand: Demand) -> None:
        """Want a second factor of these people: those without one set it up before they do anything else."""
        before = self.second_factor_demand()
        if demand is not before:
            self._set(SECOND_FACTOR, demand.value)
            target = Target("setting", None, SECOND_FACTOR)
            self._audit.record("second_factor.demand", target, before={"of": before.value}, after={"of": demand.value})

    def _set(self, name: str, value: str) -> None:
        row = self._session.scalar(select(Setting).where(Setting.name == name))
        if row is None:
            self._session.add(Setting(name=name, value=value))
        else:
            row.value = value
