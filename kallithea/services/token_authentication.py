"""Who shows an access token: one look-up by its keyed hash, never a slow hash, and one answer for all that opens nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.access import Access
from kallithea.lib.access_tokens import TokenKind, stored_hash, token_kind
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.networks import is_listed
from kallithea.lib.trace import happened
from kallithea.model import AccessToken, AccessTokenPlace, DeployToken, Namespace, Repository, User
from kallithea.services.actors import Anonymous, Deployment, Limit, Member, ShownToken
from kallithea.services.credential_uses import CredentialUses, Used
from kallithea.services.members import ACTIVE_MEMBERS, NETWORKS_OF_EVERYBODY, member_of
from kallithea.services.throttle import SignInThrottle
from kallithea.services.tokens import TokenTable

ANY_NAME = frozenset({"", "token"})
"""What may stand for the user name where the token says who it is."""


def _is_alive(table: TokenTable) -> Any:
    return or_(table.expires_at.is_(None), table.expires_at > bindparam("now"))


# Built once: putting a statement together costs more than running it. What expired is not found, like what never was.
_BY_TOKEN = (
    ACTIVE_MEMBERS.add_columns(
        User.name_key,
        User.email_key,
        AccessToken.id.label("token_id"),
        AccessToken.access,
        AccessToken.may_use_api,
        AccessToken.is_bound,
        AccessToken.name.label("token_name"),
        AccessToken.used_at,
        AccessToken.used_address,
        AccessTokenPlace.namespace_id.label("place_id"),
    )
    .join(AccessToken, AccessToken.user_id == User.id)
    .outerjoin(AccessTokenPlace, AccessTokenPlace.token_id == AccessToken.id)
    .where(AccessToken.token_hash == bindparam("token_hash"), _is_alive(AccessToken))
)
_BY_DEPLOY_TOKEN = (
    select(
        DeployToken.id.label("token_id"),
        DeployToken.name,
        DeployToken.access,
        DeployToken.used_at,
        DeployToken.used_address,
        Repository.namespace_id,
        Namespace.path,
        NETWORKS_OF_EVERYBODY.label("networks"),
    )
    .join(Repository, Repository.id == DeployToken.repository_id)
    .join(Namespace, Namespace.id == Repository.namespace_id)
    .where(DeployToken.token_hash == bindparam("token_hash"), _is_alive(DeployToken))
)


class TokenAuthentication:
    """Finds the actor of a token, in transactions of its own."""

    def __init__(
        self,
        *,
        throttle: SignInThrottle,
        reading: sessionmaker[Session],
        uses: CredentialUses,
        clock: Clock,
        secret: str,
    ) -> None:
        self._throttle = throttle
        self._reading = reading
        self._uses = uses
        self._clock = clock
        self._secret = secret

    def actor(self, shown: ShownToken, *, address: str) -> Member | Deployment:
        """Who this token is of.

        One sentence for what is mistyped, unknown, expired, revoked, of a disabled account, shown with somebody else's name, or
        from an address from which it may not be used:
        Unauthenticated, or TooManyAttempts for too many of them. Only failures ask the throttle: nobody guesses 160 bits.
        """
        found = self._found(shown, address)
        if found is None:
            self._throttle.check_token(address)
            self._throttle.failed_token(address)
            happened("sign-in failed")
            raise Unauthenticated("The token is wrong, expired or revoked, or not of that user name.")
        return found

    def _found(self, shown: ShownToken, address: str) -> Member | Deployment | None:
        kind = token_kind(shown.token)
        if kind is None:
            return None
        now = self._clock()
        statement: Any = _BY_TOKEN if kind is TokenKind.PERSON else _BY_DEPLOY_TOKEN
        values = {"token_hash": stored_hash(self._secret, shown.token), "now": now}
        with self._reading() as session:
            rows = session.connection().execute(statement, values).all()
        if not rows or not _fits(shown.name, rows[0], kind):
            return None
        found = _member(rows, address) if kind is TokenKind.PERSON else _deployment(rows[0], address)
        if isinstance(found, Anonymous):
            return None
        self._uses.note(_used(rows[0], kind), found)
        return found


def _used(row: Any, kind: TokenKind) -> Used:
    if kind is TokenKind.PERSON:
        return Used(AccessToken, row.token_id, "token", row.token_name, row.name, row.used_at, row.used_address)
    return Used(DeployToken, row.token_id, "deploy_token", row.name, row.path, row.used_at, row.used_address)


def _fits(name: str | None, row: Any, kind: TokenKind) -> bool:
    """Whether the user name that came with the token is its owner's, or none: who says bob shall not act as alice."""
    key = (name or "").strip().casefold()
    return key in ANY_NAME or (kind is TokenKind.PERSON and key in (row.name_key, row.email_key))


def _member(rows: Any, address: str) -> Member | Anonymous:
    first = rows[0]
    places = frozenset(row.place_id for row in rows if row.place_id is not None) if first.is_bound else None
    limit = Limit(access=Access(first.access), places=places, may_use_api=first.may_use_api)
    return member_of(rows, address, limit=limit)


def _deployment(row: Any, address: str) -> Deployment | Anonymous:
    if not is_listed(address, row.networks):
        return Anonymous(address, is_forbidden=True)
    return Deployment(row.token_id, row.name, row.namespace_id, Access(row.access), address)
