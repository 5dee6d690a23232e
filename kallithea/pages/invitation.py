"""Accepting an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.pages.parts import one_line, shown_errors
from kallithea.pages.site import VisitorForm
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class InvitationValues:
    """What was typed into the form, to show it again."""

    username: str = ""
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class InvitationPage(VisitorForm):
    """`email` is None where the invitation is over."""

    email: str | None
    token: str
    action: str
    values: InvitationValues
    errors: Mapping[str, str]
    error: str | None
    home_url: str


def invitation_page(
    urls: Urls,
    *,
    token: str,
    email: str | None,
    values: InvitationValues = InvitationValues(),
    errors: Mapping[str, str] | None = None,
    error: str | None = None,
) -> InvitationPage:
    """The form for the name and the password of the new account."""
    return InvitationPage(
        email=one_line(email) if email is not None else None,
        token=token,
        action=urls.invitation(),
        values=values,
        errors=shown_errors(errors),
        error=one_line(error) if error else None,
        home_url=urls.home(),
    )
