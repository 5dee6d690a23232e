"""Asking once more, where the link of a mail leads: opening it alone does nothing."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.pages.parts import one_line
from kallithea.pages.site import VisitorForm
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class ConfirmationPage(VisitorForm):
    """`action` is None where there is nothing to confirm any more."""

    title: str
    text: str
    button: str
    action: str | None
    token: str
    home_url: str


def confirmation_page(*, title: str, text: str, button: str, action: str, token: str) -> ConfirmationPage:
    """One button, which does what the link is for."""
    return ConfirmationPage(title, one_line(text), button, action, token, "")


def link_is_over_page(urls: Urls, hint: str) -> ConfirmationPage:
    """What is said of links that are wrong, used or old, alike."""
    return ConfirmationPage(
        "This link is over", one_line(f"It was used already, or is too old. {hint}"), "", None, "", urls.home()
    )
