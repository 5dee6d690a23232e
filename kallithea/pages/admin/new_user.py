"""The form for a new account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class NewUserPage:
    """`errors` go by field name. A password is never shown again."""

    sections: tuple[Tab, ...]
    username: str
    email: str
    is_administrator: bool
    errors: Mapping[str, str]
    action: str
    cancel_url: str


def new_user_page(
    urls: Urls,
    *,
    username: str = "",
    email: str = "",
    is_administrator: bool = False,
    errors: Mapping[str, str] | None = None,
) -> NewUserPage:
    """The form, empty or as it was sent."""
    return NewUserPage(
        sections=admin_sections(urls, "users"),
        username=username,
        email=email,
        is_administrator=is_administrator,
        errors=shown_errors(errors),
        action=urls.new_user(),
        cancel_url=urls.users(),
    )
