"""Keys and signatures of OpenPGP, by gpg. What it prints is read from its lines for machines alone (GnuPG's doc/DETAILS)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from kallithea.lib.signing.keys import Outcome, SigningFormat, SigningKeyFacts, address_in, check_kept, check_size
from kallithea.lib.signing.programs import run
from kallithea.lib.ssh_keys import BadKey

PROGRAM = "gpg"
MOST_PARTS = 50
"""Keys below a key, and user ids of it."""
_ALONE = (
    "--no-options",
    "--batch",
    "--no-tty",
    "--no-autostart",
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    "--lock-never",
    "--no-random-seed-file",
    "--weak-digest",
    "SHA1",
    "--no-greeting",
    "--quiet",
)
_FAMILIES = {"1": "RSA", "3": "RSA", "17": "DSA", "19": "ECDSA", "22": "EdDSA", "27": "Ed25519", "28": "Ed448"}
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
_DATA = (b"00", b"01")
"""Classes of signatures of documents, binary and text (RFC 9580, section 5.2.1)."""
_STATES = {
    b"GOODSIG": Outcome.GOOD,
    b"EXPSIG": Outcome.EXPIRED,
    b"EXPKEYSIG": Outcome.EXPIRED,
    b"REVKEYSIG": Outcome.REVOKED,
    b"BADSIG": Outcome.BAD,
    b"ERRSIG": Outcome.ANOTHER_KEY,
}


def read_openpgp_key(text: str) -> SigningKeyFacts:
    """The one key in this text, without what others signed of it. Raises BadKey, NoProgram, TookTooLong."""
    options = ("--import-options", "import-export,import-minimal", "--output", "-")
    content = run(PROGRAM, *_ALONE, *options, "--import", "given", files={"given": text.encode("ascii")}).out
    if not content:
        raise BadKey(
            "gpg finds no public key in this that vouches for itself.",
            hint="Paste what gpg --export --armor prints. A key that was signed with SHA-1 has to be made anew.",
        )
    check_kept(content)
    return _facts(content)


def check_openpgp(key: bytes, fingerprint: str, signature: bytes, payload: bytes) -> Outcome:
    """What this key has to do with this signature, one binary packet. Raises NoProgram."""
    files = {"key": key, "signature": signature, "payload": payload}
    options = ("--no-default-keyring", "--keyring", "./key", "--trust-model", "always", "--status-fd", "1")
    return outcome(run(PROGRAM, *_ALONE, *options, "--verify", "signature", "payload", files=files).out, fingerprint)


def outcome(status: bytes, fingerprint: str) -> Outcome:
    """What the lines for machines say. Nothing is good that is not of one signature, by just this key and of a document. User
    ids, which anybody may choose, stand in these lines too, and are never looked at."""
    # Lines end in "\n" only: in a user id gpg writes that as %0A.
    lines = [line.split(b" ") for line in status.split(b"\n") if line.startswith(b"[GNUPG:] ")]
    words = [line[1] for line in lines]
    states = [_STATES[word] for word in words if word in _STATES]
    if words.count(b"NEWSIG") != 1 or len(states) != 1:
        return Outcome.BAD
    if states[0] in (Outcome.BAD, Outcome.ANOTHER_KEY):
        return states[0]
    valid = [line for line in lines if line[1] == b"VALIDSIG"]
    # VALIDSIG fingerprint date time expires version reserved algorithm hash class primary-fingerprint
    if len(valid) != 1 or len(valid[0]) < 12 or valid[0][10] not in _DATA or valid[0][11] != fingerprint.encode("ascii"):
        return Outcome.BAD
    return states[0]


def _facts(content: bytes) -> SigningKeyFacts:
    arguments = ("--with-colons", "--with-subkey-fingerprint", "--show-keys", "kept")
    shown = run(PROGRAM, *_ALONE, *arguments, files={"kept": content}).out.decode("utf-8", "replace")
    rows = [line.split(":") for line in shown.split("\n") if line.count(":") > 8]
    mains = [row for row in rows if row[0] == "pub"]
    owners = [_unescaped(row[9]) for row in rows if row[0] == "uid" and row[1] not in ("r", "e", "i")]
    below = list(_below(rows))
    if len(mains) != 1:
        raise BadKey("One key at a time, please.")
    if len(below) > MOST_PARTS or len(owners) > MOST_PARTS:
        raise BadKey(f"This key has more than {MOST_PARTS} parts.")
    main = mains[0]
    for family, bits in ((_family(row), int(row[2] or 0)) for row in (main, *(one.row for one in below if one.signs))):
        check_size(family, bits)
    return SigningKeyFacts(
        format=SigningFormat.OPENPGP,
        fingerprint=next(row[9] for row in rows if row[0] == "fpr"),
        content=content,
        parts=(main[4], *(one.row[4] for one in below if one.signs)),
        addresses=tuple(dict.fromkeys(filter(None, map(address_in, owners)))),
        owner=owners[0] if owners else "",
        algorithm=_family(main),
        bits=int(main[2] or 0),
        expires=_moment(main[6]),
        fault=_fault(main),
    )


@dataclass(frozen=True, slots=True)
class _Below:
    """A key below the main one."""

    row: Sequence[str]
    signs: bool


def _below(rows: Sequence[Sequence[str]]) -> Iterator[_Below]:
    for row in rows:
        if row[0] == "sub":
            yield _Below(row, "s" in row[11])


def _fault(main: Sequence[str]) -> str:
    if main[1] == "r":
        return "was revoked"
    if main[1] == "e":
        return "has expired"
    # Capital letters say what the whole key may do now.
    return "" if "S" in main[11] else "is not for signing"


def _family(row: Sequence[str]) -> str:
    family = _FAMILIES.get(row[3])
    if family is None:
        raise BadKey("This kind of key is not for signing.")
    return family


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), timezone.utc) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
