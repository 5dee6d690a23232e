"""Deploy tokens: with them programs that are nobody's read, or read and write, one repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.lib.access_tokens import TokenKind, new_access_token, stored_hash
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Invalid, NotFound
from kallithea.model import DeployToken
from kallithea.services.access.grants import AdminGrant, RepositoryFacts
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.tokens import DEFAULT_LIFETIME, check_room, checked_name, expiry, forget_expired, has_expired


@dataclass(frozen=True, slots=True)
class NewDeployToken:
    """What it takes to make one; `lifetime` None: it never expires."""

    name: str
    access: Access = Access.READ
    lifetime: timedelta | None = DEFAULT_LIFETIME


@dataclass(frozen=True, slots=True)
class DeployTokenFacts:
    """A deploy token as the ledger has it."""

    id: int
    name: str
    access: Access
    created_at: datetime
    expires_at: datetime | None
    has_expired: bool
    used_at: datetime | None
    used_address: str


class DeployTokens:
    """The tokens of one repository at a time, for who administers it."""

    def __init__(self, session: Session, *, audit: Audit, clock: Clock, secret: str) -> None:
        self._session = session
        self._audit = audit
        self._clock = clock
        self._secret = secret

    def create(self, grant: AdminGrant[RepositoryFacts], new: NewDeployToken) -> tuple[int, str]:
        """The number and the text of a new token; the text is known here once and never again.

        Raises Invalid by field, Conflict for a taken name.
        """
        name, expires_at = checked_name(new.name), expiry(new.lifetime, self._clock())
        if new.access not in (Access.READ, Access.WRITE):
            reason = "Choose read or write."
            raise Invalid(reason, fields={"access": reason})
        repository = grant.target
        check_room(self._session.scalars(_of(repository.id, DeployToken.name)).all(), name)
        text = new_access_token(TokenKind.REPOSITORY)
        row = DeployToken(
            repository_id=repository.id,
            name=name,
            token_hash=stored_hash(self._secret, text),
            access=int(new.access),
            created_at=self._clock(),
            expires_at=expires_at,
        )
        self._session.add(row)
        self._session.flush()
        self._audit.record("deploy_token.create", _target(repository), after=_told(row))
        return row.id, text

    def of(self, grant: AdminGrant[RepositoryFacts]) -> Sequence[DeployTokenFacts]:
        """The tokens of a repository, the newest first; with those that expired lately."""
        rows = self._session.scalars(_of(grant.target.id, DeployToken).order_by(DeployToken.id.desc()))
        now = self._clock()
        return [_facts(row, now) for row in rows]

    def revoke(self, grant: AdminGrant[RepositoryFacts], token_id: int) -> None:
        """End a token of this repository. Raises NotFound for those of others."""
        row = self._session.get(DeployToken, token_id)
        if row is None or row.repository_id != grant.target.id:
            raise NotFound("There is no such token.")
        self._audit.record("deploy_token.revoke", _target(grant.target), before=_told(row))
        self._session.delete(row)

    def forget_expired(self) -> int:
        """Delete what expired some days ago; how many."""
        return forget_expired(self._session, DeployToken, self._clock())


def _of(repository_id: int, wanted: Any) -> Any:
    return select(wanted).where(DeployToken.repository_id == repository_id)


def _facts(row: DeployToken, now: datetime) -> DeployTokenFacts:
    return DeployTokenFacts(
        id=row.id,
        name=row.name,
        access=Access(row.access),
        created_at=row.created_at,
        expires_at=row.expires_at,
        has_expired=has_expired(row.expires_at, now),
        used_at=row.used_at,
        used_address=row.used_address,
    )


def _target(repository: RepositoryFacts) -> Target:
    return Target("repository", repository.id, repository.path)


def _told(row: DeployToken) -> dict[str, Value]:
    """A token as the audit log has it."""
    expires = row.expires_at.isoformat() if row.expires_at else None
    return {"id": row.id, "name": row.name, "access": Access(row.access).word, "expires": expires}
