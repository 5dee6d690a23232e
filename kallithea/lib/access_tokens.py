"""Access tokens as texts: a prefix that says of whom, 160 random bits, and a checksum.

`kal_` begins the token of a person, `kald_` a deploy token. With the checksum a mistyped token is refused without a look-up,
and programs that search for leaked secrets recognise a whole one. It protects nothing else: anybody can compute it.
"""

from __future__ import annotations

import re
import secrets
import zlib
from base64 import b32encode
from enum import Enum

from kallithea.lib.tokens import signed

RANDOM_BYTES = 20
LONGEST = 50
"""Characters; what is longer is no token, whatever it begins with."""


class TokenKind(str, Enum):
    """Whose token it is, by how it begins."""

    PERSON = "kal_"
    REPOSITORY = "kald_"


_WHOLE = re.compile(r"(kald?_)([a-z2-7]{32})([a-z2-7]{7})")
_LIKE_ONE = re.compile(r"(kald?_)[a-z2-7]{8,}")


def new_access_token(kind: TokenKind) -> str:
    """A token nobody can guess, without characters that addresses or shells would have to quote."""
    beginning = kind.value + _letters(secrets.token_bytes(RANDOM_BYTES))
    return beginning + _checksum(beginning)


def begins_as_token(text: str) -> bool:
    """Whether a text is meant as a token, right or wrong: then it is never tried as a password."""
    return text.startswith(tuple(kind.value for kind in TokenKind))


def token_kind(text: str) -> TokenKind | None:
    """Whose token the text is; None for what was never given out, such as one that was mistyped."""
    found = _WHOLE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None or _checksum(found[1] + found[2]) != found[3]:
        return None
    return TokenKind(found[1])


def has_token(text: str) -> bool:
    """Whether a token stands somewhere in the text, such as in a query string."""
    return "kal" in text and any(token_kind(found[0]) for found in _WHOLE.finditer(text))


def without_tokens(text: str) -> str:
    """The text with whatever could be a token, right or wrong, told by its first letters alone."""
    return _LIKE_ONE.sub(r"\1***", text)


def stored_hash(secret: str, token: str) -> str:
    """What the database keeps of a token, 64 hex digits.

    With the secret of the instance in it: who can write to the database alone cannot make a token. It need not be slow, as
    nobody can try 160 bits.
    """
    return signed(secret, "access token", token)


def _checksum(text: str) -> str:
    return _letters(zlib.crc32(text.encode()).to_bytes(4, "big"))


def _letters(raw: bytes) -> str:
    return b32encode(raw).decode("ascii").rstrip("=").lower()
