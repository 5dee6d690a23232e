"""Who belongs to a group of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.admin.user_group import GroupRoom, UserGroupHeader, user_group_header
from kallithea.pages.parts import Pager, Person, Tab, counted, named, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class MemberItem:
    """A member as the builder takes it."""

    id: int
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class FoundMembers:
    """One page of a search for members; `total` need not count beyond 1,001."""

    items: Sequence[MemberItem]
    total: int
    has_previous: bool = False
    has_next: bool = False
    filter_text: str = ""


@dataclass(frozen=True, slots=True)
class MemberRow:
    id: int
    person: Person
    is_active: bool


@dataclass(frozen=True, slots=True)
class UserGroupMembersPage:
    """Adding posts `members`, user names; removing posts `user_id`."""

    sections: tuple[Tab, ...]
    group: UserGroupHeader
    rows: tuple[MemberRow, ...]
    action: str
    filter_text: str
    pager: Pager
    typed: str
    errors: Mapping[str, str]
    add_url: str
    remove_url: str


def user_group_members_page(
    urls: Urls,
    *,
    number: int,
    name: str,
    is_active: bool,
    found: FoundMembers,
    is_administrator: bool,
    typed: str = "",
    errors: Mapping[str, str] | None = None,
) -> UserGroupMembersPage:
    """One page of the members; `typed` is what was sent and refused."""
    text, items = found.filter_text, found.items
    newer = urls.user_group_members(number, filter_text=text, before=items[0].name.casefold()) if items else ""
    older = urls.user_group_members(number, filter_text=text, after=items[-1].name.casefold()) if items else ""
    return UserGroupMembersPage(
        sections=admin_sections(urls, "user_groups") if is_administrator else (),
        group=user_group_header(
            urls,
            number=number,
            name=name,
            is_active=is_active,
            room=GroupRoom.MEMBERS,
            is_administrator=is_administrator,
        ),
        rows=tuple(MemberRow(item.id, named(item.name), item.is_active) for item in items),
        action=urls.user_group_members(number),
        filter_text=text,
        pager=Pager(
            text=f"{counted(found.total)} {'member' if found.total == 1 else 'members'}",
            newer_url=newer if found.has_previous else None,
            older_url=older if found.has_next else None,
        ),
        typed=typed,
        errors=shown_errors(errors),
        add_url=urls.user_group(number, "members"),
        remove_url=urls.user_group(number, "members", "delete"),
    )
