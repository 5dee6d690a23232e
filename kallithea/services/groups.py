"""Making, changing, moving and deleting repository groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.errors import Conflict, Invalid
from kallithea.lib.names import NamespacePath, path_key
from kallithea.model import ROOT_PATH, Group, Namespace, User
from kallithea.services.access.grants import AdminGrant, GroupFacts
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.namespaces import Namespaces

MAX_DESCRIPTION = 10_000


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group as the list of all shows it; `key` is where the next page goes on."""

    path: str
    key: str
    description: str
    owner: str


class Groups:
    """The verbs on groups."""

    def __init__(self, session: Session, *, namespaces: Namespaces, audit: Audit, clock: Clock) -> None:
        self._session = session
        self._audit = audit
        self._namespaces = namespaces
        self._clock = clock

    def listed(self, text: str = "", *, after: str = "", limit: int = 100) -> Sequence[ListedGroup]:
        """Groups by path, whoever may see them: those behind `after` that have a text in their path."""
        statement = (
            select(Namespace.path, Namespace.path_key, Group.description, User.name.label("owner"))
            .join(Group, Group.namespace_id == Namespace.id)
            .join(User, User.id == Group.owner_id)
            .where(Namespace.path_key > after)
            .order_by(Namespace.path_key)
            .limit(limit)
        )
        if text.strip():
            statement = statement.where(Namespace.path_key.contains(path_key(text.strip()), autoescape=True))
        return [ListedGroup(row.path, row.path_key, row.description, row.owner) for row in self._session.execute(statement)]

    def create(self, path: str, *, owner: User, description: str = "") -> Group:
        """Make an empty group, and the groups above it where the actor may.

        Raises Invalid, Conflict for a taken name, Unauthenticated or Forbidden.
        """
        wanted, about = NamespacePath.parse(path, field="group_name"), _description(description)
        group = Group(
            namespace=self._namespaces.claim(wanted, owner, about), description=about, owner=owner, created_at=self._clock()
        )
        self._session.add(group)
        self._session.flush()
        self._audit.record("group.create", Target("group", group.id, wanted.text), after={"owner": owner.name})
        return group

    def describe(self, grant: AdminGrant[GroupFacts], description: str) -> None:
        """Change what is said about a group. Raises Invalid."""
        row = self._row(grant)
        before, row.description = row.description, _description(description)
        self._namespaces.described(row.namespace)
        self._changed("group.change", grant, before={"description": before}, after={"description": row.description})

    def give_to(self, grant: AdminGrant[GroupFacts], owner: User) -> None:
        """Make somebody else the owner."""
        row = self._row(grant)
        before, row.owner = row.owner.name, owner
        self._changed("group.owner", grant, before={"owner": before}, after={"owner": owner.name})

    def rename(self, grant: AdminGrant[GroupFacts], text: str) -> NamespacePath:
        """Give a group and all that is in it another path. Nothing moves on disk, and the old paths lead to the new ones.

        Raises Invalid, Conflict, Unauthenticated, Forbidden.
        """
        path = NamespacePath.parse(text, field="group_name")
        row = self._row(grant)
        self._namespaces.move(row.namespace, path, owner=row.owner)
        self._changed("group.rename", grant, before={"path": grant.target.path}, after={"path": path.text})
        return path

    def is_empty(self, grant: AdminGrant[GroupFacts]) -> bool:
        """Whether there is nothing in a group, seen or not."""
        inside = select(Namespace.id).join(Group, Group.namespace_id == Namespace.parent_id).where(Group.id == grant.target.id)
        return self._session.scalar(inside.limit(1)) is None

    def delete(self, grant: AdminGrant[GroupFacts]) -> None:
        """Delete a group in which there is nothing. Raises Conflict."""
        row = self._row(grant)
        if not self.is_empty(grant):
            raise Conflict(
                f"{grant.target.path} is not empty.", hint="Move or delete what is in it first; there may be more than you see."
            )
        namespace = row.namespace
        before = {"description": row.description, "owner": row.owner.name}
        self._audit.record("group.delete", _target(grant), before=before)
        self._session.delete(row)
        self._session.flush()
        self._namespaces.release(namespace)

    def _changed(
        self, action: str, grant: AdminGrant[GroupFacts], *, before: Mapping[str, Value], after: Mapping[str, Value]
    ) -> None:
        self._audit.record_change(action, _target(grant), before=before, after=after)

    def _row(self, grant: AdminGrant[GroupFacts]) -> Group:
        if grant.target.path == ROOT_PATH:
            raise Invalid("The top is no group.")
        return self._session.get_one(Group, grant.target.id)


def _target(grant: AdminGrant[GroupFacts]) -> Target:
    return Target("group", grant.target.id, grant.target.path)


def _description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION:
        reason = f"A description has at most {MAX_DESCRIPTION} characters."
        raise Invalid(reason, fields={"group_description": reason})
    return text.strip()
