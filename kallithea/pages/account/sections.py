"""What one's own account is made of."""

from __future__ import annotations

from kallithea.pages.parts import Tab
from kallithea.pages.urls import Urls

_SECTIONS = (
    # name in the address, text; the first is the account itself
    ("", "Profile"),
    ("emails", "E-mail addresses"),
    ("security", "Security"),
    ("sessions", "Sessions"),
    ("tokens", "Tokens"),
    ("ssh_keys", "SSH keys"),
    ("signing_keys", "Signing keys"),
    ("perms", "Permissions"),
    ("groups", "Groups"),
    ("watched", "Followed"),
)


def account_sections(urls: Urls, current: str) -> tuple[Tab, ...]:
    """The tabs of the own account, with the one that is shown marked."""
    return tuple(Tab(text, urls.my_account(name), name == current) for name, text in _SECTIONS)
