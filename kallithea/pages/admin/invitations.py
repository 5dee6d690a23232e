"""Inviting people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.lib.access import Access
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Choice, Moment, Tab, choices, moment, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class NewInvitationValues:
    """What was typed into the form, to show it again."""

    email: str = ""
    user_group: str = ""
    path: str = ""
    access: str = Access.READ.word


@dataclass(frozen=True, slots=True)
class InvitationItem:
    """An open invitation as the builder takes it."""

    id: int
    email: str
    invited_by: str
    user_group: str | None
    path: str | None
    access: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """`offers` says what comes with the account."""

    id: int
    email: str
    invited_by: str
    offers: str
    expires: Moment


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    sections: tuple[Tab, ...]
    can_invite: bool
    values: NewInvitationValues
    accesses: tuple[Choice, ...]
    errors: Mapping[str, str]
    lines: tuple[InvitationLine, ...]
    invite_url: str
    withdraw_url: str


def invitations_page(
    urls: Urls,
    *,
    can_invite: bool,
    open_invitations: Sequence[InvitationItem] = (),
    values: NewInvitationValues = NewInvitationValues(),
    errors: Mapping[str, str] | None = None,
) -> InvitationsPage:
    """The form, and the invitations that can be accepted."""
    words = [access.word for access in Access if access is not Access.NONE]
    return InvitationsPage(
        sections=admin_sections(urls, "invitations"),
        can_invite=can_invite,
        values=values,
        accesses=choices(((word, word) for word in words), values.access),
        errors=shown_errors(errors),
        lines=tuple(map(_line, open_invitations)),
        invite_url=urls.admin_invitations(),
        withdraw_url=urls.admin_invitations_withdraw(),
    )


def _line(item: InvitationItem) -> InvitationLine:
    group = f"member of {item.user_group}" if item.user_group else ""
    grant = f"{item.access} on {item.path}" if item.path else ""
    return InvitationLine(
        id=item.id,
        email=one_line(item.email),
        invited_by=one_line(item.invited_by),
        offers=one_line(", ".join(text for text in (group, grant) if text)),
        expires=moment(item.expires),
    )
