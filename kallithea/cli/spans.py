"""Spans of time as options of commands write them."""

from __future__ import annotations

import re
from datetime import timedelta

from kallithea.lib.errors import Invalid

UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def span(text: str) -> timedelta:
    """The span of `30d`, `12h`, `5m` or `10s`. Raises Invalid."""
    said = re.fullmatch(r"(\d{1,6})([dhms])", text, re.ASCII)
    if said is None:
        raise Invalid(f"{text} is not a time.", hint="Write a number and d, h, m or s, such as 30d.")
    return timedelta(**{UNITS[said[2]]: int(said[1])})
