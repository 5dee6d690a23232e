"""Codes of authenticator apps: six digits that change every half minute (RFC 6238, with SHA-1 as all apps have it)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

STEP = 30
"""Seconds that a code is shown."""
DIGITS = 6
DRIFT = 1
"""Steps by which the clock of a phone may be wrong, either way."""


def new_secret() -> bytes:
    """What app and server share: 160 bits, as RFC 4226 recommends."""
    return secrets.token_bytes(20)


def code_at(secret: bytes, step: int) -> str:
    """The code of one step since 1970."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The step to which a code belongs, if it is one of now; in a time that does not tell which digits are right."""
    here = int(now.timestamp()) // STEP
    found = None
    for step in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "replace")):
            found = step
    return found


def shown(secret: bytes) -> str:
    """The secret as people type it into an app."""
    text = base64.b32encode(secret).decode("ascii").rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, *, account: str, issuer: str) -> str:
    """What the picture for the camera of a phone says."""
    # A colon parts issuer and account in the label.
    label = quote(f"{issuer.replace(':', ' ')}:{account}", safe=":")
    return f"otpauth://totp/{label}?" + urlencode({"secret": shown(secret).replace(" ", ""), "issuer": issuer}, quote_via=quote)
