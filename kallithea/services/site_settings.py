"""Settings that administrators change while the server runs."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.access import PrincipalKind
from kallithea.lib.errors import Invalid
from kallithea.model import NEW_GRANT, NEW_PRIVATE, PUBLIC_ACCESS, REGISTRATION, SECOND_FACTOR, Setting
from kallithea.services.audit import Audit, Target
from kallithea.services.factor_rules import Demand, demand_of


class RegistrationMode(enum.Enum):
    """Whether people may make themselves accounts, as the setting has it."""

    OFF = "off"
    APPROVAL = "approval"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class SitePermissions:
    """What holds everywhere: whether visitors see anything, whether repositories are private where nobody says, and who may
    read what is made at the top (None: only its owner)."""

    public_access: bool = True
    new_are_private: bool = False
    new_are_read_by: PrincipalKind | None = PrincipalKind.ANYONE


class SiteSettings:
    """Reads and writes the settings in the database."""

    def __init__(self, session: Session, *, audit: Audit) -> None:
        self._session = session
        self._audit = audit

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

    def permissions(self) -> SitePermissions:
        """What the administrators chose, in one statement."""
        wanted = Setting.name.in_([PUBLIC_ACCESS, NEW_PRIVATE, NEW_GRANT])
        found = {row.name: row.value for row in self._session.execute(select(Setting.name, Setting.value).where(wanted))}
        reader = found.get(NEW_GRANT, PrincipalKind.ANYONE.value)
        return SitePermissions(
            public_access=found.get(PUBLIC_ACCESS) != "false",
            new_are_private=found.get(NEW_PRIVATE) == "true",
            new_are_read_by=PrincipalKind(reader) if reader else None,
        )

    def set_permissions(self, chosen: SitePermissions) -> None:
        """Change all of them. Raises Invalid for a reader who is not everybody."""
        if chosen.new_are_read_by not in (None, PrincipalKind.ANYONE, PrincipalKind.MEMBERS):
            raise Invalid("Something new can be read by anyone, by every member, or by nobody else.")
        now = self.permissions()
        if chosen.public_access != now.public_access:
            self.set_public_access(chosen.public_access)
        if chosen.new_are_private != now.new_are_private:
            self._set(NEW_PRIVATE, "true" if chosen.new_are_private else "false")
        if chosen.new_are_read_by is not now.new_are_read_by:
            self._set(NEW_GRANT, chosen.new_are_read_by.value if chosen.new_are_read_by else "")

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
