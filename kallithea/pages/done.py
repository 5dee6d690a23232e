"""What was just done, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.parts import Link
from kallithea.pages.urls import Urls

RESET_ASKED = "password-reset-asked"
RESET_DONE = "password-reset"
REGISTRATION_SENT = "registration-sent"
REGISTRATION_WAITS = "registration-waits"
REGISTRATION_CONFIRMED = "registration-confirmed"
REGISTERED = "registered"
INVITATION_ACCEPTED = "invitation-accepted"
REPOSITORY_DELETED = "repository-deleted"


@dataclass(frozen=True, slots=True)
class Said:
    """A title, a text, and whether signing in is the next thing to do."""

    title: str
    text: str
    can_sign_in: bool = False


SAID: Mapping[str, Said] = {
    RESET_ASKED: Said(
        "Look into your mail",
        "If the address belongs to an account, a mail with a link is on its way to it. The link works once, within an hour.",
    ),
    RESET_DONE: Said("Your password is changed", "You were signed out everywhere. Sign in with the new password.", True),
    REGISTRATION_SENT: Said(
        "Look into your mail", "A mail is on its way to your address. Open the link in it within three days."
    ),
    REGISTRATION_WAITS: Said("Thank you", "An administrator looks at your registration. Until then you cannot sign in."),
    REGISTRATION_CONFIRMED: Said(
        "Your address is confirmed", "An administrator looks at your registration. A mail tells you when you can sign in."
    ),
    REGISTERED: Said("Your account is ready", "Sign in with the name and the password that you chose.", True),
    REPOSITORY_DELETED: Said(
        "The repository is deleted",
        "It is kept aside with all that it had: an administrator of this site can restore it, or remove it for good.",
    ),
    INVITATION_ACCEPTED: Said("Welcome", "Your account is ready. Sign in with the name and the password that you chose.", True),
}


@dataclass(frozen=True, slots=True)
class DonePage:
    title: str
    text: str
    link: Link


def done_page(urls: Urls, what: str, *, is_administrator: bool = False) -> DonePage:
    """The page for one of SAID; administrators are led on to what they can do about it."""
    said = SAID[what]
    if what == REPOSITORY_DELETED and is_administrator:
        return DonePage(said.title, said.text, Link("Deleted repositories", urls.deleted_repositories()))
    link = Link("Sign in", urls.login()) if said.can_sign_in else Link("To the list of repositories", urls.home())
    return DonePage(said.title, said.text, link)
