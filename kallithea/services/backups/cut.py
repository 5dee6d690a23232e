"""One moment of a running instance: the database within one transaction, and every repository as the ledger there knows it.

A push is entered in the ledger while its repository is still locked. So a repository whose last push, seen under its lock, is
the last one that the transaction sees is as it was when the transaction began, whenever that was looked at. What was pushed to
lately is locked for the moment in which the transaction begins; all else is looked at afterwards, one at a time. If a push was
faster, the next transaction is begun with that repository among those that are locked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, select

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Unavailable
from kallithea.lib.vcs import Kind, RepositoryBusy, RepositoryMissing, Vault
from kallithea.model import READY, Namespace, Push, Repository

LATELY = timedelta(minutes=10)
MOST_LOCKED = 100
"""Repositories that are locked together, those pushed to last: pushes wait about as many milliseconds."""
A_MOMENT = 2.0
"""Seconds that pushes may wait for each other, while the last of those locks is waited for."""
PATIENCE = 600.0
"""Seconds to wait for one push to end; others go on meanwhile."""
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class FoundRepository:
    """A repository as the transaction sees it."""

    id: int
    path: str
    kind: Kind
    location: str
    publishing: bool
    last_push: int
    """The number of its last push in the ledger; 0 for none."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The moment. The connection is in the middle of its transaction."""

    connection: Connection
    taken_at: datetime
    repositories: Sequence[FoundRepository]
    frozen: Mapping[int, str]
    """Locations of what is frozen, by the number of the repository."""

    @property
    def missing(self) -> Sequence[FoundRepository]:
        """Those that are not on the disk."""
        return [found for found in self.repositories if found.id not in self.frozen]


class Cutter:
    """Finds the moment. What is frozen lies below the location `shelter`."""

    def __init__(self, engine: Engine, vault: Vault, shelter: str, clock: Clock) -> None:
        """`engine` opens transactions that only read."""
        self._engine = engine
        self._vault = vault
        self._shelter = shelter
        self._clock = clock
        self._frozen: dict[int, tuple[str, int]] = {}
        """By number: the location and the last push of what was frozen."""
        self._hot: set[int] = set()

    @contextmanager
    def cut(self) -> Iterator[Cut]:
        """The moment, for as long as the database is read. Raises Unavailable where pushes leave none."""
        self._hot = self._pushed_lately()
        for _ in range(ATTEMPTS):
            with ExitStack() as opened:
                connection = opened.enter_context(self._engine.connect())
                if cut := self._attempt(connection):
                    yield cut
                    return
        raise Unavailable("No moment was found in which everything was whole.", hint="Try again when less is pushed.")

    def frozen_at(self, repository: FoundRepository) -> str:
        """Where a repository is frozen."""
        return f"{self._shelter}/{repository.id}"

    def _attempt(self, connection: Connection) -> Cut | None:
        with ExitStack() as locks:
            locked = self._locked(locks)
            repositories = _begin(connection)
            taken_at = self._clock()
            wanted = [found for found in repositories if not self._is_frozen(found)]
            for found in wanted:
                if found.id in locked and locked[found.id] == found.location:
                    self._freeze(found)
        for found in repositories:
            if not self._is_frozen(found) and not self._freeze_later(found):
                return None
        frozen = {found.id: self.frozen_at(found) for found in repositories if self._is_frozen(found)}
        return Cut(connection, taken_at, repositories, frozen)

    def _locked(self, locks: ExitStack) -> Mapping[int, str]:
        """The locations of what could be locked of what was pushed to lately, by number."""
        held: dict[int, str] = {}
        until = time.monotonic() + A_MOMENT
        for number, location in self._locations(self._hot):
            with suppress(RepositoryBusy, RepositoryMissing):
                locks.enter_context(self._vault.held(location, patience=max(0.0, until - time.monotonic())))
                held[number] = location
        return held

    def _freeze_later(self, found: FoundRepository) -> bool:
        """Freeze what was not locked when the transaction began; False if it was pushed to meanwhile, or deleted."""
        try:
            with self._vault.held(found.location, patience=PATIENCE):
                if self._last_push(found.id) == found.last_push:
                    self._freeze(found)
                    return True
        except RepositoryMissing:
            return self._is_still_there(found)
        except RepositoryBusy as busy:
            raise Unavailable(f"A push to {found.path} does not end.", hint="Try again later.") from busy
        self._hot.add(found.id)
        return False

    def _freeze(self, found: FoundRepository) -> None:
        self._vault.freeze(found.kind, found.location, self.frozen_at(found))
        self._frozen[found.id] = (found.location, found.last_push)

    def _is_frozen(self, found: FoundRepository) -> bool:
        return self._frozen.get(found.id) == (found.location, found.last_push)

    def _is_still_there(self, found: FoundRepository) -> bool:
        """Whether the row of a repository without folder is there now: then it was not deleted, its folder is lost."""
        with self._engine.connect() as connection:
            return connection.scalar(select(Repository.location).where(Repository.id == found.id)) == found.location

    def _last_push(self, number: int) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(select(func.max(Push.id)).where(Push.repository_id == number)) or 0

    def _pushed_lately(self) -> set[int]:
        since = self._clock() - LATELY
        with self._engine.connect() as connection:
            statement = select(Push.repository_id).where(Push.pushed_at > since).group_by(Push.repository_id)
            found = connection.scalars(statement.order_by(func.max(Push.id).desc()).limit(MOST_LOCKED)).all()
        return set(found)

    def _locations(self, numbers: set[int]) -> Sequence[tuple[int, str]]:
        with self._engine.connect() as connection:
            statement = select(Repository.id, Repository.location).where(Repository.id.in_(numbers), Repository.state == READY)
            return [(row.id, row.location) for row in connection.execute(statement.order_by(Repository.id))]


def _begin(connection: Connection) -> Sequence[FoundRepository]:
    """Begin the transaction: the first statement says what all others see."""
    if connection.dialect.name != "sqlite":
        connection.execution_options(isolation_level="REPEATABLE READ")
    last = select(Push.repository_id, func.max(Push.id).label("last")).group_by(Push.repository_id).subquery()
    statement = (
        select(
            Repository.id,
            Namespace.path,
            Repository.kind,
            Repository.location,
            Repository.publishing,
            func.coalesce(last.c.last, 0),
        )
        .join(Namespace, Namespace.id == Repository.namespace_id)
        .outerjoin(last, last.c.repository_id == Repository.id)
        .where(Repository.state == READY)
        .order_by(Namespace.path_key)
    )
    rows = connection.execute(statement).all()
    return [FoundRepository(number, path, Kind(kind), *rest) for number, path, kind, *rest in rows]
