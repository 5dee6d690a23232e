"""What one may do oneself."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.holdings import HoldingsPart
from kallithea.pages.parts import Tab
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class MyPermissionsPage:
    sections: tuple[Tab, ...]
    holdings: HoldingsPart


def my_permissions_page(urls: Urls, holdings: HoldingsPart) -> MyPermissionsPage:
    """The page of the own account around a page of the list."""
    return MyPermissionsPage(sections=account_sections(urls, "perms"), holdings=holdings)
