"""One group of users: what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, one_line, shown_errors
from kallithea.pages.urls import Urls


class GroupRoom:
    """The rooms of a group of users, as its tabs name them."""

    GENERAL = "General"
    MEMBERS = "Members"
    REACH = "Access and deletion"


@dataclass(frozen=True, slots=True)
class UserGroupValues:
    """What the form holds: the stored values, or what was typed last."""

    name: str = ""
    description: str = ""
    is_active: bool = True
    owner: str = ""


@dataclass(frozen=True, slots=True)
class UserGroupHeader:
    """The top of every page about a group of users."""

    name: str
    is_active: bool
    groups_url: str
    rooms: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class UserGroupPage:
    """Saving posts `users_group_name`, `user_group_description`, `users_group_active` and `owner`."""

    sections: tuple[Tab, ...]
    group: UserGroupHeader
    name: str
    description: str
    is_active: bool
    owner: str
    errors: Mapping[str, str]
    save_url: str


def user_group_header(
    urls: Urls, *, number: int, name: str, is_active: bool, room: str, is_administrator: bool
) -> UserGroupHeader:
    """The header with `room` marked as the one shown; who only looks after the members has no other room."""
    rooms = [(GroupRoom.MEMBERS, urls.user_group_members(number))]
    if is_administrator:
        rooms.insert(0, (GroupRoom.GENERAL, urls.user_group(number, "edit")))
        rooms.append((GroupRoom.REACH, urls.user_group(number, "edit", "advanced")))
    return UserGroupHeader(
        name=one_line(name),
        is_active=is_active,
        groups_url=urls.user_groups(),
        rooms=tuple(Tab(text, url, text == room) for text, url in rooms),
    )


def user_group_page(
    urls: Urls,
    *,
    number: int,
    stored: UserGroupValues,
    typed: UserGroupValues | None = None,
    errors: Mapping[str, str] | None = None,
) -> UserGroupPage:
    """The form; `typed` is what was sent and refused."""
    values = typed or stored
    return UserGroupPage(
        sections=admin_sections(urls, "user_groups"),
        group=user_group_header(
            urls,
            number=number,
            name=stored.name,
            is_active=stored.is_active,
            room=GroupRoom.GENERAL,
            is_administrator=True,
        ),
        name=values.name,
        description=values.description,
        is_active=values.is_active,
        owner=values.owner,
        errors=shown_errors(errors),
        save_url=urls.user_group(number),
    )
