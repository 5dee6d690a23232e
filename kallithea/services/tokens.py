"""Access tokens of people: made, listed, revoked. `authentication` finds out who shows one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.lib.access_tokens import TokenKind, new_access_token, stored_hash
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Forbidden, Invalid, NotFound
from kallithea.model import AccessToken, AccessTokenPlace, DeployToken, Namespace, User
from kallithea.services.access.control import AccessControl
from kallithea.services.actors import Member
from kallithea.services.audit import Audit, Target, Value

DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_NAME = 100
MOST_TOKENS = 100
"""Tokens of one person, or of one repository."""
MOST_PLACES = 20
"""Repositories and groups to which one token is bound: each request with it reads them."""
KEPT_EXPIRED = timedelta(days=7)
"""How long an expired token is still listed, so that who wonders why something stopped finds out."""

TokenTable = type[AccessToken] | type[DeployToken]
_ACCESSES = (Access.READ, Access.WRITE, Access.ADMIN)


@dataclass(frozen=True, slots=True)
class NewToken:
    """What it takes to make a token. `lifetime` None is one that never expires; `places` are the paths of the repositories and
    groups to which it is bound, none: not bound."""

    name: str
    access: Access
    may_use_api: bool = False
    lifetime: timedelta | None = DEFAULT_LIFETIME
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token as the ledger has it; `places` None: it is not bound."""

    id: int
    owner: str
    name: str
    access: Access
    may_use_api: bool
    places: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None
    has_expired: bool
    used_at: datetime | None
    used_address: str


class Tokens:
    """The tokens of people. What makes or revokes one is recorded, never the token itself."""

    def __init__(self, session: Session, *, access: AccessControl, audit: Audit, clock: Clock, secret: str) -> None:
        self._session = session
        self._access = access
        self._audit = audit
        self._clock = clock
        self._secret = secret

    def create(self, member: Member, new: NewToken) -> tuple[int, str]:
        """The number and the text of a new token; the text is known here once and never again.

        Raises Invalid by field, Conflict for a taken name, Forbidden where a token would make another one.
        """
        if member.limit is not None:
            raise Forbidden("A token cannot make tokens.", hint="Sign in with the browser.")
        name, expires_at = checked_name(new.name), expiry(new.lifetime, self._clock())
        if new.access not in _ACCESSES:
            reason = "Choose read, write or admin."
            raise Invalid(reason, fields={"access": reason})
        places = self._places(new.places)
        self._check_room(member, name)
        text = new_access_token(TokenKind.PERSON)
        row = AccessToken(
            user_id=member.id,
            name=name,
            token_hash=stored_hash(self._secret, text),
            access=int(new.access),
            may_use_api=new.may_use_api,
            is_bound=bool(places),
            created_at=self._clock(),
            expires_at=expires_at,
            places=[AccessTokenPlace(namespace_id=number) for number in places],
        )
        self._session.add(row)
        self._session.flush()
        after: dict[str, Value] = {**_told(row), "places": sorted(places.values()) if places else None}
        self._audit.record("token.create", Target("user", member.id, member.name), after=after)
        return row.id, text

    def of(self, member: Member) -> Sequence[TokenFacts]:
        """The member's tokens, the newest first; with those that expired lately."""
        return self._facts(AccessToken.user_id == member.id)

    def all(self) -> Sequence[TokenFacts]:
        """Everybody's tokens, the newest first, for administrators of the machine."""
        return self._facts()

    def revoke(self, member: Member, token_id: int) -> None:
        """End a token of the member's own. Raises NotFound for others, Forbidden where a token would end another one."""
        if member.limit is not None:
            raise Forbidden("A token cannot revoke tokens.", hint="Sign in with the browser.")
        row = self._session.get(AccessToken, token_id)
        if row is None or row.user_id != member.id:
            raise NotFound("There is no such token.")
        self._end(row, member.name)

    def revoke_any(self, token_id: int) -> str:
        """End anybody's token, for administrators of the machine; its name. Raises NotFound."""
        row = self._session.get(AccessToken, token_id)
        if row is None:
            raise NotFound(f"There is no token {token_id}.", hint="'kallithea-cli token-list' has the numbers.")
        self._end(row, self._session.get_one(User, row.user_id).name)
        return row.name

    def forget_expired(self) -> int:
        """Delete what expired some days ago; how many."""
        return forget_expired(self._session, AccessToken, self._clock())

    def _end(self, row: AccessToken, owner: str) -> None:
        self._audit.record("token.revoke", Target("user", row.user_id, owner), before=_told(row))
        self._session.delete(row)

    def _check_room(self, member: Member, name: str) -> None:
        names = self._session.scalars(select(AccessToken.name).where(AccessToken.user_id == member.id)).all()
        check_room(names, name)

    def _places(self, paths: Sequence[str]) -> Mapping[int, str]:
        """The namespaces of these paths. Raises Invalid for what the actor may not read, as if it were not there."""
        if len(paths) > MOST_PLACES:
            reason = f"A token is bound to at most {MOST_PLACES} repositories and groups."
            raise Invalid(reason, fields={"places": reason})
        found = {}
        for path in paths:
            located = self._access.locate_path(path.strip("/"))
            if located is None or not located.facts.path or self._access.decide(located).access < Access.READ:
                reason = f"There is no repository or group {path} that you can see."
                raise Invalid(reason, fields={"places": reason})
            found[located.facts.namespace_id] = located.facts.path
        return found

    def _facts(self, *conditions: object) -> Sequence[TokenFacts]:
        statement = select(AccessToken, User.name).join(User, User.id == AccessToken.user_id).order_by(AccessToken.id.desc())
        rows = self._session.execute(statement.where(*conditions)).all()  # type: ignore[arg-type] # columns compared
        paths = self._paths([row.AccessToken.id for row in rows])
        now = self._clock()
        return [_facts(row.AccessToken, row.name, paths.get(row.AccessToken.id, ()), now) for row in rows]

    def _paths(self, tokens: Sequence[int]) -> Mapping[int, Sequence[str]]:
        statement = (
            select(AccessTokenPlace.token_id, Namespace.path)
            .join(Namespace, Namespace.id == AccessTokenPlace.namespace_id)
            .where(AccessTokenPlace.token_id.in_(tokens))
            .order_by(Namespace.path_key)
        )
        found: dict[int, list[str]] = {}
        for row in self._session.execute(statement):
            found.setdefault(row.token_id, []).append(row.path)
        return found


def checked_name(text: str) -> str:
    """The name that a token may have. Raises Invalid."""
    name = " ".join(text.split())
    if not name:
        reason = "Give it a name that tells what it is for."
    elif len(name) > LONGEST_NAME or not name.isprintable():
        reason = f"A name has at most {LONGEST_NAME} characters, all of them visible."
    else:
        return name
    raise Invalid(reason, fields={"name": reason})


def expiry(lifetime: timedelta | None, now: datetime) -> datetime | None:
    """When a token made now expires. Raises Invalid for one that would be dead, or that no clock will see expire."""
    if lifetime is None:
        return None
    if not timedelta() < lifetime <= timedelta(days=3660):
        reason = "A token expires within ten years, or never."
        raise Invalid(reason, fields={"expires": reason})
    return now + lifetime


def check_room(names: Sequence[str], name: str) -> None:
    """Raises Conflict where one more token of this name cannot be."""
    if name in names:
        raise Conflict(f"There is a token {name} already.", hint="Choose another name, or revoke that one first.")
    if len(names) >= MOST_TOKENS:
        raise Conflict(f"There are {MOST_TOKENS} tokens already.", hint="Revoke those that are not used any more.")


def forget_expired(session: Session, table: TokenTable, now: datetime) -> int:
    """Delete the tokens of a table that expired some days ago; how many."""
    result = session.execute(delete(table).where(table.expires_at <= now - KEPT_EXPIRED))
    assert isinstance(result, CursorResult)
    return result.rowcount


def _told(row: AccessToken) -> dict[str, Value]:
    """A token as the audit log has it."""
    return {
        "id": row.id,
        "name": row.name,
        "access": Access(row.access).word,
        "api": row.may_use_api,
        "expires": row.expires_at.isoformat() if row.expires_at else None,
    }


def has_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Whether a token opens nothing any more."""
    return expires_at is not None and expires_at <= now


def _facts(row: AccessToken, owner: str, paths: Sequence[str], now: datetime) -> TokenFacts:
    return TokenFacts(
        id=row.id,
        owner=owner,
        name=row.name,
        access=Access(row.access),
        may_use_api=row.may_use_api,
        places=tuple(paths) if row.is_bound else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        has_expired=has_expired(row.expires_at, now),
        used_at=row.used_at,
        used_address=row.used_address,
    )
