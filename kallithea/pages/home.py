"""The list of repositories that the visitor may read."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.listing import Found, RepositoryListing, repository_listing
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class HomePage:
    listing: RepositoryListing
    create_url: str | None
    sign_in_url: str | None


def home_page(urls: Urls, found: Found, *, is_signed_in: bool, may_create: bool) -> HomePage:
    """The home page; a visitor who sees nothing is shown the way to sign in."""
    return HomePage(
        listing=repository_listing(urls, found),
        create_url=urls.create_repository() if may_create else None,
        sign_in_url=None if is_signed_in else urls.login(came_from=urls.home()),
    )
