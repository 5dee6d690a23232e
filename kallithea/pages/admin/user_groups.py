"""The groups of users that one may look after, in a list with a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Pager, Tab, counted, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class UserGroupItem:
    """A group of users as the builder takes it."""

    id: int
    name: str
    description: str
    is_active: bool
    owner: str
    members: int


@dataclass(frozen=True, slots=True)
class FoundUserGroups:
    """One page of a search for groups of users; `total` need not count beyond 1,001."""

    items: Sequence[UserGroupItem]
    total: int
    has_previous: bool = False
    has_next: bool = False
    filter_text: str = ""


@dataclass(frozen=True, slots=True)
class UserGroupLine:
    name: str
    description: str
    url: str
    is_active: bool
    owner: str
    members: str


@dataclass(frozen=True, slots=True)
class UserGroupsPage:
    """`sections` is empty for those who are no administrators; `create_url` is None for them."""

    sections: tuple[Tab, ...]
    lines: tuple[UserGroupLine, ...]
    action: str
    filter_text: str
    all_url: str
    create_url: str | None
    pager: Pager


def user_groups_page(urls: Urls, found: FoundUserGroups, *, is_administrator: bool) -> UserGroupsPage:
    """One page of the list."""
    text, items = found.filter_text, found.items
    newer = urls.user_groups(filter_text=text, before=items[0].name.casefold()) if items else ""
    older = urls.user_groups(filter_text=text, after=items[-1].name.casefold()) if items else ""
    return UserGroupsPage(
        sections=admin_sections(urls, "user_groups") if is_administrator else (),
        lines=tuple(_line(urls, item, is_administrator=is_administrator) for item in items),
        action=urls.user_groups(),
        filter_text=text,
        all_url=urls.user_groups(),
        create_url=urls.new_user_group() if is_administrator else None,
        pager=Pager(
            text=f"{counted(found.total)} {'group' if found.total == 1 else 'groups'}",
            newer_url=newer if found.has_previous else None,
            older_url=older if found.has_next else None,
        ),
    )


def user_group_line(item: UserGroupItem, *, url: str) -> UserGroupLine:
    """One group in a list, with where its name leads."""
    return UserGroupLine(
        name=one_line(item.name),
        description=one_line(item.description),
        url=url,
        is_active=item.is_active,
        owner=one_line(item.owner),
        members=f"{item.members:,} {'member' if item.members == 1 else 'members'}",
    )


def _line(urls: Urls, item: UserGroupItem, *, is_administrator: bool) -> UserGroupLine:
    url = urls.user_group(item.id, "edit") if is_administrator else urls.user_group_members(item.id)
    return user_group_line(item, url=url)
