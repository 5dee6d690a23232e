"""Strict reading of query strings and forms into typed dataclasses.

A field `str` takes the last value given, `int` a whole number, `bool` the tick box (`True`, or any other usual word for yes).
Each may also be None, which says that it was left out.
What a dataclass does not name is ignored; what cannot be read is Invalid. Bytes that are no UTF-8 and NULs are Invalid too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints
from urllib.parse import parse_qsl

from kallithea.controllers.multipart import MULTIPART, parse_multipart
from kallithea.lib.errors import Invalid, TooLarge

T = TypeVar("T")

MAX_FORM = 1024 * 1024
"""Bytes of a form."""
MAX_FIELDS = 1000
FORM_TYPE = "application/x-www-form-urlencoded"

_YES = frozenset({"true", "1", "on", "yes"})
_NO = frozenset({"", "false", "0", "off", "no"})


def parse_pairs(raw: bytes) -> dict[str, str]:
    """The values of a query string or form by name, the last one where a name comes twice. Raises Invalid."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_FIELDS
        )
    except UnicodeDecodeError:
        raise Invalid("The text sent is not valid UTF-8.") from None
    except ValueError:
        raise Invalid(f"More than {MAX_FIELDS} values were sent.") from None
    if any("\0" in text for pair in pairs for text in pair):
        raise Invalid("The text sent has a NUL character.")
    return dict(pairs)


def parse_form(content_type: str, length: str | None, read: Any) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields of a posted form, and its files. Raises Invalid for other kinds of content, TooLarge for too much of it."""
    kind = content_type.partition(";")[0].strip().lower()
    if length in (None, "", "0") and not kind:
        return {}, {}
    if kind not in (FORM_TYPE, MULTIPART):
        raise Invalid("The form cannot be read.", hint=f"Send it as {FORM_TYPE}.")
    if length is None or not (length.isascii() and length.isdigit()):
        raise Invalid("The length of the form is missing.")
    # Thousands of digits are more than Python makes a number of.
    if len(length) > 15 or int(length) > MAX_FORM:
        raise TooLarge(f"A form has at most {MAX_FORM // 1024} KiB.")
    raw = read(int(length))
    if len(raw) < int(length):
        raise Invalid("The form did not arrive whole.", hint="Send it again.")
    return parse_multipart(content_type, raw) if kind == MULTIPART else (parse_pairs(raw), {})


@cache
def _hints(wanted: Any) -> Mapping[str, Any]:
    # There are as many as there are forms, and one takes longer to be understood than to be filled.
    return get_type_hints(wanted)


def read_into(wanted: type[T], values: Mapping[str, str]) -> T:
    """The dataclass filled from the values. Raises Invalid by field."""
    found: dict[str, Any] = {}
    hints = _hints(cast("Any", wanted))
    for field in dataclasses.fields(wanted):  # type: ignore[arg-type] # T is a dataclass by contract
        if field.name in values:
            found[field.name] = _converted(hints[field.name], values[field.name], field.name)
        elif field.default is dataclasses.MISSING:
            raise Invalid(f"The field {field.name} is missing.", fields={field.name: "This is needed."})
    return wanted(**found)


def written(form: Any) -> dict[str, str]:
    """What `read_into` makes the same dataclass of, for a form that asks once more."""
    values = dataclasses.asdict(form)
    return {name: str(value) for name, value in values.items() if value is not None}


def _converted(kind: Any, text: str, name: str) -> str | int | bool:
    kind = next((one for one in get_args(kind) if one is not type(None)), kind)
    if kind is str:
        return text
    if kind is int:
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        raise Invalid(f"{name} must be a whole number.", fields={name: "Give a whole number."})
    if kind is bool:
        if text.lower() in _YES:
            return True
        if text.lower() in _NO:
            return False
        raise Invalid(f"{name} must be True or left out.", fields={name: "Tick it or not."})
    raise TypeError(f"{name}: a field of a form is str, int or bool")
