"""Who has to have a second factor, for administrators."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Choice, Tab
from kallithea.pages.urls import Urls
from kallithea.services.factor_rules import Demand
from kallithea.services.second_factors import FactorCount

_TEXTS = {
    Demand.NOBODY: "Nobody has to have one",
    Demand.ADMINISTRATORS: "Administrators of the site have to",
    Demand.EVERYBODY: "Everybody with an account has to",
}


@dataclass(frozen=True, slots=True)
class SecondFactorPage:
    sections: tuple[Tab, ...]
    choices: tuple[Choice, ...]
    count: FactorCount
    action: str


def second_factor_page(urls: Urls, *, demand: Demand, count: FactorCount) -> SecondFactorPage:
    """The page with the setting, and how many would have to set one up."""
    return SecondFactorPage(
        sections=admin_sections(urls, "second_factor"),
        choices=tuple(Choice(one.value, text, one is demand) for one, text in _TEXTS.items()),
        count=count,
        action=urls.administration("second_factor"),
    )
