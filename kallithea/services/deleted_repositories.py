"""Deleted repositories, and how they come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import NotFound
from kallithea.lib.names import NamespacePath
from kallithea.lib.vcs import Discarded, Kind, Vault
from kallithea.model import Repository, User
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.backups.one_repository import Kept, RepositoryReturn, RestoredRepository
from kallithea.services.backups.remains import number_in, row_in
from kallithea.services.namespaces import Namespaces
from kallithea.services.pushes import Pushes


@dataclass(frozen=True, slots=True)
class DeletedFacts:
    """A deleted repository as a list shows it."""

    found: Discarded
    kind: str
    """Empty where nothing was kept of it, as with those of older releases."""
    size: int | None
    """Bytes on disk as they were measured last; None where nobody measured them."""
    kept_until: datetime | None
    """From when on it may be removed for good without being asked for; None: never."""


class DeletedRepositories:
    """Lists, brings back and removes what was deleted. `on_rollback` and `on_commit` as for `Repositories`; what was deleted
    longer ago than `purge_after` is removed by a job."""

    def __init__(
        self,
        session: Session,
        *,
        vault: Vault,
        returns: RepositoryReturn,
        namespaces: Namespaces,
        pushes: Pushes,
        audit: Audit,
        clock: Clock,
        purge_after: timedelta | None,
        on_rollback: Callable[[Callable[[], None]], None],
        on_commit: Callable[[Callable[[], None]], None],
    ) -> None:
        self._session = session
        self._vault = vault
        self._returns = returns
        self._namespaces = namespaces
        self._pushes = pushes
        self._audit = audit
        self._clock = clock
        self._purge_after = purge_after
        self._on_rollback = on_rollback
        self._on_commit = on_commit

    def count(self) -> int:
        """How many there are."""
        return len(self._vault.discarded())

    def listed(self, text: str, *, after: str, limit: int) -> Sequence[DeletedFacts]:
        """Those with the text in their path, the one deleted last first; `after` is the folder behind which they go on."""
        found = [each for each in self._vault.discarded()[::-1] if text.casefold() in each.path.casefold()]
        begin = next((number for number, each in enumerate(found, start=1) if each.folder == after), 0)
        return [self.facts(each) for each in found[begin : begin + limit]]

    def named(self, name: str) -> Discarded:
        """The one in the folder of this name, or of this former path; of several the one deleted last. Raises NotFound."""
        found = [each for each in self._vault.discarded() if name in (each.folder, each.path)]
        if not found:
            raise NotFound(f"There is no deleted repository {name}.", hint="It was restored or removed, or never deleted.")
        return found[-1]

    def facts(self, found: Discarded) -> DeletedFacts:
        row = row_in(self._vault.remains_of(found)) or {}
        kept_until = found.at + self._purge_after if self._purge_after else None
        return DeletedFacts(found, str(row.get("kind", "")), row.get("size"), kept_until)

    def kept(self, found: Discarded, *, heir: User) -> Kept | None:
        """What comes back with it; None where that is the repository alone."""
        tables = self._vault.remains_of(found)
        number = number_in(tables)
        return None if number is None else self._returns.foretold(number, tables, heir=heir)

    def purge(self, found: Discarded) -> None:
        """Remove it for good, when the transaction held."""
        self._audit.record("repository.purge", Target("repository", number_in(self._vault.remains_of(found)), found.path))
        self._on_commit(lambda: self._vault.purge(found))

    def restore(
        self, found: Discarded, *, heir: User, owner: User | None = None, path: str | None = None
    ) -> RestoredRepository:
        """Serve a deleted repository again, by default where it was, with its rights, its followers and its pushes.

        It belongs to who had it, to `heir` where they are gone, or to `owner` if one is named. Of one that an older release
        deleted nothing more is known: it is private until its owner says otherwise. Raises Invalid, Conflict for a taken name.
        """
        kind, location = self._vault.restore(found)
        self._on_rollback(lambda: self._vault.put_back(location, found))
        tables, where = self._vault.remains(location), path or found.path
        number = number_in(tables)
        if number is None:
            return self._restore_bare(kind, location, where, owner or heir)
        self._on_commit(lambda: shutil.rmtree(tables, ignore_errors=True))
        return self._returns.bring_back(number, tables, location=location, path=where, heir=heir, owner=owner)

    def _restore_bare(self, kind: Kind, location: str, path: str, owner: User) -> RestoredRepository:
        """The repository alone, without anything that was known of it."""
        namespace = self._namespaces.claim(NamespacePath.parse(path), owner)
        repository = Repository(
            namespace=namespace,
            kind=kind.value,
            description="",
            is_private=True,
            owner=owner,
            created_at=self._clock(),
            location=location,
            publishing=self._vault.open(kind, location).keeper.publishing(),
        )
        self._session.add(repository)
        self._session.flush()
        self._pushes.refresh_tip(repository.id)
        after: dict[str, Value] = {"owner": owner.name, "private": True, "kind": kind.value}
        self._audit.record("repository.restore", Target("repository", repository.id, namespace.path), after=after)
        return RestoredRepository(namespace.path, owner.name, (), with_rights=False)
