"""One account, as administrators see and change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kallithea.lib.time_zones import UTC
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line, shown_errors
from kallithea.pages.time_zones import ZoneChoices, zone_choices
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class UserValues:
    """What the form holds: the stored values, or what was typed last."""

    username: str
    email: str
    is_administrator: bool
    is_active: bool
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class UserHeader:
    """The top of every page about an account."""

    name: str
    is_active: bool
    is_administrator: bool
    users_url: str
    rooms: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class FactorItems:
    """What an account has beside its password."""

    has_app: bool = False
    passkeys: int = 0

    @property
    def text(self) -> str:
        """In words; empty for nothing."""
        passkeys = "a passkey" if self.passkeys == 1 else f"{self.passkeys} passkeys"
        return " and ".join((["an authenticator app"] if self.has_app else []) + ([passkeys] if self.passkeys else []))


@dataclass(frozen=True, slots=True)
class UserPage:
    """Saving posts `username`, `email`, `time_zone`, `admin` and `active`; a new password is posted alone.

    `errors` go by field name.
    """

    sections: tuple[Tab, ...]
    user: UserHeader
    username: str
    email: str
    is_administrator: bool
    is_active: bool
    created: Moment
    sessions: int
    factors: str
    zones: ZoneChoices
    errors: Mapping[str, str]
    save_url: str
    password_url: str
    factors_url: str


def user_header(urls: Urls, *, number: int, stored: UserValues, room: str) -> UserHeader:
    """The header with `room` marked as the one shown."""
    rooms = (("Account", urls.user(number, "edit")), ("What it owns", urls.user(number, "edit", "advanced")))
    return UserHeader(
        name=one_line(stored.username),
        is_active=stored.is_active,
        is_administrator=stored.is_administrator,
        users_url=urls.users(),
        rooms=tuple(Tab(text, url, text == room) for text, url in rooms),
    )


def user_page(
    urls: Urls,
    *,
    number: int,
    stored: UserValues,
    created: datetime,
    sessions: int,
    factors: FactorItems = FactorItems(),
    default_zone: str = UTC,
    typed: UserValues | None = None,
    errors: Mapping[str, str] | None = None,
) -> UserPage:
    """The forms about an account; `typed` is what was sent and refused."""
    values = typed or stored
    return UserPage(
        sections=admin_sections(urls, "users"),
        user=user_header(urls, number=number, stored=stored, room="Account"),
        username=values.username,
        email=values.email,
        is_administrator=values.is_administrator,
        is_active=values.is_active,
        created=moment(created),
        sessions=sessions,
        factors=factors.text,
        zones=zone_choices(values.time_zone, default=default_zone),
        errors=shown_errors(errors),
        save_url=urls.user(number),
        password_url=urls.user(number, "password"),
        factors_url=urls.user(number, "second_factor", "reset"),
    )
