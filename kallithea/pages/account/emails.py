"""One's own e-mail addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class AddressItem:
    """An address as the builder takes it."""

    id: int
    email: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AddressLine:
    id: int
    email: str
    since: Moment


@dataclass(frozen=True, slots=True)
class MyEmailsPage:
    """`can_add` is false where this server sends no mail: an address that nobody confirms is nobody's. Who `has_password` here
    is asked for it."""

    sections: tuple[Tab, ...]
    primary: str
    further: tuple[AddressLine, ...]
    waiting: tuple[AddressLine, ...]
    can_add: bool
    has_password: bool
    typed: str
    errors: Mapping[str, str]
    add_url: str
    delete_url: str
    primary_url: str


def my_emails_page(
    urls: Urls,
    *,
    primary: str,
    further: Sequence[AddressItem] = (),
    waiting: Sequence[AddressItem] = (),
    can_add: bool,
    has_password: bool = True,
    typed: str = "",
    errors: Mapping[str, str] | None = None,
) -> MyEmailsPage:
    """The addresses, and the forms to add, remove and choose among them."""
    return MyEmailsPage(
        sections=account_sections(urls, "emails"),
        primary=one_line(primary),
        further=tuple(map(_line, further)),
        waiting=tuple(map(_line, waiting)),
        can_add=can_add,
        has_password=has_password,
        typed=typed,
        errors=shown_errors(errors),
        add_url=urls.my_emails(),
        delete_url=urls.my_emails_delete(),
        primary_url=urls.my_emails_primary(),
    )


def _line(address: AddressItem) -> AddressLine:
    return AddressLine(address.id, one_line(address.email), moment(address.since))
