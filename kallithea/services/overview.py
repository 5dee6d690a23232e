"""How much there is of everything, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kallithea.lib.vcs import Kind
from kallithea.model import Group, Namespace, Repository, User, UserGroup


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of everything."""

    people: int
    disabled: int
    administrators: int
    user_groups: int
    groups: int
    hg: int
    git: int
    unmeasured: int
    """Repositories whose size nobody has measured yet."""
    size: int
    """Bytes of all that were measured."""


@dataclass(frozen=True, slots=True)
class MeasuredRepository:
    """A repository and its bytes on disk, as of its last maintenance."""

    path: str
    kind: Kind
    size: int


class Overview:
    """Counts and compares."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def counts(self) -> Counts:
        """Everything counted, in one statement."""
        repositories = select(func.count()).select_from(Repository)
        people = select(func.count()).select_from(User)
        row = self._session.execute(
            select(
                people.scalar_subquery().label("people"),
                people.where(~User.is_active).scalar_subquery().label("disabled"),
                people.where(User.is_administrator, User.is_active).scalar_subquery().label("administrators"),
                select(func.count()).select_from(UserGroup).scalar_subquery().label("user_groups"),
                select(func.count()).select_from(Group).scalar_subquery().label("groups"),
                repositories.where(Repository.kind == Kind.HG.value).scalar_subquery().label("hg"),
                repositories.where(Repository.kind == Kind.GIT.value).scalar_subquery().label("git"),
                repositories.where(Repository.size.is_(None)).scalar_subquery().label("unmeasured"),
                select(func.coalesce(func.sum(Repository.size), 0)).scalar_subquery().label("size"),
            )
        ).one()
        return Counts(*map(int, row))

    def largest(self, limit: int) -> Sequence[MeasuredRepository]:
        """The largest repositories, the largest first."""
        statement: Any = (
            select(Namespace.path, Repository.kind, Repository.size)
            .join(Namespace, Namespace.id == Repository.namespace_id)
            .where(Repository.size.is_not(None))
            .order_by(Repository.size.desc(), Repository.id)
            .limit(limit)
        )
        return [MeasuredRepository(row.path, Kind(row.kind), row.size) for row in self._session.execute(statement)]
