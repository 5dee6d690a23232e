"""One's own account: who one is here, and the password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Person, Tab, named, one_line, shown_errors
from kallithea.pages.time_zones import ZoneChoices
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class MyAccountPage:
    """`errors` are about the fields of the forms, by field name."""

    sections: tuple[Tab, ...]
    username: str
    face: Person
    full_name: str
    email: str
    is_administrator: bool
    has_picture: bool
    has_password: bool
    zones: ZoneChoices
    errors: Mapping[str, str]
    profile_url: str
    picture_save_url: str
    picture_delete_url: str
    password_url: str


def my_account_page(
    urls: Urls,
    *,
    username: str,
    full_name: str,
    email: str,
    is_administrator: bool,
    zones: ZoneChoices,
    picture_url: str | None = None,
    has_password: bool = True,
    errors: Mapping[str, str] | None = None,
) -> MyAccountPage:
    """The account page."""
    return MyAccountPage(
        sections=account_sections(urls, ""),
        username=one_line(username),
        face=named(full_name or username, email=email, picture=picture_url),
        full_name=one_line(full_name),
        email=one_line(email),
        is_administrator=is_administrator,
        errors=shown_errors(errors),
        zones=zones,
        has_picture=picture_url is not None,
        profile_url=urls.my_profile(),
        has_password=has_password,
        picture_save_url=urls.my_picture(),
        picture_delete_url=urls.my_picture_delete(),
        password_url=urls.my_password(),
    )
