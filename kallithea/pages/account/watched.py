"""What a member follows."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.listing import Found, RepositoryLine, repository_lines
from kallithea.pages.parts import Pager, Tab, pager
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class WatchedPage:
    sections: tuple[Tab, ...]
    lines: tuple[RepositoryLine, ...]
    pager: Pager
    home_url: str


def watched_page(urls: Urls, found: Found) -> WatchedPage:
    """One page of the repositories that the member follows and may read."""
    return WatchedPage(
        sections=account_sections(urls, "watched"),
        lines=repository_lines(urls, found.items),
        pager=pager(
            page=found.page,
            page_size=found.page_size,
            shown=len(found.items),
            total=found.total,
            newer_url=urls.my_watched(page=found.page - 1),
            older_url=urls.my_watched(page=found.page + 1),
        ),
        home_url=urls.home(),
    )
