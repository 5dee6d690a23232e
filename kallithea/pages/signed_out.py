"""Signed out here, though perhaps not at the other site where one signed in."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.parts import Link, one_line
from kallithea.pages.urls import Urls
from kallithea.services.sign_in_sources import Offer


@dataclass(frozen=True, slots=True)
class SignedOutPage:
    there: Link | None
    home_url: str


def signed_out_page(urls: Urls, offer: Offer | None) -> SignedOutPage:
    """The page; `offer` is the source whose site one may want to sign out of too."""
    there = None if offer is None else Link(one_line(offer.button), urls.login_leave(offer.name))
    return SignedOutPage(there, urls.home())
