"""Signed slips: what a browser brings back to show that it was here a moment ago. Each can be used once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone

from sqlalchemy import CursorResult, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.tokens import same, signed, token_hash
from kallithea.model import UsedProof

VALID = timedelta(minutes=5)
LONGEST = 400
"""Letters of a slip, more than any that was given out has."""


class SlipRefused(Unauthenticated):
    """A slip that is not ours, of another browser, too old, or used."""


class Slips:
    """Gives slips out and takes them back. Nothing is kept of those that are never used, so that asking costs nothing."""

    def __init__(self, *, secret: str, own_transaction: sessionmaker[Session], clock: Clock) -> None:
        self._secret = secret
        self._own_transaction = own_transaction
        self._clock = clock

    def issue(self, purpose: str, browser: str, note: str = "") -> str:
        """A slip for one purpose and one browser, with a note of letters, digits and dashes that anybody may read."""
        expires = int((self._clock() + VALID).timestamp())
        text = f"{secrets.token_urlsafe(16)}.{expires}.{note}"
        return f"{text}.{self._signature(purpose, browser, text)}"

    def read(self, purpose: str, browser: str, slip: str) -> str:
        """The note on a slip of ours. Raises SlipRefused."""
        text, _, signature = slip.rpartition(".")
        if len(slip) > LONGEST or not same(signature, self._signature(purpose, browser, text)):
            raise SlipRefused("This was not given to this browser.")
        _, expires, note = text.split(".")
        if int(expires) <= self._clock().timestamp():
            raise SlipRefused("That took too long.")
        return note

    def use(self, slip: str) -> None:
        """Take a slip that was read. Raises SlipRefused if it was taken before.

        A transaction of its own: a slip stays used whatever becomes of the page.
        """
        expires = datetime.fromtimestamp(int(slip.split(".")[1]), timezone.utc)
        try:
            with self._own_transaction.begin() as session:
                session.add(UsedProof(proof_hash=token_hash(slip), expires_at=expires))
        except IntegrityError:
            raise SlipRefused("This was used before.") from None

    def forget_used(self) -> int:
        """Forget slips that would be too old by now; how many."""
        with self._own_transaction.begin() as session:
            result = session.execute(delete(UsedProof).where(UsedProof.expires_at <= self._clock()))
            assert isinstance(result, CursorResult)
            return result.rowcount

    def _signature(self, purpose: str, browser: str, text: str) -> str:
        return signed(self._secret, f"slip {purpose}", f"{browser}\0{text}")
