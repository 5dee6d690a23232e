"""Where one is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class SessionItem:
    """A session as the builder takes it."""

    id: int
    created: datetime
    last_used: datetime
    address: str
    user_agent: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    id: int
    device: str
    address: str
    created: Moment
    last_used: Moment
    is_current: bool


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """The sessions of the account, that in use first."""

    sections: tuple[Tab, ...]
    sessions: tuple[SessionLine, ...]
    has_other_sessions: bool
    delete_url: str


def sessions_page(urls: Urls, *, sessions: Sequence[SessionItem]) -> SessionsPage:
    """The page, the session in use first."""
    in_order = sorted(sessions, key=lambda session: (session.is_current, session.last_used), reverse=True)
    return SessionsPage(
        sections=account_sections(urls, "sessions"),
        sessions=tuple(map(_line, in_order)),
        has_other_sessions=any(not session.is_current for session in sessions),
        delete_url=urls.my_sessions_delete(),
    )


def _line(session: SessionItem) -> SessionLine:
    return SessionLine(
        id=session.id,
        device=device_name(session.user_agent),
        address=one_line(session.address),
        created=moment(session.created),
        last_used=moment(session.last_used),
        is_current=session.is_current,
    )


# Browsers name each other in their User-Agent, so the more specific word comes first.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chromium"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """A browser's own description in a few words: `Firefox on Linux`."""
    browser = next((name for word, name in _BROWSERS if word in user_agent), None)
    system = next((name for word, name in _SYSTEMS if word in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or one_line(user_agent)[:60] or "Unknown device"
