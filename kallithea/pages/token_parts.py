"""What the pages of tokens share: lines of a list, the token that was just made, and when tokens expire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kallithea.lib.access import Access
from kallithea.pages.parts import Choice, Moment, choices, moment, one_line

EXPIRES = (("7", "in 7 days"), ("30", "in 30 days"), ("90", "in 90 days"), ("365", "in a year"), ("never", "never"))
"""What forms offer: days, or never."""
EXPIRES_USUALLY = "90"


class ListedToken(Protocol):
    """What tokens of people and of repositories have in common."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def access(self) -> Access: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def has_expired(self) -> bool: ...
    @property
    def used_at(self) -> datetime | None: ...
    @property
    def used_address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token in a list; `places` are the paths to which it is bound, None where it is not, `expires` None is never."""

    id: int
    name: str
    access: str
    may_use_api: bool
    places: tuple[str, ...] | None
    created: Moment
    expires: Moment | None
    has_expired: bool
    used: Moment | None
    used_address: str


@dataclass(frozen=True, slots=True)
class FreshToken:
    """A token that was made just now: its text is seen this once."""

    name: str
    text: str


def fresh_token(name: str, text: str) -> FreshToken:
    """A token that was made just now, as its page shows it."""
    return FreshToken(one_line(name), text)


def token_line(token: ListedToken, *, may_use_api: bool = False, places: tuple[str, ...] | None = None) -> TokenLine:
    """A token as a list shows it."""
    return TokenLine(
        id=token.id,
        name=one_line(token.name),
        access=token.access.word,
        may_use_api=may_use_api,
        places=None if places is None else tuple(one_line(path) for path in places),
        created=moment(token.created_at),
        expires=moment(token.expires_at) if token.expires_at else None,
        has_expired=token.has_expired,
        used=moment(token.used_at) if token.used_at else None,
        used_address=one_line(token.used_address),
    )


def expiries(chosen: str) -> tuple[Choice, ...]:
    """When a new token expires, as a box of choices."""
    return choices(EXPIRES, chosen)
