"""ID tokens (OpenID Connect Core 1.0, section 3.1.3.7): whether one is the provider's, for us, of now, and for this browser."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, TypeGuard

from kallithea.lib.sign_in.sources import SignInRefused
from kallithea.lib.tokens import same

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with a key that the provider alone has. Never `none`, and never HS256: its key would be one that we publish."""
CLOCKS_DIFFER = 60
"""Seconds."""
LONGEST_TOKEN = 100_000
OLDEST = 600
"""Seconds since a token was issued: it comes straight from the provider."""


def checked_claims(
    token: str, *, keys: Mapping[str, Any], issuer: str, audience: str, nonce: str, now: float | None = None
) -> dict[str, Any]:
    """What an ID token says. Raises SignInRefused where anything about it is not as it should be."""
    claims = _signed_claims(token, keys)
    reason = _why_not(claims, issuer=issuer, audience=audience, nonce=nonce, now=time.time() if now is None else now)
    if reason:
        raise _refused(reason)
    return claims


def _signed_claims(token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if not 0 < len(token) <= LONGEST_TOKEN:
        raise _refused("there is none")
    try:
        # Keys for signatures only; a set may have others, and a symmetric one would verify what anybody can make.
        usable = [key for key in keys["keys"] if key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")]
        return dict(jwt.decode(token, KeySet.import_key_set({"keys": usable}), algorithms=[*ALGORITHMS]).claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused(f"{type(error).__name__} {error}") from error


def _why_not(claims: Mapping[str, Any], *, issuer: str, audience: str, nonce: str, now: float) -> str | None:
    said = claims.get("aud")
    audiences = said if isinstance(said, list) else [said]
    until, since, begins = (claims.get(name) for name in ("exp", "iat", "nbf"))
    checks = (
        ("iss", claims.get("iss") == issuer),
        ("aud", audience in audiences),
        # Where it is for several, it says to whom it was given.
        ("azp", claims.get("azp", audience if len(audiences) == 1 else None) == audience),
        ("exp", is_moment(until) and now < until + CLOCKS_DIFFER),
        ("iat", is_moment(since) and -OLDEST < since - now < CLOCKS_DIFFER),
        ("nbf", begins is None or (is_moment(begins) and begins < now + CLOCKS_DIFFER)),
        ("nonce", isinstance(claims.get("nonce"), str) and bool(nonce) and same(claims["nonce"], nonce)),
        ("sub", isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255 and claims["sub"].isprintable()),
    )
    return next((f"its {name} is not as it should be" for name, holds in checks if not holds), None)


def is_moment(value: object) -> TypeGuard[float]:
    """Whether a claim is a NumericDate (RFC 7519, section 2)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refused(reason: str) -> SignInRefused:
    log.warning("An ID token was refused: %s", reason)
    return SignInRefused("What the other site said of you cannot be believed.", hint="Begin again, or tell an administrator.")
