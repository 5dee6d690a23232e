"""Adding a passkey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Tab, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class PasskeyPage:
    """`invitation` is what the script hands to the browser; None where passkeys cannot be used, and then `elsewhere` may say
    where they can."""

    sections: tuple[Tab, ...]
    invitation: str | None
    elsewhere: str
    name: str
    action: str
    cancel_url: str
    errors: Mapping[str, str]


def passkey_page(
    urls: Urls, *, invitation: str | None, name: str = "", canonical_url: str = "", errors: Mapping[str, str] | None = None
) -> PasskeyPage:
    """The page with the form for a new passkey."""
    return PasskeyPage(
        sections=account_sections(urls, "security"),
        invitation=invitation,
        elsewhere=one_line(canonical_url),
        name=one_line(name),
        action=urls.new_passkey(),
        cancel_url=urls.security(),
        errors=shown_errors(errors),
    )
