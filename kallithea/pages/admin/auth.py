"""The list of sources of sign-ins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Tab, one_line
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A source as the builder takes it; `trouble` is why it cannot be used."""

    name: str
    title: str
    about: str
    is_on: bool
    trouble: str | None


@dataclass(frozen=True, slots=True)
class SourceLine:
    name: str
    title: str
    about: str
    is_on: bool
    may_move_up: bool
    trouble: str | None
    settings_url: str


@dataclass(frozen=True, slots=True)
class AuthPage:
    """Posts `name` and `verb`: on, off or up."""

    sections: tuple[Tab, ...]
    sources: tuple[SourceLine, ...]
    error: str | None
    order_url: str


def auth_page(urls: Urls, sources: Sequence[ShownSource], *, error: str | None = None) -> AuthPage:
    """The list, those that are turned on first and in the order in which they are asked."""
    return AuthPage(
        sections=admin_sections(urls, "auth"),
        sources=tuple(_line(urls, number, source) for number, source in enumerate(sources)),
        error=one_line(error) if error else None,
        order_url=urls.administration("auth"),
    )


def _line(urls: Urls, number: int, source: ShownSource) -> SourceLine:
    return SourceLine(
        name=source.name,
        title=one_line(source.title),
        about=one_line(source.about),
        is_on=source.is_on,
        may_move_up=source.is_on and number > 0,
        trouble=one_line(source.trouble) if source.trouble else None,
        settings_url=urls.sign_in_source(source.name),
    )
