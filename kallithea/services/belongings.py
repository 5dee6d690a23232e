"""What a person owns, and giving all of it to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kallithea.lib.errors import Conflict, Invalid
from kallithea.model import Group, Namespace, Repository, User, UserGroup
from kallithea.services.audit import Audit, Target

SHOWN = 100
"""Names of each kind that a page shows; the rest is counted."""


@dataclass(frozen=True, slots=True)
class OwnedKind:
    """Things of one kind that somebody owns: how many, and the names of the first."""

    noun: str
    count: int
    names: tuple[str, ...]


def _with_path(model: type[Repository] | type[Group]) -> Any:
    return select(Namespace.path.label("name")).join(model, model.namespace_id == Namespace.id)


# What has an owner: its word in the audit log, the table, and how to read the names.
_KINDS: tuple[tuple[str, Any, Any, Any], ...] = (
    ("repository", Repository, _with_path(Repository), Namespace.path_key),
    ("group",      Group,      _with_path(Group),      Namespace.path_key),
    ("user group", UserGroup,  select(UserGroup.name.label("name")), UserGroup.name_key),
)  # fmt: skip


class Belongings:
    """Reads and transfers what accounts own."""

    def __init__(self, session: Session, *, audit: Audit) -> None:
        self._session = session
        self._audit = audit

    def counts(self, user: User) -> dict[str, int]:
        """How many things of each kind somebody owns, without kinds of which there are none; in one statement."""
        numbers = [
            select(func.count()).select_from(model).where(model.owner_id == user.id).scalar_subquery().label(f"of_{number}")
            for number, (_, model, _, _) in enumerate(_KINDS)
        ]
        row = self._session.execute(select(*numbers)).one()
        return {noun: count for (noun, *_), count in zip(_KINDS, row, strict=True) if count}

    def of(self, user: User) -> Sequence[OwnedKind]:
        """What somebody owns, the first names of each kind in their order."""
        counts = self.counts(user)
        return [
            OwnedKind(noun, counts[noun], tuple(self._names(user, model, statement, key)))
            for noun, model, statement, key in _KINDS
            if noun in counts
        ]

    def give_all(self, user: User, to: User) -> int:
        """Make somebody else the owner of everything that a person owns; of how many things.

        Raises Invalid for the same person, Conflict for who is disabled.
        """
        if to.id == user.id:
            reason = "Choose somebody else."
            raise Invalid(reason, fields={"to": reason})
        if not to.is_active:
            raise Conflict(f"{to.name} is disabled.", hint="Choose somebody who can look after it.")
        given = 0
        for noun, model, statement, _ in _KINDS:
            kind = noun.replace(" ", "_")
            # An entry for each thing: who asks later who owned it asks about that thing.
            for row in self._session.execute(statement.add_columns(model.id).where(model.owner_id == user.id)).all():
                given += 1
                target = Target(kind, row.id, row.name)
                self._audit.record(f"{kind}.owner", target, before={"owner": user.name}, after={"owner": to.name})
            self._session.execute(update(model).where(model.owner_id == user.id).values(owner_id=to.id))
        return given

    def _names(self, user: User, model: Any, statement: Any, key: Any) -> Sequence[str]:
        return self._session.scalars(statement.where(model.owner_id == user.id).order_by(key).limit(SHOWN)).all()
