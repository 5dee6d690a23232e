"""Making, changing, renaming, deleting and adopting repositories."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Invalid, KallitheaError
from kallithea.lib.issues import repository_rules
from kallithea.lib.names import NamespacePath
from kallithea.lib.vcs import Kind, RepositoryMissing, Vault
from kallithea.model import COPYING, READY, Namespace, Repository, User
from kallithea.services.access.grants import AdminGrant, ReadGrant, RepositoryFacts
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.backups.remains import write_remains
from kallithea.services.namespaces import Namespaces
from kallithea.services.pushes import Pushes
from kallithea.services.relations import touch
from kallithea.services.site_settings import SiteSettings

log = logging.getLogger(__name__)

MAX_DESCRIPTION = 10_000


@dataclass(frozen=True, slots=True)
class NewRepository:
    """What it takes to make a repository; whether it is private, the site says where nobody does (None)."""

    path: str
    kind: str
    description: str = ""
    is_private: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository lies on disk."""

    id: int
    path: str
    kind: Kind
    location: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What `adopt_all` did with one folder: `problem` is None where it is served now."""

    location: str
    kind: Kind
    problem: str | None = None


class Repositories:
    """The verbs on repositories. `on_rollback` takes what must be undone on disk if the transaction fails, `on_commit` what may
    only happen on disk when it held."""

    def __init__(
        self,
        session: Session,
        *,
        namespaces: Namespaces,
        settings: SiteSettings,
        audit: Audit,
        vault: Vault,
        pushes: Pushes,
        clock: Clock,
        on_rollback: Callable[[Callable[[], None]], None],
        on_commit: Callable[[Callable[[], None]], None],
    ) -> None:
        self._session = session
        self._namespaces = namespaces
        self._settings = settings
        self._audit = audit
        self._vault = vault
        self._pushes = pushes
        self._clock = clock
        self._on_rollback = on_rollback
        self._on_commit = on_commit

    def create(self, new: NewRepository, *, owner: User) -> Repository:
        """Make an empty repository, and the groups above it where the actor may.

        Raises Invalid, Conflict for a taken name, Unauthenticated or Forbidden.
        """
        repository = self._new(new, owner)
        location, path = self._vault.create(Kind(new.kind)), repository.namespace.path
        self._on_rollback(lambda: self._discard(location, path))
        repository.location = location
        self._session.add(repository)
        self._session.flush()
        self._audit.record("repository.create", _target(repository), after=_facts(repository))
        return repository

    def create_fork(self, parent: ReadGrant[RepositoryFacts], new: NewRepository, *, owner: User) -> Repository:
        """Make the row of a repository that will be a copy of another one; what it holds comes later. Raises as `create`."""
        facts = parent.target
        repository = self._new(new, owner)
        repository.location, repository.state = self._vault.new_location(), COPYING
        repository.forked_from_id = facts.id
        repository.publishing, repository.landing = facts.publishing, facts.landing
        self._session.add(repository)
        self._session.flush()
        return repository

    def _new(self, new: NewRepository, owner: User) -> Repository:
        """A row that is not in the session yet, in its claimed namespace."""
        path = NamespacePath.parse(new.path)
        kind = _kind(new.kind)
        description = _description(new.description)
        return Repository(
            namespace=self._namespaces.claim(path, owner, description),
            kind=kind.value,
            description=description,
            is_private=self._settings.permissions().new_are_private if new.is_private is None else new.is_private,
            owner=owner,
            created_at=self._clock(),
        )

    def get(self, grant: AdminGrant[RepositoryFacts]) -> Repository:
        """The row behind a grant, to change it."""
        return self._session.get_one(Repository, grant.target.id)

    def describe(
        self,
        grant: AdminGrant[RepositoryFacts],
        *,
        description: str | None,
        is_private: bool | None,
        issue_links: str | None = None,
    ) -> None:
        """Change what is said about a repository, whether it is private, and how its messages name issues; None leaves it."""
        row = self.get(grant)
        before = _facts(row)
        if description is not None:
            row.description = _description(description)
            self._namespaces.described(row.namespace)
        if is_private is not None and is_private != row.is_private:
            row.is_private = is_private
            self._tell_parent(row)
        if issue_links is not None:
            row.issue_links = _issue_links(issue_links)
        self._audit.record_change("repository.change", _target(row), before=before, after=_facts(row))

    def give_to(self, grant: AdminGrant[RepositoryFacts], owner: User) -> None:
        """Make somebody else the owner."""
        row = self.get(grant)
        before = {"owner": row.owner.name}
        row.owner = owner
        self._audit.record_change("repository.owner", _target(row), before=before, after={"owner": owner.name})

    def rename(self, grant: AdminGrant[RepositoryFacts], text: str) -> NamespacePath:
        """Give a repository another path, making the groups above it where the actor may. Nothing moves on disk, and the old
        path leads to the new one."""
        path = NamespacePath.parse(text)
        row = self.get(grant)
        before = {"path": row.namespace.path}
        self._namespaces.move(row.namespace, path, owner=row.owner)
        self._audit.record_change("repository.rename", _target(row), before=before, after={"path": path.text})
        return path

    def delete(self, grant: AdminGrant[RepositoryFacts]) -> None:
        """Delete a repository with its grants and pushes; its folder is moved aside when that held, with all that it had. What
        is not ready, and so not whole, is gone.
        """
        row = self.get(grant)
        if row.state == READY:
            self._keep_remains(row)
        location, path, namespace = row.location, row.namespace.path, row.namespace
        discard = self._discard if row.state == READY else self._discard_copy
        self._tell_parent(row)
        self._audit.record("repository.delete", _target(row), before=_facts(row))
        self._session.delete(row)
        self._session.flush()
        self._namespaces.release(namespace)
        self._on_commit(lambda: discard(location, path))

    def place_of(self, repository_id: int) -> Place | None:
        """Where a repository lies; None if it is gone, or not there yet."""
        row = self._session.get(Repository, repository_id)
        if row is None or row.state != READY:
            return None
        return Place(row.id, row.namespace.path, Kind(row.kind), row.location)

    def places(self) -> Sequence[Place]:
        """Where every repository lies, by path."""
        statement = select(Repository).join(Repository.namespace).where(Repository.state == READY)
        rows = self._session.scalars(statement.order_by(Namespace.path_key))
        return [Place(row.id, row.namespace.path, Kind(row.kind), row.location) for row in rows]

    def measured(self, repository_id: int, size: int) -> None:
        """Remember how many bytes a repository has on disk."""
        self._session.execute(update(Repository).where(Repository.id == repository_id).values(size=size))

    def adopt_all(self, *, owner: User) -> Iterator[Adoption]:
        """Take over the repositories under the vault's root that have no row yet, under the path where they lie."""
        known = set(self._session.scalars(select(Repository.location)))
        for kind, location in self._vault.find():
            if location in known:
                continue
            try:
                self._adopt(kind, location, owner)
            except KallitheaError as error:
                yield Adoption(location, kind, error.message)
            else:
                yield Adoption(location, kind)

    def missing_on_disk(self) -> Iterator[str]:
        """Paths of the repositories whose folder is gone."""
        for row in self._session.scalars(select(Repository).where(Repository.state == READY).order_by(Repository.id)):
            if not self._vault.open(Kind(row.kind), row.location).path.is_dir():
                yield row.namespace.path

    def _adopt(self, kind: Kind, location: str, owner: User) -> None:
        path = NamespacePath.adopt(location)
        backend = self._vault.open(kind, location)
        backend.keeper.adopt()
        with self._session.begin_nested():
            namespace = self._namespaces.claim(path, owner)
            repository = Repository(
                namespace=namespace,
                kind=kind.value,
                description="",
                owner=owner,
                created_at=self._clock(),
                location=location,
                publishing=backend.keeper.publishing(),
            )
            self._session.add(repository)
            self._session.flush()
            self._pushes.refresh_tip(repository.id)
            self._audit.record("repository.adopt", _target(repository), after=_facts(repository))

    def _keep_remains(self, row: Repository) -> None:
        """Write down what it takes to bring it back as it is. Without room for that it is deleted all the same."""
        folder = self._vault.remains(row.location)
        self._on_rollback(lambda: shutil.rmtree(folder, ignore_errors=True))
        try:
            write_remains(self._session, row, folder)
        except OSError as error:
            log.warning("%s will come back without its rights: %s", row.namespace.path, error)
            shutil.rmtree(folder, ignore_errors=True)

    def _discard(self, location: str, name: str) -> None:
        self._vault.discard(location, name=name, now=self._clock(), by=self._audit.who)

    def _discard_copy(self, location: str, name: str) -> None:
        """As `_discard`, for a copy that may not be there: who works at it erases it when it finds no row."""
        with suppress(RepositoryMissing):
            self._discard(location, name)
        self._vault.forget_copy(location, erase=True)

    def _tell_parent(self, fork: Repository) -> None:
        """Have the pages of its parent rendered anew, which count forks."""
        if fork.forked_from_id is not None:
            touch(self._session, fork.forked_from_id)


def _target(row: Repository) -> Target:
    return Target("repository", row.id, row.namespace.path)


def _facts(row: Repository) -> dict[str, Value]:
    """What the audit log says of a repository."""
    return {
        "kind": row.kind,
        "description": row.description,
        "private": row.is_private,
        "owner": row.owner.name,
        "issue_links": row.issue_links,
    }


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        reason = "Choose hg or git."
        raise Invalid(reason, fields={"repo_type": reason}) from None


def _issue_links(text: str) -> str | None:
    """The patterns with a line each. Raises Invalid."""
    try:
        repository_rules(text)
    except Invalid as error:
        raise Invalid(error.message, fields={"issue_links": error.message}) from None
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip()) or None


def _description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION:
        reason = f"A description has at most {MAX_DESCRIPTION} characters."
        raise Invalid(reason, fields={"repo_description": reason})
    return text.strip()
