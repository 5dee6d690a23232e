"""Certificates, and the signatures of CMS (RFC 5652) that are made with them, by openssl. Who added a certificate to their
account trusts it; authorities are not asked."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timezone

from kallithea.lib.signing.keys import (
    Outcome,
    SigningFormat,
    SigningKeyFacts,
    address_in,
    armoured,
    check_kept,
    check_size,
)
from kallithea.lib.signing.programs import Ended, run
from kallithea.lib.ssh_keys import BadKey

PROGRAM = "openssl"
MOST_ADDRESSES = 50
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_BITS = re.compile(rb"(?P<kind>RSA |ED25519 |ED448 |)Public-Key:(?: \((?P<bits>\d+) bit\))?")
_NOT_AFTER = re.compile(r"notAfter=([A-Z][a-z]{2}) +(\d+) (\d+):(\d+):(\d+) (\d+) GMT")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OF_ANOTHER = b"signer certificate not found"


def read_certificate(text: str) -> SigningKeyFacts:
    """The certificate in this text. Raises BadKey, NoProgram, TookTooLong."""
    content = _content(text)
    check_kept(content)
    names = _asked(content, "-noout", "-subject", "-nameopt", "oneline,utf8,esc_ctrl,-esc_msb")
    addresses = _asked(content, "-noout", "-email").split("\n")[:MOST_ADDRESSES]
    algorithm, bits = _strength(_asked(content, "-noout", "-pubkey").encode())
    check_size(algorithm, bits)
    return SigningKeyFacts(
        format=SigningFormat.X509,
        fingerprint=hashlib.sha256(content).hexdigest().upper(),
        content=content,
        parts=(),
        addresses=tuple(dict.fromkeys(filter(None, map(address_in, addresses)))),
        owner=names.partition("=")[2].strip(),
        algorithm=algorithm,
        bits=bits,
        expires=_not_after(_asked(content, "-noout", "-enddate")),
    )


def check_x509(certificate: bytes, signature: bytes, payload: bytes) -> Outcome:
    """What this certificate has to do with this signature, in DER or BER, expired or not. Raises NoProgram, TookTooLong."""
    files = {"key": armoured(certificate, "CERTIFICATE"), "signature": signature, "payload": payload}
    # Certificates that the signature brings along count for nothing (-nointern), so no chain has to be followed (-noverify).
    what = ("cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "payload", "-out", "unused")
    done = run(PROGRAM, *what, "-certfile", "key", "-nointern", "-noverify", files=files)
    if done.status == 0:
        return Outcome.GOOD
    return Outcome.ANOTHER_KEY if _OF_ANOTHER in done.told else Outcome.BAD


def _content(text: str) -> bytes:
    found = _CERTIFICATE.search(text)
    try:
        if found is None:
            raise ValueError("no certificate")
        return base64.b64decode("".join(found[1].split()), validate=True)
    except ValueError:
        raise _damaged() from None


def _asked(certificate: bytes, *arguments: str) -> str:
    done: Ended = run(PROGRAM, "x509", "-inform", "DER", "-in", "given", *arguments, files={"given": certificate})
    if done.status != 0:
        raise _damaged()
    return done.out.decode("utf-8", "replace")


def _strength(public: bytes) -> tuple[str, int]:
    told = run(PROGRAM, "pkey", "-pubin", "-in", "given", "-noout", "-text_pub", files={"given": public}).out
    found = _BITS.search(told)
    kind = found["kind"].decode().strip().capitalize() if found else ""
    if found and kind.startswith("Ed"):
        return kind, int(kind[2:])
    if not found or not found["bits"]:
        raise BadKey("This kind of key is not taken.", hint="Taken are RSA, elliptic curves, Ed25519 and Ed448.")
    algorithm = "RSA" if b"Modulus:" in told else "ECDSA" if b"ASN1 OID:" in told else "DSA"
    return algorithm, int(found["bits"])


def _not_after(text: str) -> datetime:
    found = _NOT_AFTER.match(text)
    if found is None:
        raise _damaged()
    day, hour, minute, second, year = (int(number) for number in found.groups()[1:])
    return datetime(year, _MONTHS.index(found[1]) + 1, day, hour, minute, second, tzinfo=timezone.utc)


def _damaged() -> BadKey:
    return BadKey("This certificate is damaged or not whole.", hint="Paste the certificate alone, as PEM.")
