"""Signing in."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.parts import PasskeyForm, SignInForm, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class LoginPage:
    """`passkey` is None where passkeys cannot be used."""

    form: SignInForm
    passkey: PasskeyForm | None = None


def login_page(
    urls: Urls,
    *,
    came_from: str = "",
    username: str = "",
    remember: bool = False,
    error: str | None = None,
    passkey: PasskeyForm | None = None,
) -> LoginPage:
    """The sign-in page, again with what was typed (never the password) after a failure."""
    return LoginPage(SignInForm(urls.login(), came_from, username, remember, one_line(error) if error else None), passkey)
