"""Reads what an hg or git client shows to prove who it is (RFC 7617), without any input or output."""

from __future__ import annotations

import base64
import binascii

from kallithea.lib.errors import Unauthenticated
from kallithea.services.actors import NamePassword, NoCredentials, Proof


def proof(authorization: str | None) -> Proof:
    """What the header Authorization shows; nothing for no header. Raises Unauthenticated for one that cannot be read."""
    if authorization is None:
        return NoCredentials()
    scheme, _, given = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated("Sign in with a user name and a password.")
    try:
        raw = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable() from None
    name, colon, password = _decoded(raw).partition(":")
    if not colon or not name or not name.isprintable() or "\0" in password:
        raise _unreadable()
    return NamePassword(name, password)


def _decoded(raw: bytes) -> str:
    """UTF-8 as we ask for; clients that do not listen send latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _unreadable() -> Unauthenticated:
    return Unauthenticated("The user name and password that were sent cannot be read.")
