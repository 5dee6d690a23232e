"""Proving that the person at an open session is the one who signed in."""

from __future__ import annotations

from kallithea.lib.errors import Invalid, Unauthenticated
from kallithea.services.scope import Scope


def check_password(scope: Scope, password: str, *, field: str) -> None:
    """Check the password of the member who acts, typed into a field of a form.

    Raises Invalid, and TooManyAttempts: who guesses in an open session that was left alone counts as a guesser too. To be
    called before the scope writes, as counting is a transaction of its own.
    """
    try:
        scope.authentication.by_password(scope.member.name, password, address=scope.credentials.origin.address)
    except Unauthenticated:
        reason = "This is not your current password."
        raise Invalid(reason, fields={field: reason}) from None
