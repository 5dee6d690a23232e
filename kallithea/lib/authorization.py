"""Reads the header Authorization (RFC 7617, RFC 6750), without any input or output."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

LONGEST = 16_384
"""Characters of a header: a name and a password of a thousand letters, and to spare."""


@dataclass(frozen=True, slots=True)
class Basic:
    """A name, which may be empty, and a password."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Something that opens by itself."""

    token: str = field(repr=False)


def read_authorization(header: str) -> Basic | Bearer | None:
    """What the header shows; None for a scheme that is none of these. Raises ValueError for what cannot be read."""
    scheme, _, given = header.strip().partition(" ")
    if len(header) > LONGEST:
        raise ValueError("too long")
    if scheme.lower() == "bearer":
        return Bearer(given.strip())
    return _basic(given.strip()) if scheme.lower() == "basic" else None


def _basic(given: str) -> Basic:
    name, colon, password = _decoded(base64.b64decode(given, validate=True)).partition(":")
    if not colon or (name and not name.isprintable()) or "\0" in password:
        raise ValueError("no name and password")
    return Basic(name, password)


def _decoded(raw: bytes) -> str:
    """UTF-8 as we ask for; clients that do not listen send latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
