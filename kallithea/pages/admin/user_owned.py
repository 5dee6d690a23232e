"""What a person owns, to whom it can go, and the end of the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.admin.user import UserHeader, UserValues, user_header
from kallithea.pages.parts import Link, Tab, one_line, shown_errors
from kallithea.pages.urls import Urls

PLURALS = {"repository": "repositories", "group": "groups of repositories", "user group": "groups of users"}
SINGULARS = {"group": "group of repositories", "user group": "group of users"}


@dataclass(frozen=True, slots=True)
class OwnedItem:
    """Things of one kind as the builder takes them; `names` are the first of `count`."""

    noun: str
    count: int
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class OwnedLines:
    """Things of one kind; `more` says how many are not shown, or nothing."""

    title: str
    links: tuple[Link, ...]
    more: str


@dataclass(frozen=True, slots=True)
class UserOwnedPage:
    """Giving posts `to`, the name of the new owner; deleting posts `confirm`, the typed name."""

    sections: tuple[Tab, ...]
    user: UserHeader
    owned: tuple[OwnedLines, ...]
    to: str
    errors: Mapping[str, str]
    transfer_url: str
    delete_url: str


def user_owned_page(
    urls: Urls,
    *,
    number: int,
    stored: UserValues,
    owned: Sequence[OwnedItem],
    to: str = "",
    errors: Mapping[str, str] | None = None,
) -> UserOwnedPage:
    """All that somebody owns; an account is deleted only when that is nothing."""
    return UserOwnedPage(
        sections=admin_sections(urls, "users"),
        user=user_header(urls, number=number, stored=stored, room="What it owns"),
        owned=tuple(_lines(urls, item) for item in owned),
        to=to,
        errors=shown_errors(errors),
        transfer_url=urls.user(number, "transfer"),
        delete_url=urls.user(number, "delete"),
    )


def _lines(urls: Urls, item: OwnedItem) -> OwnedLines:
    word = SINGULARS.get(item.noun, item.noun) if item.count == 1 else PLURALS[item.noun]
    hidden = item.count - len(item.names)
    return OwnedLines(
        title=f"{item.count:,} {word}",
        links=tuple(Link(one_line(name), _address(urls, item.noun, name)) for name in item.names),
        more=f"and {hidden:,} more" if hidden else "",
    )


def _address(urls: Urls, noun: str, name: str) -> str:
    if noun == "user group":
        return urls.user_groups(filter_text=name)
    return urls.group(name) if noun == "group" else urls.repository(name)
