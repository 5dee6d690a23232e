"""Writes failed sign-ins down, whatever becomes of what failed."""

from __future__ import annotations

from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.clock import Clock
from kallithea.services.actors import Anonymous, Origin
from kallithea.services.audit import Target, new_entry


class FailedSignIns:
    """In transactions of its own: who could not sign in has no unit of work that would hold."""

    def __init__(self, own_transaction: sessionmaker[Session], *, origin: Origin, clock: Clock) -> None:
        self._own_transaction = own_transaction
        self._origin = origin
        self._clock = clock

    def record(self, user_id: int | None, name: str | None) -> None:
        """Somebody failed to sign in to this account; None where there is none.

        What was typed is never kept: people type passwords into the field for the name.
        """
        target = Target("user", user_id, name or "an unknown name")
        with self._own_transaction.begin() as session:
            session.add(new_entry("session.fail", target, Anonymous(), self._origin, self._clock()))
