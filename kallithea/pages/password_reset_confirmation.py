"""Choosing a new password, where the link of the mail leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.parts import one_line, shown_errors
from kallithea.pages.site import VisitorForm
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class PasswordResetConfirmationPage(VisitorForm):
    """`username` is None where the link is over."""

    username: str | None
    token: str
    action: str
    again_url: str
    errors: Mapping[str, str]


def password_reset_confirmation_page(
    urls: Urls, *, token: str, username: str | None, errors: Mapping[str, str] | None = None
) -> PasswordResetConfirmationPage:
    """The form for a new password."""
    return PasswordResetConfirmationPage(
        username=one_line(username) if username is not None else None,
        token=token,
        action=urls.password_reset_confirmation(),
        again_url=urls.password_reset(),
        errors=shown_errors(errors),
    )
