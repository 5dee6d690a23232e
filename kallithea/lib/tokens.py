"""Random tokens: the visitor has the token, the database only its hash."""

import hashlib
import hmac
import secrets


def new_token() -> str:
    """A token nobody can guess: 256 bits, safe in URLs and cookies."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token: SHA-256, 64 hex digits. A random token needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def signed(secret: str, purpose: str, text: str) -> str:
    """A signature over a text that only the holder of the secret can make, bound to one purpose."""
    return hmac.new(secret.encode(), f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def same(a: str, b: str) -> bool:
    """Compare in a time that does not tell where two texts differ."""
    return hmac.compare_digest(a.encode("utf-8", "replace"), b.encode("utf-8", "replace"))


def masked(token: str) -> str:
    """A signature in another disguise each time, so that what many answers have in common does not tell it (BREACH)."""
    plain = bytes.fromhex(token)
    pad = secrets.token_bytes(len(plain))
    return (pad + _mixed(plain, pad)).hex()


def unmasked(text: str) -> str:
    """The signature that `masked` disguised; the empty text for what it never gave out."""
    try:
        mixed = bytes.fromhex(text)
    except ValueError:
        return ""
    half = len(mixed) // 2
    return _mixed(mixed[:half], mixed[half:]).hex() if len(mixed) == 2 * half else ""


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
