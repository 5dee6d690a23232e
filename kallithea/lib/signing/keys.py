"""Public keys of OpenPGP and certificates of X.509, as people paste them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from kallithea.lib.ssh_keys import BadKey

LONGEST_TEXT = 200_000
"""Characters of a key with what others signed of it."""
LONGEST_KEPT = 45_000
"""Bytes of a key with what it says of itself alone; in base64 they fit into the shortest text that databases have."""
LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 16_384
_BEGIN_PGP = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_BEGIN_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_ADDRESS = re.compile(r"(?:[^<>]*<([^<>\s@]+@[^<>\s@]+)>|([^<>\s@]+@[^<>\s@]+))")


class SigningFormat(str, Enum):
    OPENPGP = "OpenPGP"
    X509 = "X.509"


class Outcome(str, Enum):
    """What a key has to do with a signature."""

    GOOD = "good"
    EXPIRED = "expired"
    """The key made it, and has expired, or the signature itself."""
    REVOKED = "revoked"
    """The key made it, and was revoked."""
    BAD = "bad"
    """It says that this key made it, and it is not of this."""
    ANOTHER_KEY = "another key"
    UNCHECKED = "unchecked"
    """It cannot be found out on this machine, or not in time."""


@dataclass(frozen=True, slots=True)
class SigningKeyFacts:
    """A key that was found sound. `content` is the key in binary, `parts` are the ids by which signatures name it or a key
    below it (16 hexadecimal digits each; none for certificates), `addresses` the mail addresses that it says of itself, case
    folded. `expires` is None where it does not. `fault` says why it is of no use for signing any more; "": it is."""

    format: SigningFormat
    fingerprint: str
    content: bytes
    parts: tuple[str, ...]
    addresses: tuple[str, ...]
    owner: str
    algorithm: str
    bits: int
    expires: datetime | None
    fault: str = ""


def read_text(text: str, readers: Mapping[SigningFormat, Callable[[str], SigningKeyFacts]]) -> SigningKeyFacts:
    """The key or certificate in a text. Raises BadKey, which says why it is not taken, and NoProgram, TookTooLong."""
    if len(text) > LONGEST_TEXT:
        raise BadKey("This is too long for a public key.", hint="Try: gpg --export --armor --export-options export-minimal")
    if "PRIVATE KEY" in text:
        raise BadKey(
            "This is a private key, which nobody else should ever see. It was not kept.",
            hint="Paste what gpg --export --armor prints. Better make a new key: this one left your hands.",
        )
    if not text.isascii():
        raise BadKey("There are characters in this that no key has.")
    begins = [text.count(begin) for begin in (_BEGIN_PGP, _BEGIN_CERTIFICATE)]
    if begins == [1, 0]:
        return readers[SigningFormat.OPENPGP](text)
    if begins == [0, 1]:
        return readers[SigningFormat.X509](text)
    if sum(begins) > 1:
        raise BadKey("One key at a time, please.")
    raise BadKey(
        "This is neither a public key of OpenPGP nor a certificate.",
        hint="Paste what gpg --export --armor prints, or a certificate as PEM.",
    )


def address_in(owner: str) -> str:
    """The mail address in a user id such as `Ann <ann@example.com>`, case folded; "" where there is none."""
    found = _ADDRESS.fullmatch(owner.strip())
    return (found[1] or found[2]).casefold() if found else ""


def check_size(algorithm: str, bits: int) -> None:
    """Refuse what is too weak, or a burden. Raises BadKey."""
    least = LEAST_RSA_BITS if algorithm in ("RSA", "DSA") else 250
    if bits < least:
        raise BadKey(f"This key is too weak: {algorithm} with {bits} bits.", hint="Make a new one: gpg --quick-gen-key ADDRESS")
    if bits > MOST_RSA_BITS:
        raise BadKey(f"This key has {bits} bits, and {MOST_RSA_BITS} are the most that are taken.")


def check_kept(content: bytes) -> None:
    """Refuse what would not fit. Raises BadKey."""
    if len(content) > LONGEST_KEPT:
        raise BadKey(f"This key has {len(content):,} bytes, and {LONGEST_KEPT:,} are the most that are kept.")


def armoured(content: bytes, label: str) -> bytes:
    """Binary as PEM."""
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(content) + f"-----END {label}-----\n".encode()
