"""What a browser keeps while it is at another site to sign in: signed, short-lived, and good for one return."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from kallithea.lib.tokens import same, signed

PURPOSE = "sign-in elsewhere"
LASTS = 600
"""Seconds that one may stay at the other site."""
LONGEST_WAY_BACK = 1500
"""Characters of the address that one came from; browsers keep cookies of 4,096."""


@dataclass(frozen=True, slots=True)
class Away:
    """A browser on its way: to which source, where it goes afterwards, and what the source has to know then."""

    source: str
    came_from: str
    kept: Mapping[str, str]


def packed(secret: str, away: Away, *, now: float | None = None) -> str:
    """The value of the cookie."""
    came_from = away.came_from if len(away.came_from) <= LONGEST_WAY_BACK else ""
    until = int(time.time() if now is None else now) + LASTS
    text = json.dumps([away.source, came_from, dict(away.kept), until], separators=(",", ":"))
    encoded = base64.urlsafe_b64encode(text.encode()).decode("ascii")
    return f"{encoded}.{signed(secret, PURPOSE, encoded)}"


def unpacked(secret: str, cookie: str, source: str, *, now: float | None = None) -> Away | None:
    """What is in a cookie of ours for a source; None for any other, and for one that is too old."""
    encoded, _, signature = cookie.partition(".")
    if not same(signature, signed(secret, PURPOSE, encoded)):
        return None
    try:
        name, came_from, kept, until = json.loads(base64.urlsafe_b64decode(encoded))
    except (binascii.Error, ValueError):
        return None
    if name != source or until < (time.time() if now is None else now):
        return None
    return Away(name, came_from, kept)
