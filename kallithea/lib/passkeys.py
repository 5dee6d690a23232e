"""Passkeys as browsers and servers speak of them (WebAuthn level 3), without any input or output.

What is asked for is written here; what comes back is checked by py_webauthn, the extra `[passkeys]`, which is imported when the
first one is checked.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

LONGEST = 16 * 1024
"""Letters of what a browser sends; real ones have one or two thousand."""
PATIENCE = 5 * 60 * 1000
"""Milliseconds that a browser gives a person to find the key."""
ALGORITHMS = (-7, -8, -257)
"""Kinds of keys as COSE numbers them, the one liked best first: ES256, Ed25519, RS256."""
TRANSPORTS = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})


class PasskeyRefused(ValueError):
    """What a browser sent proves nothing; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Party:
    """The site as passkeys know it: they work at this origin alone, and are kept under the host name `id`."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What is kept of a passkey to check what it signs."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser sent, read but not checked: which key it claims to be, and which challenge it claims to have signed."""

    text: str
    credential_id: bytes
    challenge: str
    handle: str | None


@lru_cache(maxsize=1)
def is_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("webauthn") is not None


def party_of(canonical_url: str, *, name: str) -> Party | None:
    """The site at an address; None where browsers offer no passkeys: without https, but for localhost, and by a number."""
    parts = urlsplit(canonical_url)
    host = parts.hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    if not host or _is_number(host) or not (parts.scheme == "https" or is_local):
        return None
    host = host if host.isascii() else host.encode("idna").decode("ascii")
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return Party(host, name, f"{parts.scheme}://{host}{port}")


def creation_options(party: Party, *, handle: str, account: str, challenge: str, known: Sequence[KnownKey]) -> str:
    """What a script hands to `navigator.credentials.create`, as JSON; devices that have one of `known` are left out."""
    return json.dumps(
        {
            "rp": {"id": party.id, "name": party.name},
            "user": {"id": _text(bytes.fromhex(handle)), "name": account, "displayName": account},
            "challenge": _text(challenge.encode("ascii")),
            "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
            "timeout": PATIENCE,
            "excludeCredentials": _descriptors(known),
            "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
            "attestation": "none",
        }
    )


def request_options(party: Party, *, challenge: str, known: Sequence[KnownKey] = (), is_first_factor: bool = False) -> str:
    """What a script hands to `navigator.credentials.get`, as JSON; without `known`, the device says which account it is."""
    return json.dumps(
        {
            "rpId": party.id,
            "challenge": _text(challenge.encode("ascii")),
            "timeout": PATIENCE,
            "allowCredentials": _descriptors(known),
            "userVerification": "required" if is_first_factor else "preferred",
        }
    )


def read(text: str) -> Shown:
    """What a browser sent, so far that one knows which key and which challenge to check it with. Raises PasskeyRefused."""
    if len(text) > LONGEST:
        raise PasskeyRefused("too long")
    try:
        sent = json.loads(text)
        response = sent["response"]
        client = json.loads(_bytes(response["clientDataJSON"]))
        handle = response.get("userHandle")
        return Shown(
            text=text,
            credential_id=_bytes(sent["rawId"]),
            challenge=_bytes(client["challenge"]).decode("ascii"),
            handle=_bytes(handle).hex() if handle else None,
        )
    # JSON of any shape: what is no object has no keys, and very deep lists end the parser.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PasskeyRefused(f"unreadable: {type(error).__name__}") from None


def checked_new(shown: Shown, party: Party) -> KnownKey:
    """The new passkey that a browser made for `shown.challenge`, which must be known to be ours. Raises PasskeyRefused."""
    import webauthn
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    verified = _verified(
        webauthn.verify_registration_response,
        credential=shown.text,
        expected_challenge=shown.challenge.encode("ascii"),
        expected_rp_id=party.id,
        expected_origin=party.origin,
        supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
    )
    told = json.loads(shown.text)["response"].get("transports")
    transports = tuple(word for word in told if word in TRANSPORTS) if isinstance(told, list) and len(told) < 20 else ()
    return KnownKey(verified.credential_id, verified.credential_public_key, verified.sign_count, transports)


def checked(shown: Shown, party: Party, key: KnownKey, *, is_first_factor: bool) -> int:
    """The new sign count of a key that signed `shown.challenge`, which must be known to be ours. Raises PasskeyRefused.

    As first factor the device must have made sure who holds it, by a PIN or a finger.
    """
    import webauthn

    verified = _verified(
        webauthn.verify_authentication_response,
        credential=shown.text,
        expected_challenge=shown.challenge.encode("ascii"),
        expected_rp_id=party.id,
        expected_origin=party.origin,
        credential_public_key=key.public_key,
        credential_current_sign_count=key.sign_count,
        require_user_verification=is_first_factor,
    )
    return int(verified.new_sign_count)


def _verified(verify: Any, **given: Any) -> Any:
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify(**given)
    except WebAuthnException as error:
        raise PasskeyRefused(str(error)) from error
    # The library reads what the browser sent before it knows its shape.
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise PasskeyRefused(f"unreadable: {type(error).__name__}") from error


def _descriptors(known: Sequence[KnownKey]) -> list[dict[str, Any]]:
    return [{"type": "public-key", "id": _text(key.credential_id), "transports": list(key.transports)} for key in known]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
