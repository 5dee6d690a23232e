"""Signing in."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.parts import SignInForm, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class LoginPage:
    form: SignInForm


def login_page(
    urls: Urls, *, came_from: str = "", username: str = "", remember: bool = False, error: str | None = None
) -> LoginPage:
    """The sign-in page, again with what was typed (never the password) after a failure."""
    return LoginPage(SignInForm(urls.login(), came_from, username, remember, one_line(error) if error else None))
