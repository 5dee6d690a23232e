"""What an hg or git client shows to prove who it is, without any input or output."""

from __future__ import annotations

from kallithea.lib.access_tokens import begins_as_token
from kallithea.lib.authorization import Basic, Bearer, read_authorization
from kallithea.lib.errors import Unauthenticated
from kallithea.services.actors import NamePassword, NoCredentials, Proof, ShownToken


def proof(authorization: str | None) -> Proof:
    """What the header Authorization shows; nothing for no header. Raises Unauthenticated for one that cannot be read."""
    if authorization is None:
        return NoCredentials()
    try:
        shown = read_authorization(authorization)
    except ValueError:
        raise _unreadable() from None
    if isinstance(shown, Bearer) and begins_as_token(shown.token):
        return ShownToken(shown.token)
    if not isinstance(shown, Basic):
        raise Unauthenticated("Sign in with a user name and a password, or with a token.")
    if begins_as_token(shown.password):
        return ShownToken(shown.password, shown.name)
    if not shown.name:
        raise _unreadable()
    return NamePassword(shown.name, shown.password)


def _unreadable() -> Unauthenticated:
    return Unauthenticated("The user name and password that were sent cannot be read.")
