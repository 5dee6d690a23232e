"""The second step of signing in."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.parts import PasskeyForm, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class SecondStepPage:
    """`passkey` is None where the account has none, or they do not work at this address."""

    action: str
    came_from: str
    username: str
    has_app: bool
    passkey: PasskeyForm | None
    error: str | None
    again_url: str


def second_step_page(
    urls: Urls, *, came_from: str, username: str, has_app: bool, passkey: PasskeyForm | None, error: str | None = None
) -> SecondStepPage:
    """The page for who has shown a password."""
    return SecondStepPage(
        action=urls.second_step(),
        came_from=came_from,
        username=one_line(username),
        has_app=has_app,
        passkey=passkey,
        error=one_line(error) if error else None,
        again_url=urls.login(came_from=came_from),
    )
