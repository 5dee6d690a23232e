"""Setting up an authenticator app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.lib import totp
from kallithea.lib.qr import QrCode, qr_code
from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Tab, one_line, shown_errors
from kallithea.pages.urls import Urls

LONGEST_ISSUER = 60
"""Letters of the site's title in the picture, which takes more room with each."""


@dataclass(frozen=True, slots=True)
class AuthenticatorPage:
    """`draft` is the secret as the form brings it back."""

    sections: tuple[Tab, ...]
    picture: QrCode
    secret: str
    draft: str
    action: str
    cancel_url: str
    errors: Mapping[str, str]


def authenticator_page(
    urls: Urls, *, secret: bytes, draft: str, account: str, issuer: str, errors: Mapping[str, str] | None = None
) -> AuthenticatorPage:
    """The page with the secret for an app, as a picture and as text."""
    issuer = one_line(issuer)[:LONGEST_ISSUER]
    return AuthenticatorPage(
        sections=account_sections(urls, "security"),
        picture=qr_code(totp.address(secret, account=account, issuer=issuer)),
        secret=totp.shown(secret),
        draft=draft,
        action=urls.authenticator(),
        cancel_url=urls.security(),
        errors=shown_errors(errors),
    )
