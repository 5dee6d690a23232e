"""Signing in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.parts import Link, PasskeyForm, SignInForm, one_line
from kallithea.pages.urls import Urls
from kallithea.services.sign_in_sources import Offer

_ASK = "The administrator of this server can help."
_HELP = {
    # may the password be reset, may people register
    (False, False): f"No account, or the password forgotten? {_ASK}",
    (True, False): f"No account? {_ASK}",
    (False, True): f"The password forgotten? {_ASK}",
    (True, True): "",
}


@dataclass(frozen=True, slots=True)
class Offers:
    """What people without an account, or without its password, can do by themselves."""

    can_reset: bool = False
    can_register: bool = False


@dataclass(frozen=True, slots=True)
class LoginPage:
    """`reset_url` and `register_url` are None where that is not offered, `passkey` where passkeys cannot be used."""

    form: SignInForm
    reset_url: str | None
    register_url: str | None
    help: str
    passkey: PasskeyForm | None = None


def login_page(
    urls: Urls,
    *,
    came_from: str = "",
    username: str = "",
    remember: bool = False,
    error: str | None = None,
    offers: Offers = Offers(),
    passkey: PasskeyForm | None = None,
    sources: Sequence[Offer] = (),
) -> LoginPage:
    """The sign-in page, again with what was typed (never the password) after a failure."""
    return LoginPage(
        sign_in_form(urls, came_from=came_from, username=username, remember=remember, error=error, sources=sources),
        reset_url=urls.password_reset() if offers.can_reset else None,
        register_url=urls.register() if offers.can_register else None,
        help=_HELP[offers.can_reset, offers.can_register],
        passkey=passkey,
    )


def sign_in_form(
    urls: Urls,
    *,
    came_from: str,
    username: str = "",
    remember: bool = False,
    error: str | None = None,
    sources: Sequence[Offer] = (),
) -> SignInForm:
    """The form, with the other sites where one can sign in."""
    elsewhere = (Link(one_line(one.button), urls.login_with(one.name, came_from=came_from)) for one in sources)
    return SignInForm(urls.login(), came_from, username, remember, one_line(error) if error else None, tuple(elsewhere))
