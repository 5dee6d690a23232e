"""The form for a new group of users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.admin.user_group import UserGroupValues
from kallithea.pages.parts import Tab, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class NewUserGroupPage:
    """`errors` go by field name."""

    sections: tuple[Tab, ...]
    name: str
    description: str
    is_active: bool
    owner: str
    errors: Mapping[str, str]
    action: str
    cancel_url: str


def new_user_group_page(urls: Urls, *, values: UserGroupValues, errors: Mapping[str, str] | None = None) -> NewUserGroupPage:
    """The form, with the actor as its owner or as it was sent."""
    return NewUserGroupPage(
        sections=admin_sections(urls, "user_groups"),
        name=values.name,
        description=values.description,
        is_active=values.is_active,
        owner=values.owner,
        errors=shown_errors(errors),
        action=urls.new_user_group(),
        cancel_url=urls.user_groups(),
    )
