"""Proving once more who one is, before something that matters."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.parts import PasskeyForm, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """`passkey` is None where the account has none, or they do not work at this address. Who has no password here is told what
    else to do."""

    action: str
    username: str
    came_from: str
    passkey: PasskeyForm | None
    has_password: bool
    error: str
    cancel_url: str


def confirm_page(
    urls: Urls,
    *,
    username: str,
    came_from: str,
    passkey: PasskeyForm | None,
    has_password: bool = True,
    error: str = "",
) -> ConfirmPage:
    """The page that asks for the password or a passkey."""
    return ConfirmPage(urls.confirm(), one_line(username), came_from, passkey, has_password, one_line(error), urls.my_account())
