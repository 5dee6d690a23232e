"""The accounts of the site, in a list with a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Badge, Moment, Pager, Person, Tab, counted, moment, named, one_line
from kallithea.pages.urls import Urls

WHICH = (("", "all"), ("administrators", "administrators"), ("disabled", "disabled"))


@dataclass(frozen=True, slots=True)
class UserItem:
    """An account as the builder takes it."""

    id: int
    name: str
    email: str
    is_active: bool
    is_administrator: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class FoundUsers:
    """One page of a search for accounts; `total` need not count beyond 1,001."""

    items: Sequence[UserItem]
    total: int
    has_previous: bool = False
    has_next: bool = False
    filter_text: str = ""
    which: str = ""


@dataclass(frozen=True, slots=True)
class UserLine:
    person: Person
    email: str
    url: str
    is_active: bool
    is_administrator: bool
    created: Moment


@dataclass(frozen=True, slots=True)
class UsersPage:
    sections: tuple[Tab, ...]
    lines: tuple[UserLine, ...]
    action: str
    filter_text: str
    which: str
    kinds: tuple[Badge, ...]
    is_filtered: bool
    all_url: str
    create_url: str
    pager: Pager


def users_page(urls: Urls, found: FoundUsers) -> UsersPage:
    """One page of the list."""
    text, which, items = found.filter_text, found.which, found.items
    newer = urls.users(filter_text=text, which=which, before=items[0].name.casefold()) if items else ""
    older = urls.users(filter_text=text, which=which, after=items[-1].name.casefold()) if items else ""
    return UsersPage(
        sections=admin_sections(urls, "users"),
        lines=tuple(_line(urls, item) for item in items),
        action=urls.users(),
        filter_text=text,
        which=which,
        kinds=tuple(
            Badge(word, "chosen" if value == which else "", urls.users(filter_text=text, which=value)) for value, word in WHICH
        ),
        is_filtered=bool(text or which),
        all_url=urls.users(),
        create_url=urls.new_user(),
        pager=Pager(
            text=f"{counted(found.total)} {'account' if found.total == 1 else 'accounts'}",
            newer_url=newer if found.has_previous else None,
            older_url=older if found.has_next else None,
        ),
    )


def _line(urls: Urls, item: UserItem) -> UserLine:
    return UserLine(
        person=named(item.name, email=item.email),
        email=one_line(item.email),
        url=urls.user(item.id, "edit"),
        is_active=item.is_active,
        is_administrator=item.is_administrator,
        created=moment(item.created),
    )
