"""What a visitor sees when something could not be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.lib.vcs import ROOT
from kallithea.lib.visible import visible_text
from kallithea.pages.login import sign_in_form
from kallithea.pages.parts import Link, SignInForm, one_line
from kallithea.pages.urls import Urls
from kallithea.services.sign_in_sources import Offer

# What happened, and what to do next, where the error itself does not say.
EXPLANATIONS = {
    400: ("The request could not be understood", "Check the address, or go back and try again."),
    401: ("Please sign in", "What you asked for is for people with an account."),
    403: ("You may not do this", "Ask somebody who administers this place to give you access."),
    404: ("There is nothing here", "It may have been moved or deleted. Check the address."),
    405: ("That is not how this page works", "Go back to the page before, and use its buttons."),
    409: ("That does not fit what is there", "Go back, look at what has changed, and try again."),
    413: ("That was too large", "Send less at once."),
    429: ("That was too much at once", "Wait a minute, then try again."),
    500: ("Something went wrong on our side", "It has been noted. Try again; if it stays, tell the administrator."),
    503: ("Too busy at the moment", "Try again in a few seconds."),
}


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`incident` finds the event in the server's log; `traceback` is there in debug mode only."""

    status: int
    title: str
    message: str
    hint: str
    incident: str | None
    traceback: str | None
    sign_in: SignInForm | None
    steps: tuple[Link, ...]
    """Where to go on from here, the nearest first."""


def error_page(
    urls: Urls,
    *,
    status: int,
    message: str | None = None,
    hint: str | None = None,
    incident: str | None = None,
    traceback: str | None = None,
    inside: str = "",
    sign_in_to: str | None = None,
    sources: Sequence[Offer] = (),
) -> ErrorPage:
    """The page for a status; `sign_in_to` (an address of ours, may be "") puts the sign-in form on it, leading there, with the
    other ways to sign in. `inside` is the path of the repository in which it happened."""
    title, next_step = EXPLANATIONS.get(status, EXPLANATIONS[500 if status >= 500 else 400])
    return ErrorPage(
        status=status,
        title=title,
        message=one_line(message or ""),
        hint=one_line(hint or next_step),
        incident=one_line(incident) if incident else None,
        traceback=visible_text(traceback) if traceback else None,
        sign_in=None if sign_in_to is None else sign_in_form(urls, came_from=sign_in_to, sources=sources),
        steps=(*_steps_inside(urls, inside, is_missing=status == 404), Link("To the list of repositories", urls.home())),
    )


def _steps_inside(urls: Urls, repository: str, *, is_missing: bool) -> tuple[Link, ...]:
    if not repository:
        return ()
    itself = Link(f"To {one_line(repository)}", urls.repository(repository))
    if not is_missing:
        return (itself,)
    return (
        itself,
        Link("Its newest files", urls.files(repository, "tip", ROOT)),
        Link("Find a file", urls.find(repository, "tip")),
    )
