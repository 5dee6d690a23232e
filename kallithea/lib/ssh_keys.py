"""Public keys of SSH: read strictly from their text and their wire format (RFC 4253, section 6.6; RFC 5656; RFC 8709; OpenSSH's
PROTOCOL.u2f), so that nothing gets into a file or a command line of sshd that is not a key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kallithea.lib.errors import Invalid
from kallithea.lib.visible import HIDDEN

LONGEST_TEXT = 16_384
"""Characters of a key with its comment; an RSA key of 16,384 bits has less than 3,000."""
LONGEST_COMMENT = 100
LEAST_RSA_BITS = 3072
MOST_RSA_BITS = 16_384
"""As many as OpenSSH takes (SSHBUF_MAX_BIGNUM)."""
MOST_EXPONENT_BITS = 64

FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
"""As ssh-keygen and the %f of sshd_config(5) write it."""


class BadKey(Invalid):
    """What was given is no public key that is taken here."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that was found sound; `comment` is what its owner calls it, fit to be shown on one line."""

    algorithm: str
    blob: bytes
    comment: str
    bits: int

    @property
    def base64(self) -> str:
        return base64.b64encode(self.blob).decode("ascii")

    @property
    def line(self) -> str:
        """The key as authorized_keys has it, without its comment."""
        return f"{self.algorithm} {self.base64}"

    @property
    def fingerprint(self) -> str:
        """`SHA256:` and 43 characters."""
        return fingerprint_of(self.blob)


def fingerprint_of(blob: bytes) -> str:
    """How OpenSSH names a key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def parse(text: str) -> PublicKey:
    """The key in the text of a `.pub` file. Raises BadKey, which says why it is not taken."""
    if len(text) > LONGEST_TEXT:
        raise BadKey("This is too long for a public key.")
    line = text.strip(" \t\r\n")
    _refuse_other_things(line)
    algorithm, _, rest = line.partition(" ")
    if algorithm not in _READERS:
        raise _unknown(algorithm, rest)
    encoded, _, comment = rest.lstrip(" ").partition(" ")
    blob = _decoded(encoded)
    fields = _Fields(blob)
    if fields.text() != algorithm.encode("ascii"):
        raise BadKey(f"The key says that it is {algorithm}, and it is not.")
    bits = _READERS[algorithm](fields)
    fields.end()
    return PublicKey(algorithm, blob, clean_comment(comment), bits)


def is_private(text: str) -> bool:
    """Whether this is, or has in it, a private key."""
    return any(mark in text for mark in ("PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PuTTY-User-Key-File"))


def clean_comment(text: str) -> str:
    """A comment without what would hide or turn something, on one line, cut to LONGEST_COMMENT."""
    line = " ".join(HIDDEN.sub(" ", unicodedata.normalize("NFC", text)).split())
    return line[:LONGEST_COMMENT].rstrip()


def _refuse_other_things(line: str) -> None:
    """What people paste by mistake."""
    if not line:
        raise BadKey("Paste a public key: the one line of a file such as id_ed25519.pub.")
    if is_private(line):
        raise BadKey(
            "This is a private key, which nobody else should ever see. It was not kept.",
            hint="Paste the one line of the file that ends in .pub. Better make a new pair: this one left your hands.",
        )
    if line.startswith("---- BEGIN SSH2 PUBLIC KEY"):
        raise BadKey("This key is in the format of RFC 4716.", hint="Convert it: ssh-keygen -i -f FILE")
    if "\n" in line or "\r" in line:
        raise BadKey("One key at a time, please, on one line.")
    if any(unicodedata.category(character) == "Cc" and character != "\t" for character in line):
        raise BadKey("There are control characters in this key.")


def _unknown(algorithm: str, rest: str) -> BadKey:
    if algorithm == "ssh-dss":
        return BadKey("DSA keys are too weak, and OpenSSH does not take them any more.", hint=_MAKE_ONE)
    if "-cert-v0" in algorithm:
        return BadKey("This is a certificate. Certificates are not taken here.", hint="Paste the plain public key.")
    if algorithm == "ssh-ed448":
        return BadKey("OpenSSH does not know Ed448 keys.", hint=_MAKE_ONE)
    if any(word in _READERS or word == "ssh-dss" for word in re.split(r"[\s\"]+", rest)):
        return BadKey("There is something in front of the key.", hint="Options are not taken: paste the key alone.")
    return BadKey("This is not a public key of a kind that is taken here.", hint=f"Taken are {', '.join(_READERS)}.")


def _decoded(encoded: str) -> bytes:
    try:
        blob = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise _damaged() from None
    # One text for each key: no bits left over behind the last byte.
    if not blob or base64.b64encode(blob).decode("ascii") != encoded:
        raise _damaged()
    return blob


class _Fields:
    """The fields of a blob, one after the other (RFC 4251, section 5)."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self._place = 0

    def text(self) -> bytes:
        begin = self._place + 4
        end = begin + int.from_bytes(self._blob[self._place : begin], "big")
        if begin > len(self._blob) or end > len(self._blob):
            raise _damaged()
        self._place = end
        return self._blob[begin:end]

    def number(self) -> int:
        """A positive mpint, in the one way it can be written."""
        raw = self.text()
        if not raw or raw[0] & 0x80 or (raw[0] == 0 and not (len(raw) > 1 and raw[1] & 0x80)):
            raise _damaged()
        return int.from_bytes(raw, "big")

    def end(self) -> None:
        if self._place != len(self._blob):
            raise _damaged()


def _ed25519(fields: _Fields) -> int:
    if len(fields.text()) != 32:
        raise _damaged()
    return 256


def _ecdsa(curve: str, bits: int) -> Callable[[_Fields], int]:
    size = 1 + 2 * ((bits + 7) // 8)

    def read(fields: _Fields) -> int:
        if fields.text() != curve.encode("ascii"):
            raise BadKey("The key is of another curve than it says.")
        point = fields.text()
        # OpenSSH reads uncompressed points only (RFC 5656, section 3.1, lets it).
        if len(point) != size or point[0] != 4:
            raise _damaged()
        return bits

    return read


def _rsa(fields: _Fields) -> int:
    exponent, modulus = fields.number(), fields.number()
    bits = modulus.bit_length()
    if bits < LEAST_RSA_BITS:
        raise BadKey(f"This RSA key has {bits} bits, and at least {LEAST_RSA_BITS} are needed.", hint=_MAKE_ONE)
    if bits > MOST_RSA_BITS:
        raise BadKey(f"This RSA key has {bits} bits, and OpenSSH takes {MOST_RSA_BITS} at most.")
    if modulus % 2 == 0 or exponent % 2 == 0 or exponent < 3 or exponent.bit_length() > MOST_EXPONENT_BITS:
        raise BadKey("This is not a sound RSA key.", hint=_MAKE_ONE)
    return bits


def _on_a_token(read: Callable[[_Fields], int]) -> Callable[[_Fields], int]:
    """A key of a security token has the name of its application behind it."""

    def with_application(fields: _Fields) -> int:
        bits = read(fields)
        application = fields.text()
        if not application.startswith(b"ssh:") or len(application) > 255:
            raise BadKey("This key was not made for SSH.")
        return bits

    return with_application


def _damaged() -> BadKey:
    return BadKey("The key is damaged or not whole.", hint="Paste the whole line of the file that ends in .pub.")


_MAKE_ONE = "Make one that is: ssh-keygen -t ed25519"

_READERS: Mapping[str, Callable[[_Fields], int]] = {
    "ssh-ed25519":                        _ed25519,
    "ecdsa-sha2-nistp256":                _ecdsa("nistp256", 256),
    "ecdsa-sha2-nistp384":                _ecdsa("nistp384", 384),
    "ecdsa-sha2-nistp521":                _ecdsa("nistp521", 521),
    "ssh-rsa":                            _rsa,
    "sk-ssh-ed25519@openssh.com":         _on_a_token(_ed25519),
    "sk-ecdsa-sha2-nistp256@openssh.com": _on_a_token(_ecdsa("nistp256", 256)),
}  # fmt: skip

ALGORITHMS = tuple(_READERS)
"""The kinds of keys that are taken."""
