"""The outbox, and a test mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Badge, Moment, Tab, moment, one_line, shown_errors
from kallithea.pages.urls import Urls

_STATES = (("", "All"), ("waiting", "Waiting"), ("failed", "Failed"), ("sent", "Sent"))
_LOOKS = {"waiting": "draft", "failed": "private", "sent": "branch"}


@dataclass(frozen=True, slots=True)
class MailItem:
    """A mail as the builder takes it; its text is for nobody but who gets it."""

    id: int
    subject: str
    recipient: str
    state: str
    created: datetime
    due: datetime | None
    sent: datetime | None
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """Whether mail is set up, and what keeps all of it from being sent."""

    is_set_up: bool
    error: str | None = None
    next_try: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailLine:
    """`when` is when it was sent, or is tried next; None where nobody tries any more."""

    id: int
    subject: str
    recipient: str
    state: str
    look: str
    created: Moment
    when: Moment | None
    attempts: int
    error: str | None
    can_retry: bool


@dataclass(frozen=True, slots=True)
class MailPage:
    sections: tuple[Tab, ...]
    is_set_up: bool
    error: str | None
    next_try: Moment | None
    states: tuple[Badge, ...]
    lines: tuple[MailLine, ...]
    is_filtered: bool
    letters: tuple[tuple[str, str], ...]
    typed: str
    errors: Mapping[str, str]
    test_url: str
    retry_url: str
    discard_url: str


def mail_page(
    urls: Urls,
    *,
    outbox: OutboxState,
    mails: Sequence[MailItem],
    state: str = "",
    letters: Mapping[str, str] = MappingProxyType({}),
    typed: str = "",
    errors: Mapping[str, str] | None = None,
) -> MailPage:
    """The mails of a state (empty: all), the newest first; `letters` are the subjects of those that can be tried, by kind."""
    return MailPage(
        sections=admin_sections(urls, "mail"),
        is_set_up=outbox.is_set_up,
        error=one_line(outbox.error) if outbox.error else None,
        next_try=moment(outbox.next_try) if outbox.next_try else None,
        states=tuple(Badge(text, "chosen" if name == state else "soft", urls.admin_mail(state=name)) for name, text in _STATES),
        lines=tuple(map(_line, mails)),
        is_filtered=bool(state),
        letters=tuple(letters.items()),
        typed=typed,
        errors=shown_errors(errors),
        test_url=urls.admin_mail_action("test"),
        retry_url=urls.admin_mail_action("retry"),
        discard_url=urls.admin_mail_action("discard"),
    )


def _line(mail: MailItem) -> MailLine:
    when = mail.sent or mail.due
    return MailLine(
        id=mail.id,
        subject=one_line(mail.subject),
        recipient=one_line(mail.recipient),
        state=mail.state,
        look=_LOOKS.get(mail.state, "soft"),
        created=moment(mail.created),
        when=moment(when) if when else None,
        attempts=mail.attempts,
        error=one_line(mail.error) if mail.error else None,
        can_retry=mail.sent is None,
    )
