"""Settings that a source of sign-ins declares: typed, with one line of help; pages and storage are made from the declaration.

@dataclass(frozen=True)
class Settings:
    host: str = option("Server", "The name of the server.", default="", needed=True)
    password: str = option("Password", "What it wants to hear.", default="", secret=True)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_type_hints

from kallithea.lib.errors import Invalid

T = TypeVar("T")
S = TypeVar("S")

LONGEST = 2000
"""Characters of a value."""

YES, NO = "true", "false"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as it is declared. `choices` are the values that it may have, each with its words."""

    name: str
    kind: type
    title: str
    help: str
    default: str | int | bool
    is_secret: bool
    is_needed: bool
    choices: tuple[tuple[str, str], ...]
    limits: tuple[int, int] | None
    check: Callable[[str], str | None] | None

    def text(self, value: str | int | bool) -> str:
        """The value as it is stored and shown."""
        return (YES if value else NO) if self.kind is bool else str(value)


def option(
    title: str,
    help_line: str,
    *,
    default: T,
    secret: bool = False,
    needed: bool = False,
    choices: tuple[tuple[str, str], ...] = (),
    limits: tuple[int, int] | None = None,
    check: Callable[[str], str | None] | None = None,
) -> T:
    """Declare one field of a settings class.

    `needed` must not stay empty, `limits` are those of a number, and `check` returns what is wrong with a text, or None.
    """
    declared = {"title": title, "help": help_line, "secret": secret, "needed": needed, "choices": choices}
    return dataclasses.field(default=default, repr=not secret, metadata={**declared, "limits": limits, "check": check})


def options_of(settings: type) -> tuple[Option, ...]:
    """What a settings class declares, in its order."""
    hints = get_type_hints(settings)
    return tuple(
        Option(
            name=field.name,
            kind=hints[field.name],
            title=field.metadata["title"],
            help=field.metadata["help"],
            default=cast("str | int | bool", field.default),
            is_secret=field.metadata["secret"],
            is_needed=field.metadata["needed"],
            choices=field.metadata["choices"],
            limits=field.metadata["limits"],
            check=field.metadata["check"],
        )
        for field in dataclasses.fields(settings)
    )


def read_options(settings: type[S], values: Mapping[str, str]) -> S:
    """The settings filled from texts; what is left out has its default. Raises Invalid by field."""
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for one in options_of(settings):
        try:
            found[one.name] = _read(one, values[one.name].strip()) if one.name in values else one.default
            _check(one, found[one.name])
        except ValueError as error:
            wrong[one.name] = str(error)
    if wrong:
        raise Invalid("Some settings cannot be used.", fields=wrong)
    return settings(**found)


def _read(one: Option, text: str) -> str | int | bool:
    if one.kind is bool:
        if text not in (YES, NO):
            raise ValueError("Tick it or not.")
        return text == YES
    if one.kind is int:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValueError("Give a whole number.")
        return int(text)
    return text


def _check(one: Option, value: str | int | bool) -> None:
    """Raises ValueError with what is wrong."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        lowest, highest = one.limits or (0, 10**9)
        if not lowest <= value <= highest:
            raise ValueError(f"Give a number from {lowest} to {highest}.")
        return
    if one.is_needed and not value:
        raise ValueError("This is needed.")
    if len(value) > LONGEST:
        raise ValueError(f"At most {LONGEST} characters.")
    if not value.isprintable():
        raise ValueError("It has characters that cannot be shown.")
    if one.choices and value not in dict(one.choices):
        raise ValueError("Choose one of them.")
    if value and one.check and (reason := one.check(value)):
        raise ValueError(reason)
