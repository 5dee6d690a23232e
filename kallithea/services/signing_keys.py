"""Keys and certificates with which people sign commits."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import NotFound, TooLarge
from kallithea.lib.signing import SigningFormat, SigningKeyFacts, read_key
from kallithea.lib.ssh_keys import BadKey, clean_comment
from kallithea.model import SigningKey, SigningKeyPart, User, UserEmail
from kallithea.services.audit import Audit, Target

MOST_KEYS = 30
"""Of one person."""


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key, but for the key itself. `addresses` are those of its account among the ones that it names: it signs for these."""

    name: str
    format: SigningFormat
    algorithm: str
    bits: int
    fingerprint: str
    addresses: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None


class SigningKeys:
    """Adds, lists and removes keys."""

    def __init__(self, session: Session, *, audit: Audit, clock: Clock) -> None:
        self._session = session
        self._audit = audit
        self._clock = clock

    def add(self, user: User, text: str, *, name: str = "") -> str:
        """Take the key or certificate in a text, which names an address of the account; its fingerprint. One that is there
        already is replaced by what it says of itself now. Raises BadKey, TooLarge, and Unavailable where this machine cannot
        read it."""
        # Counted first: reading a key costs something.
        if len(self.of(user)) >= MOST_KEYS:
            raise TooLarge(f"There are {MOST_KEYS} keys already.", hint="Remove one that is not used any more.")
        facts = read_key(text)
        row: SigningKey | None = self._session.scalar(self._row(user, facts.fingerprint))
        if row is None:
            self._check(user, facts)
            row = SigningKey(user_id=user.id, created_at=self._clock(), fingerprint=facts.fingerprint)
            self._session.add(row)
            action = "signing_key.create"
        else:
            action = "signing_key.change"
        _write(row, facts, name)
        self._session.flush()
        self._audit.record(action, Target("user", user.id, user.name), after=_told(row))
        return row.fingerprint

    def of(self, user: User) -> list[OwnKey]:
        """The keys of an account, the first first."""
        own = self._addresses(user)
        rows: Sequence[SigningKey] = self._session.scalars(
            select(SigningKey).where(SigningKey.user_id == user.id).order_by(SigningKey.id)
        ).all()
        return [_own(row, own) for row in rows]

    def remove(self, user: User, fingerprint: str) -> None:
        """Take away a key of this account. Raises NotFound, also for a key that only somebody else has."""
        row: SigningKey | None = self._session.scalar(self._row(user, fingerprint))
        if row is None:
            raise NotFound("There is no such key.")
        self._audit.record("signing_key.delete", Target("user", user.id, user.name), before=_told(row))
        self._session.delete(row)
        self._session.flush()

    def _check(self, user: User, facts: SigningKeyFacts) -> None:
        if facts.fault:
            raise BadKey(f"This key {facts.fault}.")
        if facts.expires is not None and facts.expires <= self._clock():
            raise BadKey("This key has expired.")
        if not self._addresses(user).intersection(facts.addresses):
            raise BadKey(
                "This key names no e-mail address of your account, so nothing could be signed with it in your name.",
                hint="Add an address that it names to your account first, or your address to the key.",
            )

    def _addresses(self, user: User) -> set[str]:
        further = self._session.scalars(select(UserEmail.email_key).where(UserEmail.user_id == user.id))
        return {user.email_key, *further}

    def _row(self, user: User, fingerprint: str) -> Select[Any]:
        return select(SigningKey).where(SigningKey.user_id == user.id, SigningKey.fingerprint == fingerprint)


def _write(row: SigningKey, facts: SigningKeyFacts, name: str) -> None:
    row.name = clean_comment(name) or row.name or clean_comment(facts.owner)
    row.format = facts.format.value
    row.algorithm, row.bits = facts.algorithm, facts.bits
    row.content = base64.b64encode(facts.content).decode("ascii")
    row.content_hash = hashlib.sha256(facts.content).hexdigest()
    row.addresses = "\n".join(facts.addresses)
    row.expires_at = facts.expires
    row.parts = [SigningKeyPart(key_id=part) for part in dict.fromkeys(facts.parts)]


def _own(row: SigningKey, own: set[str]) -> OwnKey:
    return OwnKey(
        name=row.name,
        format=SigningFormat(row.format),
        algorithm=row.algorithm,
        bits=row.bits,
        fingerprint=row.fingerprint,
        addresses=tuple(address for address in row.addresses.split("\n") if address in own),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _told(row: SigningKey) -> dict[str, str]:
    """What the audit log keeps of a key: enough to find it again."""
    return {"name": row.name, "format": row.format, "algorithm": row.algorithm, "fingerprint": row.fingerprint}
