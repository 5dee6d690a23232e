"""The settings of one source of sign-ins, made from what it declares; its people and its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.lib.sign_in.options import YES, Option, options_of
from kallithea.lib.sign_in.sources import RedirectSource, Source
from kallithea.pages.admin.sections import admin_sections
from kallithea.pages.parts import Choice, Tab, choices, counted, one_line, shown_errors
from kallithea.pages.urls import Urls
from kallithea.services.synchronised_groups import Followed

FORGET = "forget_"
"""What stands before the name of a secret in the name of the box that forgets it."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as the builder takes it; `stored` has its secrets too, which no page shows."""

    kind: type[Source]
    is_on: bool
    stored: Mapping[str, str]
    followed: Sequence[Followed]
    linked: int


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed last and could not be taken; `is_settings`: into the form of the settings."""

    form: Mapping[str, str]
    errors: Mapping[str, str]
    error: str | None
    is_settings: bool


@dataclass(frozen=True, slots=True)
class OptionField:
    """One setting as its form has it: a box, a choice, a secret, a number, or a text."""

    name: str
    title: str
    help: str
    look: str
    value: str
    is_ticked: bool
    is_needed: bool
    choices: tuple[Choice, ...]
    has_secret: bool


@dataclass(frozen=True, slots=True)
class FollowedLine:
    id: int
    external_name: str
    user_group: str


@dataclass(frozen=True, slots=True)
class AuthSourcePage:
    """The form of the settings posts each by its name, and `forget_` before that of a secret to forget it."""

    sections: tuple[Tab, ...]
    title: str
    about: str
    is_on: bool
    missing: str | None
    back: str | None
    """The address that the other site has to know, where there is one."""
    fields: tuple[OptionField, ...]
    followed: tuple[FollowedLine, ...]
    linked: str
    external_name: str
    user_group: str
    username: str
    subject: str
    unlinked: str
    error: str | None
    errors: Mapping[str, str]
    list_url: str
    save_url: str
    groups_url: str
    groups_delete_url: str
    people_url: str
    people_delete_url: str


def auth_source_page(urls: Urls, state: SourceState, typed: Typed, *, back: str, counted: int) -> AuthSourcePage:
    """The page of one source; `counted` is how many linked accounts are counted at most."""
    kind = state.kind
    values = typed.form if typed.is_settings else state.stored
    return AuthSourcePage(
        sections=admin_sections(urls, "auth"),
        title=one_line(kind.title),
        about=one_line(kind.about),
        is_on=state.is_on,
        missing=kind.missing(),
        back=one_line(back) if issubclass(kind, RedirectSource) else None,
        fields=tuple(_field(one, values, state.stored, is_typed=typed.is_settings) for one in options_of(kind.settings)),
        followed=tuple(FollowedLine(one.id, one_line(one.external_name), one_line(one.user_group)) for one in state.followed),
        linked=_linked(state.linked, counted),
        external_name=one_line(typed.form.get("external_name", "")),
        user_group=one_line(typed.form.get("user_group", "")),
        username=one_line(typed.form.get("username", "")),
        subject=one_line(typed.form.get("subject", "")),
        unlinked=one_line(typed.form.get("unlinked", "")),
        error=one_line(typed.error) if typed.error and not typed.errors else None,
        errors=shown_errors(typed.errors),
        list_url=urls.administration("auth"),
        save_url=urls.sign_in_source(kind.name),
        groups_url=urls.sign_in_part("groups", kind.name),
        groups_delete_url=urls.sign_in_part("groups/delete", kind.name),
        people_url=urls.sign_in_part("people", kind.name),
        people_delete_url=urls.sign_in_part("people/delete", kind.name),
    )


def _field(one: Option, values: Mapping[str, str], stored: Mapping[str, str], *, is_typed: bool) -> OptionField:
    default = one.text(one.default)
    value = values.get(one.name, "" if is_typed else default)
    look = "secret" if one.is_secret else "box" if one.kind is bool else "number" if one.kind is int else "text"
    return OptionField(
        name=one.name,
        title=one_line(one.title),
        help=one_line(one.help),
        look="choice" if one.choices else look,
        value="" if one.is_secret else one_line(value),
        is_ticked=one.kind is bool and (bool(value) if is_typed else value == YES),
        is_needed=one.is_needed,
        choices=choices(one.choices, value),
        has_secret=one.is_secret and bool(stored.get(one.name)),
    )


def _linked(number: int, limit: int) -> str:
    if number > limit:
        return f"More than {counted(limit)} people of it have an account here."
    return f"{counted(number)} of its people {'has' if number == 1 else 'have'} an account here."
