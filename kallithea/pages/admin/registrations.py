"""Who registered, and whether people may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Choice, Moment, Tab, choices, moment, one_line
from kallithea.pages.urls import Urls

_MODES = (
    ("off", "Off: administrators invite people"),
    ("approval", "By approval: an administrator says yes"),
    ("open", "Open: who confirms an address is in"),
)


@dataclass(frozen=True, slots=True)
class RegistrationItem:
    """A registration as the builder takes it."""

    id: int
    name: str
    display_name: str
    email: str
    address: str
    created: datetime
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class RegistrationLine:
    id: int
    name: str
    display_name: str
    email: str
    address: str
    created: Moment
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class RegistrationsPage:
    sections: tuple[Tab, ...]
    modes: tuple[Choice, ...]
    has_mail: bool
    lines: tuple[RegistrationLine, ...]
    error: str | None
    mode_url: str
    approve_url: str
    decline_url: str


def registrations_page(
    urls: Urls, *, mode: str, has_mail: bool, waiting: Sequence[RegistrationItem], error: str | None = None
) -> RegistrationsPage:
    """The setting, and who waits."""
    return RegistrationsPage(
        sections=admin_sections(urls, "registrations"),
        modes=choices(_MODES, mode),
        has_mail=has_mail,
        lines=tuple(map(_line, waiting)),
        error=one_line(error) if error else None,
        mode_url=urls.admin_registrations_action("mode"),
        approve_url=urls.admin_registrations_action("approve"),
        decline_url=urls.admin_registrations_action("decline"),
    )


def _line(item: RegistrationItem) -> RegistrationLine:
    return RegistrationLine(
        id=item.id,
        name=one_line(item.name),
        display_name=one_line(item.display_name),
        email=one_line(item.email),
        address=one_line(item.address),
        created=moment(item.created),
        is_confirmed=item.is_confirmed,
    )
