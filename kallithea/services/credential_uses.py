"""When a token or a key was last used, and from where: kept in its row, and told in the audit log where that is news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.cache import SizedCache
from kallithea.lib.clock import Clock
from kallithea.model import AccessToken, DeployToken, SshKey
from kallithea.services.actors import Deployment, Member, Origin
from kallithea.services.audit import Target, new_entry
from kallithea.services.audit_search import addresses_since
from kallithea.services.members import WRITE_USED_AFTER
from kallithea.services.throttle import network_of

TOLD_A_DAY = 50
"""Entries of one token or key a day: whoever has it at hand cannot flood the log from ever other addresses."""
ROOM = 1_000_000
"""Bytes in which a process keeps what it has told today."""
OF_EACH = 250

Table = type[AccessToken] | type[DeployToken] | type[SshKey]
SeenToday = SizedCache[bool]
"""Which uses a process has told of; what is missing in it is looked up in the log."""


@dataclass(frozen=True, slots=True)
class Used:
    """A token or key that has just opened something: `kind` is the word for it in the log, `belongs_to` its owner or its
    repository by name, and the rest is what its row says of the use before."""

    table: Table
    id: int
    kind: str
    name: str
    belongs_to: str
    used_at: datetime | None
    used_address: str


class CredentialUses:
    """Writes in transactions of its own, as what was used was used whatever becomes of the request."""

    def __init__(self, own_transaction: sessionmaker[Session], *, seen: SeenToday, origin: Origin, clock: Clock) -> None:
        self._own_transaction = own_transaction
        self._seen = seen
        self._origin = origin
        self._clock = clock

    def note(self, used: Used, actor: Member | Deployment) -> None:
        """It was used. Told in the log for each network and day (of UTC) once, however many requests there are.

        Where the row says that it was used today from this network already, that was told then.
        """
        now, network = self._clock(), network_of(self._origin.address)
        key = (used.kind, used.id, network, now.date())
        if not _is_of(used, network, now) and not self._seen.get(key):
            self._tell(used, actor, network, now)
            self._seen.put(key, True, OF_EACH)
        elif used.used_at is None or (now - used.used_at).total_seconds() > WRITE_USED_AFTER:
            with self._own_transaction.begin() as session:
                self._write(session, used, now)

    def _tell(self, used: Used, actor: Member | Deployment, network: str, now: datetime) -> None:
        target = Target(used.kind, used.id, used.belongs_to)
        with self._own_transaction.begin() as session:
            # First, as it locks the row: of two processes that tell the same, one waits and then finds it told.
            self._write(session, used, now)
            today = now.replace(hour=0, minute=0, second=0, microsecond=0)
            told = addresses_since(session, f"{used.kind}.use", target.kind, used.id, today, limit=TOLD_A_DAY)
            if len(told) < TOLD_A_DAY and network not in map(network_of, told):
                after = {"name": used.name, "door": self._origin.door}
                session.add(new_entry(f"{used.kind}.use", target, actor, self._origin, now, after=after))

    def _write(self, session: Session, used: Used, now: datetime) -> None:
        table: Any = used.table
        values = {"used_at": now, "used_address": self._origin.address[:64]}
        session.execute(update(table).where(table.id == used.id).values(values))


def _is_of(used: Used, network: str, now: datetime) -> bool:
    """Whether the use before was of the same network and day."""
    return used.used_at is not None and used.used_at.date() == now.date() and network_of(used.used_address) == network
