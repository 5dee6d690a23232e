"""The tokens with which programs act as oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Choice, Tab, choices, shown_errors
from kallithea.pages.token_parts import EXPIRES_USUALLY, FreshToken, TokenLine, expiries, token_line
from kallithea.pages.urls import Urls
from kallithea.services.tokens import TokenFacts

ACCESSES = (
    ("read", "read: see pages, clone and pull"),
    ("write", "write: also push"),
    ("admin", "admin: also change settings and administer, wherever you may"),
)


@dataclass(frozen=True, slots=True)
class NewTokenValues:
    """What the form holds: as it begins, or what was typed last."""

    name: str = ""
    access: str = "read"
    api: bool = False
    expires: str = EXPIRES_USUALLY
    places: str = ""


@dataclass(frozen=True, slots=True)
class MyTokensPage:
    """Making one posts `name`, `access`, `api`, `expires` and `places`; revoking one posts `token_id`."""

    sections: tuple[Tab, ...]
    username: str
    fresh: FreshToken | None
    tokens: tuple[TokenLine, ...]
    name: str
    accesses: tuple[Choice, ...]
    api: bool
    expires: tuple[Choice, ...]
    places: str
    errors: Mapping[str, str]
    save_url: str
    delete_url: str


def my_tokens_page(
    urls: Urls,
    *,
    username: str,
    tokens: Sequence[TokenFacts],
    values: NewTokenValues | None = None,
    errors: Mapping[str, str] | None = None,
    fresh: FreshToken | None = None,
) -> MyTokensPage:
    """The list of tokens and the form for a new one; `fresh` is the one that was made just now."""
    values = values or NewTokenValues()
    return MyTokensPage(
        sections=account_sections(urls, "tokens"),
        username=username,
        fresh=fresh,
        tokens=tuple(token_line(token, may_use_api=token.may_use_api, places=token.places) for token in tokens),
        name=values.name,
        accesses=choices(ACCESSES, values.access),
        api=values.api,
        expires=expiries(values.expires),
        places=values.places,
        errors=shown_errors(errors),
        save_url=urls.my_tokens(),
        delete_url=urls.my_tokens_delete(),
    )
