"""What a group of users has access to, and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.admin.user_group import GroupRoom, UserGroupHeader, user_group_header
from kallithea.pages.parts import Tab, counted, one_line, shown_errors
from kallithea.pages.urls import Urls

MAY = {"none": "", "read": "read", "write": "read and push", "admin": "administer"}


@dataclass(frozen=True, slots=True)
class ReachItem:
    """One grant as the builder takes it; the path "" is the top of the site."""

    path: str
    is_repository: bool
    access: str
    may_create: bool


@dataclass(frozen=True, slots=True)
class ReachLine:
    place: str
    url: str
    may: str


@dataclass(frozen=True, slots=True)
class UserGroupReachPage:
    """Deleting posts `confirm`, the typed name. `more` says how many grants are not shown, or nothing."""

    sections: tuple[Tab, ...]
    group: UserGroupHeader
    lines: tuple[ReachLine, ...]
    more: str
    loss: str
    errors: Mapping[str, str]
    delete_url: str


def user_group_reach_page(
    urls: Urls,
    *,
    number: int,
    name: str,
    is_active: bool,
    reach: Sequence[ReachItem],
    total: int,
    members: int,
    errors: Mapping[str, str] | None = None,
) -> UserGroupReachPage:
    """What is lost with the group: `reach` are the first of `total` grants."""
    hidden = total - len(reach)
    return UserGroupReachPage(
        sections=admin_sections(urls, "user_groups"),
        group=user_group_header(
            urls, number=number, name=name, is_active=is_active, room=GroupRoom.REACH, is_administrator=True
        ),
        lines=tuple(_line(urls, item) for item in reach),
        more=f"and {hidden:,} more" if hidden > 0 else "",
        loss="1 member loses" if members == 1 else f"{counted(members).capitalize()} members lose",
        errors=shown_errors(errors),
        delete_url=urls.user_group(number, "delete"),
    )


def _line(urls: Urls, item: ReachItem) -> ReachLine:
    may = ", ".join(filter(None, (MAY[item.access], "create" if item.may_create else "")))
    if not item.path:
        return ReachLine("everywhere", urls.home(), may)
    return ReachLine(one_line(item.path), urls.repository(item.path) if item.is_repository else urls.group(item.path), may)
