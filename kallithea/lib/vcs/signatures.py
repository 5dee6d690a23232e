"""Recognises cryptographic signatures: in which format they are and which key they name. `verifying.py` checks those of SSH."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

LONGEST = 100_000
"""Bytes of a signature that are looked at; certificates make X.509 ones the longest, some kilobytes."""
MOST_SIGNED = 10 << 20
"""Bytes of a commit or tag that are checked."""
_ARMOUR = re.compile(rb"-----BEGIN (PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE|PKCS7)-----\r?\n")
_END = b"-----END "
_SIGNATURE_PACKET = 2
_ISSUER_KEY_ID, _ISSUER_FINGERPRINT = 16, 33


class SignatureFormat(str, Enum):
    OPENPGP = "OpenPGP"
    SSH = "SSH"
    X509 = "X.509"


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed, and the signature: of SSH in its armour, else in binary."""

    payload: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class KeySignature:
    """That somebody signed with a key. `key` is how programs name it (a fingerprint, or the key id of OpenPGP): the
    signature itself says so. `tag` is the tag that was signed, None for the commit itself. `is_good` says whether that key made
    it of just this; None: nobody checked, and whoever knows the key can check `signed`. `address` is the mail address of who
    committed or tagged, as written there."""

    format: SignatureFormat
    key: str | None
    tag: str | None = None
    is_good: bool | None = None
    address: str = ""
    signed: Signed | None = field(default=None, compare=False, repr=False)

    @property
    def is_for_owners(self) -> bool:
        """Whether what it is worth depends on who has which key."""
        return bool(self.is_good) or self.signed is not None


_FORMATS = {
    b"PGP SIGNATURE": SignatureFormat.OPENPGP,
    b"PGP MESSAGE": SignatureFormat.OPENPGP,
    b"SSH SIGNATURE": SignatureFormat.SSH,
    b"SIGNED MESSAGE": SignatureFormat.X509,
    b"PKCS7": SignatureFormat.X509,
}


def recognised(armoured: bytes, *, tag: str | None = None) -> KeySignature | None:
    """The signature in its armour of text, None for what is none; a key that cannot be made out is None."""
    begin = _ARMOUR.search(armoured[:LONGEST])
    if begin is None:
        return None
    text, end, _ = armoured[begin.end() : begin.end() + LONGEST].partition(_END)
    found = _FORMATS[begin[1]]
    return KeySignature(found, _key(found, _unarmoured(text)) if end else None, tag)


def of_hg(encoded: bytes) -> KeySignature:
    """The signature that hg's extension gpg keeps: OpenPGP, in base64 alone."""
    return KeySignature(SignatureFormat.OPENPGP, _key(SignatureFormat.OPENPGP, _decoded(encoded[:LONGEST])))


def checkable(signature: KeySignature, raw: bytes, payload: bytes | None) -> KeySignature:
    """A signature in binary, made ready for who has keys. `payload` is None for what it cannot be of; that, and what is not
    just one signature, is bad without asking."""
    if payload is None or not raw or (signature.format is SignatureFormat.OPENPGP and not _is_one_packet(raw)):
        return replace(signature, is_good=False)
    if len(raw) > LONGEST or len(payload) > MOST_SIGNED:
        return signature
    return replace(signature, signed=Signed(payload, raw))


def binary(armoured: bytes) -> bytes:
    """What is in the armour; empty where it is damaged."""
    begin = _ARMOUR.search(armoured[:LONGEST])
    text, end, _ = armoured[begin.end() : begin.end() + LONGEST].partition(_END) if begin else (b"", b"", b"")
    return _unarmoured(text) if end else b""


def decoded(encoded: bytes) -> bytes:
    """Base64; empty where it is damaged."""
    return _decoded(encoded[:LONGEST])


def _unarmoured(text: bytes) -> bytes:
    # Headers such as `Version: 1` come first, and OpenPGP puts a check sum at the end.
    lines = [line.strip() for line in text.split(b"\n")]
    return _decoded(b"".join(line for line in lines if b":" not in line and not line.startswith(b"=")))


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _key(found: SignatureFormat, raw: bytes) -> str | None:
    try:
        if found is SignatureFormat.SSH:
            return _ssh_key(raw)
        return _openpgp_key(raw) if found is SignatureFormat.OPENPGP else None
    except (IndexError, ValueError):
        return None


def _ssh_key(raw: bytes) -> str:
    """The fingerprint as `ssh-keygen -l` prints it (OpenSSH's PROTOCOL.sshsig)."""
    if not raw.startswith(b"SSHSIG"):
        raise ValueError("not an SSH signature")
    length = int.from_bytes(raw[10:14], "big")
    key = raw[14 : 14 + length]
    if not key or len(key) < length:
        raise ValueError("cut off")
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def _openpgp_key(raw: bytes) -> str | None:
    """The fingerprint of the key, or its id where only that is told (RFC 9580, section 5.2)."""
    body = _signature_packet(raw)
    if body[0] == 3:
        return _hex(body[7:15], 8)
    width = 4 if body[0] == 6 else 2
    hashed_end = 4 + width + int.from_bytes(body[4 : 4 + width], "big")
    unhashed = body[hashed_end + width : hashed_end + width + int.from_bytes(body[hashed_end : hashed_end + width], "big")]
    told = [*_subpackets(body[4 + width : hashed_end]), *_subpackets(unhashed)]
    fingerprint = next((value[1:] for kind, value in told if kind == _ISSUER_FINGERPRINT and len(value) in (21, 33)), None)
    if fingerprint is not None:
        return _hex(fingerprint, len(fingerprint))
    return next((_hex(value, 8) for kind, value in told if kind == _ISSUER_KEY_ID and len(value) == 8), None)


def _is_one_packet(raw: bytes) -> bool:
    """Whether this is one signature and nothing else: of several nobody could say which one counts, and a message that has what
    it signs in it would be a signature of that."""
    try:
        start, length = _packet(raw)
    except (IndexError, ValueError):
        return False
    return start + length == len(raw)


def _signature_packet(raw: bytes) -> bytes:
    start, length = _packet(raw)
    return raw[start : start + length]


def _packet(raw: bytes) -> tuple[int, int]:
    """Where the body of the first packet begins, and its length. Raises ValueError for what is no signature."""
    head = raw[0]
    if head & 0x40:
        kind, (length, start) = head & 0x3F, _length(raw, 1)
    else:
        kind, width = head >> 2 & 0x0F, 1 << (head & 3)
        length, start = int.from_bytes(raw[1 : 1 + width], "big"), 1 + width
    if not head & 0x80 or kind != _SIGNATURE_PACKET or len(raw) < start + length or not length:
        raise ValueError("not an OpenPGP signature")
    return start, length


def _subpackets(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(raw):
        length, start = _length(raw, at)
        if length < 1:
            return
        yield raw[start] & 0x7F, raw[start + 1 : start + length]
        at = start + length


def _length(raw: bytes, at: int) -> tuple[int, int]:
    """A length of one, two or five bytes, and where it ends."""
    first = raw[at]
    if first < 192:
        return first, at + 1
    if first < 255:
        return (first - 192 << 8) + raw[at + 1] + 192, at + 2
    return int.from_bytes(raw[at + 1 : at + 5], "big"), at + 5


def _hex(raw: bytes, length: int) -> str:
    if len(raw) != length:
        raise ValueError("cut off")
    return raw.hex().upper()
