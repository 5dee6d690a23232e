"""What the permissions of the whole site are made of."""

from __future__ import annotations

from kallithea.pages.parts import Tab
from kallithea.pages.urls import Urls


def permission_parts(urls: Urls, chosen: str) -> tuple[Tab, ...]:
    """The tabs of the section, with the one that is shown marked."""
    parts = (
        ("Everywhere", urls.site_permissions()),
        ("Addresses", urls.site_addresses()),
        ("One person", urls.permissions_of()),
    )
    return tuple(Tab(text, url, text == chosen) for text, url in parts)
