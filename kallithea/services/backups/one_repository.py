"""Restores one repository into a running instance, of a backup or one that was deleted: with its rights, followers and ledger.

People and groups of users are found by their names: numbers may mean others by now. What was granted to somebody who is not
there any more is left out and told, and so are tokens and keys of the repository (`openers.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from kallithea.lib.access import PrincipalKind
from kallithea.lib.errors import NotFound
from kallithea.lib.names import NamespacePath
from kallithea.model import Following, GrantRow, Push, RefUpdateRow, Repository, User, UserGroup
from kallithea.model.grant import principal_key
from kallithea.services.access.sources import GrantSources
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.backups.copying import Tell, restore_file, restore_folder
from kallithea.services.backups.dump import Row, moment_of, rows_of
from kallithea.services.backups.format import SavedRepository, Summary, read_manifest
from kallithea.services.backups.openers import bind_again, to_make_again
from kallithea.services.backups.remains import LAST, RELATIVES
from kallithea.services.jobs import Jobs
from kallithea.services.namespaces import Namespaces
from kallithea.services.pieces import pieces
from kallithea.services.pushes import Pushes
from kallithea.services.relations import touch
from kallithea.services.statistics import COUNT

ROWS = 500


@dataclass(frozen=True, slots=True)
class RestoredRepository:
    """What was restored, and what could not be."""

    path: str
    owner: str
    left_out: tuple[str, ...]
    """Those who had access and are not there any more."""
    with_rights: bool = True
    """False where nothing was kept of who had access."""
    to_make_again: tuple[str, ...] = ()
    """Its deploy tokens and deploy keys, which do not come back."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of a deleted repository, and so is there again when it is restored."""

    owner: str
    """Whose it will be, unless somebody else is named."""
    is_private: bool
    description: str
    grants: int
    followers: int
    pushes: int
    left_out: tuple[str, ...]
    """Those who had access and are not there any more."""
    to_make_again: tuple[str, ...]


def copy_tables(backup: Path, summary: Summary, target: Path) -> None:
    """Copy the tables of a backup to a new folder. Raises BackupBroken."""
    target.mkdir(mode=0o700)
    for entry in read_manifest(backup, summary.database):
        restore_file(backup / summary.database.folder, target / entry.path, entry, tell=lambda _size: None)


def filling(backup: Path, saved: SavedRepository, *, tell: Tell) -> Callable[[Path], None]:
    """What copies a repository of a backup to a new folder; it raises BackupBroken."""
    entries = read_manifest(backup, saved.part)
    return lambda target: restore_folder(backup / saved.part.folder, target, entries, tell=tell)


class RepositoryReturn:
    """Lets a repository that was copied be one of the instance, within a unit of work."""

    def __init__(self, session: Session, *, namespaces: Namespaces, audit: Audit, pushes: Pushes, jobs: Jobs) -> None:
        self._session = session
        self._jobs = jobs
        self._namespaces = namespaces
        self._audit = audit
        self._pushes = pushes

    def bring_back(
        self, number: int, tables: Path, *, location: str, path: str, heir: User, owner: User | None = None
    ) -> RestoredRepository:
        """Give a repository that lies at a location again its rows: those of this number in the tables of the backup.

        It belongs to who had it, to `heir` where they are gone, or to `owner` if one is named. Raises Invalid, Conflict for a
        taken name.
        """
        row = _row(tables, "repository", number)
        people = self._people(tables)
        owner = owner or self._session.get(User, people.get(row["owner_id"], heir.id)) or heir
        namespace = self._namespaces.claim(NamespacePath.parse(path), owner, row["description"])
        GrantSources(self._session).switch(namespace, bool(_row(tables, "namespace", row["namespace_id"])["inherits"]))
        restored = Repository(
            namespace=namespace,
            kind=row["kind"],
            description=row["description"],
            is_private=bool(row["is_private"]),
            owner=owner,
            created_at=moment_of(row["created_at"]),
            location=location,
            publishing=bool(row["publishing"]),
            landing=row["landing"],
            issue_links=row.get("issue_links"),
        )
        self._session.add(restored)
        self._session.flush()
        left_out = self._grants(tables, row["namespace_id"], namespace.id, people)
        self._ledger(tables, number, restored.id, people)
        self._followers(tables, number, restored.id, people)
        self._namespaces.recall(namespace, _former_paths(tables, row["namespace_id"]))
        self._relatives(tables, row, restored)
        bind_again(self._session, tables, namespace.id, people)
        self._pushes.refresh_tip(restored.id)
        self._jobs.ask(f"{COUNT}:{restored.id}")
        after: dict[str, Value] = {"owner": restored.owner.name, "private": restored.is_private, "kind": restored.kind}
        self._audit.record("repository.restore", Target("repository", restored.id, namespace.path), after=after)
        again = tuple(to_make_again(tables, number))
        return RestoredRepository(namespace.path, owner.name, tuple(left_out), to_make_again=again)

    def foretold(self, number: int, tables: Path, *, heir: User) -> Kept:
        """What `bring_back` would bring back, without doing it."""
        row, people = _row(tables, "repository", number), self._people(tables)
        owner = self._session.get(User, people.get(row["owner_id"], heir.id)) or heir
        grants, left_out = self._kept_grants(tables, row["namespace_id"], people)
        return Kept(
            owner=owner.name,
            is_private=bool(row["is_private"]),
            description=row["description"],
            grants=len(grants),
            followers=sum(each["user_id"] in people for each in _of(tables, "following", number)),
            pushes=sum(1 for _ in _of(tables, "push", number)),
            left_out=tuple(left_out),
            to_make_again=tuple(to_make_again(tables, number)),
        )

    def _people(self, tables: Path) -> Mapping[int, int]:
        """The numbers that accounts of the backup have here, by those that they had there."""
        here = {row.name_key: row.id for row in self._session.execute(select(User.name_key, User.id))}
        return {row["id"]: here[row["name_key"]] for row in rows_of(tables, "user") if row["name_key"] in here}

    def _groups(self, tables: Path) -> Mapping[int, int]:
        here = {row.name_key: row.id for row in self._session.execute(select(UserGroup.name_key, UserGroup.id))}
        return {row["id"]: here[row["name_key"]] for row in rows_of(tables, "user_group") if row["name_key"] in here}

    def _kept_grants(
        self, tables: Path, old: int, people: Mapping[int, int]
    ) -> tuple[Sequence[tuple[Row, int | None, int | None]], Sequence[str]]:
        """What was granted to those who are here, with their numbers here as users or groups; and the names of all others."""
        groups = self._groups(tables)
        kept, left_out = [], []
        for row in rows_of(tables, "grant"):
            if row["namespace_id"] != old:
                continue
            user, group = people.get(row["user_id"]), groups.get(row["user_group_id"])
            if (row["user_id"] and not user) or (row["user_group_id"] and not group):
                left_out.append(_name_of(tables, row))
            else:
                kept.append((row, user, group))
        return kept, left_out

    def _grants(self, tables: Path, old: int, new: int, people: Mapping[int, int]) -> Sequence[str]:
        kept, left_out = self._kept_grants(tables, old, people)
        # What everybody may do with something new at the top is not what was granted on this one.
        self._session.execute(delete(GrantRow).where(GrantRow.namespace_id == new))
        for row, user, group in kept:
            principal = row["principal"]
            if user:
                principal = principal_key(PrincipalKind.USER, user)
            elif group:
                principal = principal_key(PrincipalKind.USER_GROUP, group)
            values = {"principal": principal, "user_id": user, "user_group_id": group}
            may_create = bool(row["may_create"])
            self._session.add(GrantRow(namespace_id=new, access=row["access"], may_create=may_create, **values))
        self._session.flush()
        return left_out

    def _followers(self, tables: Path, old: int, new: int, people: Mapping[int, int]) -> None:
        for row in _of(tables, "following", old):
            if user := people.get(row["user_id"]):
                self._session.add(Following(user_id=user, repository_id=new, since=moment_of(row["since"])))
        self._session.flush()

    def _relatives(self, tables: Path, row: Row, restored: Repository) -> None:
        """What it was forked from, and the forks that nothing else is the origin of by now; found by where they lie."""
        kept = tables / f"{RELATIVES}.jsonl"
        parent, forks = None, []
        for each in rows_of(tables, RELATIVES if kept.exists() else LAST):
            if each["id"] == row.get("forked_from_id"):
                parent = each["location"]
            elif each.get("forked_from_id") == row["id"]:
                forks.append(each["location"])
        same_kind = Repository.kind == restored.kind
        if parent and (origin := self._session.scalar(select(Repository.id).where(Repository.location == parent, same_kind))):
            restored.forked_from_id = origin
            touch(self._session, origin)
        for some in pieces(forks):
            orphans = (Repository.location.in_(some), same_kind, Repository.forked_from_id.is_(None))
            self._session.execute(update(Repository).where(*orphans).values(forked_from_id=restored.id))
        self._session.flush()

    def _ledger(self, tables: Path, old: int, new: int, people: Mapping[int, int]) -> None:
        numbers: dict[int, int] = {}
        for row in _of(tables, "push", old):
            kept = {name: row[name] for name in ("user_name", "transport", "address", "client")}
            user = people.get(row["user_id"])
            push = Push(repository_id=new, user_id=user, pushed_at=moment_of(row["pushed_at"]), **kept)
            self._session.add(push)
            self._session.flush()
            numbers[row["id"]] = push.id
        updates: list[Row] = []
        for row in rows_of(tables, "ref_update"):
            if row["push_id"] in numbers:
                updates.append(
                    {**{name: row[name] for name in ("kind", "name", "old", "new")}, "push_id": numbers[row["push_id"]]}
                )
            if len(updates) >= ROWS:
                self._session.execute(insert(RefUpdateRow), updates)
                updates = []
        if updates:
            self._session.execute(insert(RefUpdateRow), updates)


def _row(tables: Path, table: str, number: int) -> Row:
    for row in rows_of(tables, table):
        if row["id"] == number:
            return row
    raise NotFound(f"The backup has no row {number} in its table {table}.")


def _of(tables: Path, table: str, number: int) -> Iterator[Row]:
    """The rows about the repository of this number; none in a backup of a release that had no such table."""
    if not (tables / f"{table}.jsonl").exists():
        return iter(())
    return (row for row in rows_of(tables, table) if row["repository_id"] == number)


def _former_paths(tables: Path, namespace: int) -> Mapping[str, datetime]:
    """Where it was before, and until when."""
    if not (tables / "former_path.jsonl").exists():  # of a release that did not keep them
        return {}
    rows = (row for row in rows_of(tables, "former_path") if row["namespace_id"] == namespace)
    return {row["path_key"]: moment_of(row["moved_at"]) for row in rows}


def _name_of(tables: Path, grant: Row) -> str:
    word, table = ("user", "user") if grant["user_id"] else ("group", "user_group")
    return f"{word}:{_row(tables, table, grant['user_id'] or grant['user_group_id'])['name']}"
