"""Who may do what with a group and with what is in it."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.grants import GrantsPart
from kallithea.pages.group_head import GroupHead, GroupTab, group_head, group_sections
from kallithea.pages.parts import Tab
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class GroupPermissionsPage:
    head: GroupHead
    sections: tuple[Tab, ...]
    grants: GrantsPart


def group_permissions_page(urls: Urls, path: str, grants: GrantsPart) -> GroupPermissionsPage:
    """The page of the group at `path` around its grants."""
    return GroupPermissionsPage(
        head=group_head(urls, path, chosen=GroupTab.SETTINGS, may_administer=True),
        sections=group_sections(urls, path, chosen="Permissions"),
        grants=grants,
    )
