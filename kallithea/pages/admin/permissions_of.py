"""What one person may do, for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.admin.permission_parts import permission_parts
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.holdings import HoldingsPart
from kallithea.pages.parts import Tab, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class PermissionsOfPage:
    """`who` is the user name asked for, empty where nobody was; `error` says why there is no list."""

    sections: tuple[Tab, ...]
    tabs: tuple[Tab, ...]
    who: str
    error: str
    holdings: HoldingsPart | None
    find_url: str


def permissions_of_page(
    urls: Urls, *, who: str = "", holdings: HoldingsPart | None = None, error: str = ""
) -> PermissionsOfPage:
    """The page, with the list of `who` if there is one."""
    return PermissionsOfPage(
        sections=admin_sections(urls, "permissions"),
        tabs=permission_parts(urls, "One person"),
        who=who,
        error=one_line(error),
        holdings=holdings,
        find_url=urls.permissions_of(),
    )
