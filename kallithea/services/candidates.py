"""Which keys of people here made signatures of OpenPGP and X.509."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, literal, or_, select, union_all
from sqlalchemy.orm import Session

from kallithea.lib.cache import SizedCache
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unavailable
from kallithea.lib.signing import NoProgram, Outcome, SigningFormat, check_openpgp, check_x509
from kallithea.lib.vcs import KeySignature, SignatureFormat, Signed
from kallithea.model import SigningKey, SigningKeyPart, User, UserEmail

MOST_CANDIDATES = 5
"""Keys that are tried for one signature. Mostly there is one: more only have the same id, or are certificates of one person."""
CHECKED_BYTES = 300

_checked: SizedCache[Outcome] = SizedCache(4 << 20)
"""What was found out, by everything that it depends on, and for an hour: keys expire."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key that may have made a signature, and whose it is; `mine` are the owner's addresses, `named` those in the key."""

    id: int
    format: SigningFormat
    fingerprint: str
    content_hash: str
    expires: datetime | None
    owner: str
    named: frozenset[str]
    mine: frozenset[str]

    def may_sign_for(self, address: str) -> bool:
        """Whether the address is the owner's, and the key says so too."""
        return address.casefold() in self.named & self.mine


class Candidates:
    """Finds keys by what signatures say, and asks whether they made them."""

    def __init__(self, session: Session, *, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    def of(self, signatures: Iterable[KeySignature]) -> list[list[Candidate]]:
        """For each signature the keys of active accounts that may have made it, those that would count first. One statement."""
        wanted = list(signatures)
        ids = sorted({key_id for one in wanted if (key_id := _key_id(one))})
        addresses = sorted({one.address.casefold() for one in wanted if one.format is SignatureFormat.X509 and one.address})
        found = self._load(ids, addresses)
        return [self._for(one, found)[:MOST_CANDIDATES] for one in wanted]

    def outcome(self, candidate: Candidate, signed: Signed) -> Outcome:
        """What the key has to do with the signature."""
        hashes = (hashlib.sha256(part).digest() for part in (signed.signature, signed.payload))
        hour = int(self._clock().timestamp()) // 3600
        key = (candidate.format, candidate.fingerprint, candidate.content_hash, hour, *hashes)
        known = _checked.get(key)
        if known is None:
            try:
                known = self._check(candidate, signed)
            except NoProgram:
                return Outcome.UNCHECKED
            except Unavailable:
                # It would take as long for the next one who asks.
                known = Outcome.UNCHECKED
            _checked.put(key, known, CHECKED_BYTES)
        return known

    def _check(self, candidate: Candidate, signed: Signed) -> Outcome:
        encoded = self._session.scalar(select(SigningKey.content).where(SigningKey.id == candidate.id)) or ""
        content = base64.b64decode(encoded)
        if candidate.format is SigningFormat.OPENPGP:
            return check_openpgp(content, candidate.fingerprint, signed.signature, signed.payload)
        outcome = check_x509(content, signed.signature, signed.payload)
        has_expired = candidate.expires is not None and candidate.expires <= self._clock()
        return Outcome.EXPIRED if outcome is Outcome.GOOD and has_expired else outcome

    def _load(self, ids: Sequence[str], addresses: Sequence[str]) -> list[tuple[str, Candidate]]:
        """Keys with the id by which signatures name them; "" for certificates, which are found by whose they are."""
        by_id = _keys(SigningKeyPart.key_id).join(SigningKeyPart).where(SigningKeyPart.key_id.in_(ids))
        theirs = select(UserEmail.user_id).where(UserEmail.email_key.in_(addresses))
        certificates = _keys(literal("")).where(
            SigningKey.format == SigningFormat.X509.value, or_(User.email_key.in_(addresses), User.id.in_(theirs))
        )
        parts = [*([by_id] if ids else []), *([certificates] if addresses else [])]
        rows = self._session.execute(union_all(*parts)).all() if parts else ()
        mine: dict[int, set[str]] = {}
        for row in rows:
            mine.setdefault(row.id, {row.primary}).add(row.further or row.primary)
        found = {(row.part, row.id): row for row in rows}
        return [(part, _candidate(row, frozenset(mine[key]))) for (part, key), row in found.items()]

    def _for(self, signature: KeySignature, found: Sequence[tuple[str, Candidate]]) -> list[Candidate]:
        part = _key_id(signature)
        matching = [candidate for name, candidate in found if name == part and candidate.format.value == signature.format.value]
        return sorted(matching, key=lambda one: (not one.may_sign_for(signature.address), one.id))


def _keys(part: SQLColumnExpression[str]) -> Select[Any]:
    """Keys of active accounts, a row for each further address of their owners."""
    columns: tuple[Any, ...] = (
        part.label("part"),
        SigningKey.id,
        SigningKey.format,
        SigningKey.fingerprint,
        SigningKey.content_hash,
        SigningKey.addresses,
        SigningKey.expires_at,
        User.name.label("owner"),
        User.email_key.label("primary"),
        UserEmail.email_key.label("further"),
    )
    found = select(*columns).select_from(SigningKey).join(User, User.id == SigningKey.user_id)
    return found.outerjoin(UserEmail, UserEmail.user_id == User.id).where(User.is_active)


def _candidate(row: Any, mine: frozenset[str]) -> Candidate:
    return Candidate(
        id=row.id,
        format=SigningFormat(row.format),
        fingerprint=row.fingerprint,
        content_hash=row.content_hash,
        expires=row.expires_at,
        owner=row.owner,
        named=frozenset(row.addresses.split("\n")),
        mine=mine,
    )


def _key_id(signature: KeySignature) -> str:
    """The 16 digits by which the signature names its key: of a fingerprint the last ones, the first of the newer, longer kind
    (RFC 9580, section 5.5.4). "" where it names none."""
    key = signature.key or ""
    if signature.format is not SignatureFormat.OPENPGP:
        return ""
    return key[:16] if len(key) > 40 else key[-16:]
