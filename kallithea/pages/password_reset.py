"""Asking for a new password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.parts import shown_errors
from kallithea.pages.site import VisitorForm
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class PasswordResetPage(VisitorForm):
    is_offered: bool
    action: str
    email: str
    errors: Mapping[str, str]
    sign_in_url: str


def password_reset_page(
    urls: Urls, *, is_offered: bool, email: str = "", errors: Mapping[str, str] | None = None
) -> PasswordResetPage:
    """The form, or what to do instead where this server sends no mail."""
    return PasswordResetPage(is_offered, urls.password_reset(), email, shown_errors(errors), urls.login())
