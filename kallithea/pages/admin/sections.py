"""What the administration is made of."""

from __future__ import annotations

from kallithea.pages.parts import Tab
from kallithea.pages.urls import Urls

_SECTIONS = (
    # name in the address, text
    ("", "Overview"),
    ("users", "People"),
    ("user_groups", "Groups of users"),
    ("repo_groups", "Groups"),
    ("repos", "Repositories"),
    ("permissions", "Permissions"),
    ("registrations", "Registration"),
    ("invitations", "Invitations"),
    ("second_factor", "Second factor"),
    ("auth", "Sign-in"),
    ("activity", "Activity"),
    ("jobs", "Jobs"),
    ("mail", "Mail"),
    ("settings", "Settings"),
    ("system", "System"),
)


def admin_sections(urls: Urls, current: str) -> tuple[Tab, ...]:
    """The tabs of the administration, with the one that is shown marked."""
    return tuple(Tab(text, urls.administration(name), name == current) for name, text in _SECTIONS)
