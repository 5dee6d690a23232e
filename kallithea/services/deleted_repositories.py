"""Deleted repositories, and how they come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.names import NamespacePath
from kallithea.lib.vcs import Discarded, Kind, Vault
from kallithea.model import Repository, User
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.backups.one_repository import RepositoryReturn, RestoredRepository
from kallithea.services.backups.remains import number_in
from kallithea.services.namespaces import Namespaces
from kallithea.services.pushes import Pushes


class DeletedRepositories:
    """Brings back what was deleted. `on_rollback` and `on_commit` as for `Repositories`."""

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
        self._on_rollback = on_rollback
        self._on_commit = on_commit

    def restore(
        self, found: Discarded, *, heir: User, owner: User | None = None, path: str | None = None
    ) -> RestoredRepository:
        """Serve a deleted repository again, by default where it was, with its rights, its followers and its pushes.

        It belongs to who had it, to `heir` where they are gone, or to `owner` if one is named. Of one that an older release
        deleted nothing more is known: it is private until its owner says otherwise. Raises Invalid, Conflict for a taken name.
        """
        kind, location = self._vault.restore(found)
        # As it was deleted, and not just now, should it go back there.
        self._on_rollback(lambda: self._discard(location, found))
        tables, where = self._vault.remains(location), path or found.path
        number = number_in(tables)
        if number is None:
            return self._restore_bare(kind, location, where, owner or heir)
        self._on_commit(lambda: shutil.rmtree(tables, ignore_errors=True))
        return self._returns.bring_back(number, tables, location=location, path=where, heir=heir, owner=owner)

    def _discard(self, location: str, found: Discarded) -> None:
        self._vault.discard(location, name=found.path, now=found.at)

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
