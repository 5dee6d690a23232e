"""Short secrets that the database keeps and only this instance can read (ADR 0040)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

MOST = 32
"""Bytes that one seal takes: as many as one HMAC-SHA-256 hides."""
_NONCE = 16
_TAG = 32


def seal(key: str, purpose: str, plain: bytes) -> str:
    """The secret, hidden and signed under a key, for one purpose: only `opened` with both gives it back."""
    if len(plain) > MOST:
        raise ValueError(f"at most {MOST} bytes can be sealed")
    nonce = secrets.token_bytes(_NONCE)
    hidden = _hidden(key, purpose, nonce, plain)
    return base64.urlsafe_b64encode(nonce + hidden + _tag(key, purpose, nonce + hidden)).decode("ascii")


def opened(key: str, purpose: str, sealed: str) -> bytes | None:
    """The secret; None for what was not sealed with this key and for this purpose, or was changed."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    body, tag = raw[:-_TAG], raw[-_TAG:]
    if not _NONCE <= len(body) <= _NONCE + MOST or not hmac.compare_digest(tag, _tag(key, purpose, body)):
        return None
    return _hidden(key, purpose, body[:_NONCE], body[_NONCE:])


def _hidden(key: str, purpose: str, nonce: bytes, text: bytes) -> bytes:
    # A pad that nobody else can compute and that is never used twice; applied twice, it gives the text back.
    pad = hmac.new(_key(key, "hide"), purpose.encode() + b"\0" + nonce, hashlib.sha256).digest()
    return bytes(a ^ b for a, b in zip(text, pad, strict=False))


def _tag(key: str, purpose: str, body: bytes) -> bytes:
    return hmac.new(_key(key, "sign"), purpose.encode() + b"\0" + body, hashlib.sha256).digest()


def _key(key: str, use: str) -> bytes:
    return hmac.new(key.encode(), f"sealing {use}".encode(), hashlib.sha256).digest()
