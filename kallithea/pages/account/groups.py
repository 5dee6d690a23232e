"""The groups of users that one owns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.admin.user_groups import UserGroupItem, UserGroupLine, user_group_line
from kallithea.pages.parts import Tab
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class MyGroupsPage:
    """`all_url` leads to the whole list where it is longer than what is shown."""

    sections: tuple[Tab, ...]
    lines: tuple[UserGroupLine, ...]
    all_url: str | None


def my_groups_page(urls: Urls, groups: Sequence[UserGroupItem], *, has_more: bool = False) -> MyGroupsPage:
    """The page of the own account with links to the members of each group."""
    return MyGroupsPage(
        sections=account_sections(urls, "groups"),
        lines=tuple(user_group_line(item, url=urls.user_group_members(item.id)) for item in groups),
        all_url=urls.user_groups() if has_more else None,
    )
