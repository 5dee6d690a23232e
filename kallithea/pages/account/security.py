"""What one proves who one is with, beside the password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line, shown_errors
from kallithea.pages.urls import Urls

FEW_CODES = 3


@dataclass(frozen=True, slots=True)
class PasskeyItem:
    """A passkey as the builder takes it."""

    id: int
    name: str
    created: datetime
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    id: int
    name: str
    created: Moment
    last_used: Moment | None


@dataclass(frozen=True, slots=True)
class SecurityPage:
    """`is_owed`: an administrator wants a second factor, and there is none. `errors` are of the form to turn the app off,
    which asks who `has_password` for it."""

    sections: tuple[Tab, ...]
    is_owed: bool
    has_app: bool
    has_factor: bool
    codes_left: int
    has_few_codes: bool
    passkeys: tuple[PasskeyLine, ...]
    has_passkeys_here: bool
    has_password: bool
    errors: Mapping[str, str]
    app_url: str
    app_delete_url: str
    codes_url: str
    new_passkey_url: str
    passkey_delete_url: str


def security_page(
    urls: Urls,
    *,
    has_app: bool,
    codes_left: int,
    passkeys: Sequence[PasskeyItem],
    has_passkeys_here: bool,
    is_owed: bool,
    has_password: bool = True,
    errors: Mapping[str, str] | None = None,
) -> SecurityPage:
    """The page with what there is and what can be set up."""
    return SecurityPage(
        sections=account_sections(urls, "security"),
        is_owed=is_owed,
        has_app=has_app,
        has_factor=has_app or bool(passkeys),
        codes_left=codes_left,
        has_few_codes=codes_left <= FEW_CODES,
        passkeys=tuple(map(_line, passkeys)),
        has_passkeys_here=has_passkeys_here,
        has_password=has_password,
        errors=shown_errors(errors),
        app_url=urls.authenticator(),
        app_delete_url=urls.authenticator_delete(),
        codes_url=urls.recovery_codes(),
        new_passkey_url=urls.new_passkey(),
        passkey_delete_url=urls.passkey_delete(),
    )


def _line(item: PasskeyItem) -> PasskeyLine:
    used = moment(item.last_used) if item.last_used else None
    return PasskeyLine(item.id, one_line(item.name), moment(item.created), used)
