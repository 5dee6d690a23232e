"""What a trusted proxy said of who asks, on its way from the edge to where it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VOUCHED = "kallithea.vouched"
"""Where it is in a WSGI environment: a name that no client can write."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """That a trusted proxy calls whoever asks `user`; `headers` are all of the request, by names in small letters."""

    user: str
    headers: Mapping[str, str]


def vouched_in(environ: Mapping[str, Any]) -> Vouched | None:
    """What the edge of this server put into the environment of a request."""
    found = environ.get(VOUCHED)
    return found if isinstance(found, Vouched) else None
