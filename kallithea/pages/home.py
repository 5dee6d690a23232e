"""The list of repositories that the visitor may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.listing import (
    Found,
    RepositoryItem,
    RepositoryLine,
    RepositoryListing,
    repository_lines,
    repository_listing,
)
from kallithea.pages.parts import Link
from kallithea.pages.urls import Urls

FOLLOWED_SHOWN = 6


@dataclass(frozen=True, slots=True)
class HomePage:
    """`followed` are the first repositories that a member follows; `all_followed` leads to the rest."""

    followed: tuple[RepositoryLine, ...]
    all_followed: Link | None
    listing: RepositoryListing
    create_url: str | None
    sign_in_url: str | None


def home_page(
    urls: Urls, found: Found, *, is_signed_in: bool, may_create: bool, followed: Sequence[RepositoryItem] = ()
) -> HomePage:
    """The home page; a visitor who sees nothing is shown the way to sign in."""
    return HomePage(
        followed=repository_lines(urls, followed[:FOLLOWED_SHOWN]),
        all_followed=Link("All that you follow", urls.my_watched()) if len(followed) > FOLLOWED_SHOWN else None,
        listing=repository_listing(urls, found),
        create_url=urls.create_repository() if may_create else None,
        sign_in_url=None if is_signed_in else urls.login(came_from=urls.home()),
    )
