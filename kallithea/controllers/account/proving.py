"""Proving that the person at an open session is the one who signed in."""

from __future__ import annotations

from kallithea.lib.errors import Invalid, Unauthenticated
from kallithea.services.scope import Scope

NOTHING_TO_ASK_FOR = "This account has no password here. Use a passkey, or sign out and in again."


def check_password(scope: Scope, password: str, *, field: str) -> None:
    """Check the password of the member who acts, typed into a field of a form: the one kept here, which no source knows.

    Raises Invalid, also for who has none here, and TooManyAttempts: who guesses in an open session that was left alone counts
    as a guesser too. To be called before the scope writes, as counting is a transaction of its own.
    """
    if not scope.authentication.has_password_here(scope.member.id):
        raise Invalid(NOTHING_TO_ASK_FOR, fields={field: NOTHING_TO_ASK_FOR})
    try:
        scope.authentication.check_password_here(scope.member.name, password, address=scope.credentials.origin.address)
    except Unauthenticated:
        reason = "This is not your current password."
        raise Invalid(reason, fields={field: reason}) from None


def check_person(scope: Scope, password: str, *, field: str) -> None:
    """The same for what people without a password here may do, too: they have proved a moment ago who they are, or a proxy
    vouches for them with each request."""
    has_proved = scope.member.session_id is None or scope.has_recently_proved
    if has_proved and not scope.authentication.has_password_here(scope.member.id):
        return
    check_password(scope, password, field=field)
