"""The repositories and groups that an actor may see, filtered by the database in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.names import path_key
from kallithea.lib.vcs import Kind
from kallithea.model import PUBLIC_ACCESS, GrantRow, Group, Namespace, Repository, Setting
from kallithea.services.access.control import AccessControl
from kallithea.services.actors import Anonymous, Member, System

COUNTED_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class RepositoryLine:
    """A repository as lists show it; the tip is None while it is empty."""

    id: int
    path: str
    kind: Kind
    description: str
    is_private: bool
    tip_id: str | None
    tip_author: str | None
    tip_summary: str | None
    tip_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """What to list: words that must occur in path or description, one kind, below one group."""

    text: str = ""
    kind: Kind | None = None
    below: str = ""


class Listing:
    """Lists what one actor may see. It follows the same rules as `decision.decide`, which a property test holds."""

    def __init__(self, session: Session, access: AccessControl) -> None:
        self._session = session
        self._access = access

    def repositories(self, wanted: ListingFilter, *, offset: int = 0, limit: int = 100) -> Sequence[RepositoryLine]:
        """A page of visible repositories by path."""
        statement = self._visible(wanted).order_by(Namespace.path_key).offset(offset).limit(limit)
        return [
            RepositoryLine(
                row.id, row.path, Kind(row.kind), row.description, row.is_private,
                row.tip_id, row.tip_author, row.tip_summary, row.tip_at,
            )
            for row in self._session.execute(statement)
        ]  # fmt: skip

    def count(self, wanted: ListingFilter) -> int:
        """How many visible repositories there are; counting stops behind COUNTED_AT_MOST."""
        limited = self._visible(wanted).with_only_columns(Repository.id).limit(COUNTED_AT_MOST + 1).subquery()
        return self._session.execute(select(func.count()).select_from(limited)).scalar_one()

    def groups(self, below: str = "") -> Sequence[tuple[str, str]]:
        """Path and description of the visible groups directly below a group or at the top."""
        statement = (
            select(Namespace.path, Group.description)
            .join(Group, Group.namespace_id == Namespace.id)
            .where(Namespace.parent_id == select(Namespace.id).where(Namespace.path_key == path_key(below)).scalar_subquery())
            .order_by(Namespace.path_key)
        )
        if not self._sees_everything():
            groups = self._group_access
            statement = statement.join(groups, groups.c.id == Namespace.id).where(
                or_(groups.c.named >= Access.READ, groups.c.public >= Access.READ)
            )
        return [(row.path, row.description) for row in self._session.execute(statement)]

    def groups_to_create_in(self) -> Sequence[str]:
        """The paths of the groups directly in which the actor may make repositories."""
        statement = select(Namespace.path).join(Group, Group.namespace_id == Namespace.id).order_by(Namespace.path_key)
        if not self._sees_everything():
            groups = self._group_access
            allowed = select(GrantRow.namespace_id).where(GrantRow.may_create, GrantRow.principal.in_(self._access.principals))
            statement = statement.join(groups, groups.c.id == Namespace.id).where(
                or_(
                    groups.c.named >= Access.ADMIN,
                    groups.c.public >= Access.ADMIN,
                    and_(
                        Namespace.id.in_(allowed),
                        # What one may not read is not offered, though one may create in it who knows the name.
                        or_(groups.c.named >= Access.READ, groups.c.public >= Access.READ),
                    ),
                )
            )
        return self._session.scalars(statement.limit(200)).all()

    def _sees_everything(self) -> bool:
        actor = self._access.actor
        return isinstance(actor, System) or (isinstance(actor, Member) and actor.is_administrator)

    def _visible(self, wanted: ListingFilter) -> Any:
        statement: Any = (
            select(
                Repository.id, Namespace.path, Repository.kind, Repository.description, Repository.is_private,
                Repository.tip_id, Repository.tip_author, Repository.tip_summary, Repository.tip_at,
            )
            .join(Namespace, Namespace.id == Repository.namespace_id)
        )  # fmt: skip
        for word in wanted.text.split()[:8]:
            pattern = f"%{_escaped(path_key(word))}%"
            statement = statement.where(
                or_(
                    Namespace.path_key.like(pattern, escape="\\"),
                    func.lower(Repository.description).like(f"%{_escaped(word.lower())}%", escape="\\"),
                )
            )
        if wanted.kind is not None:
            statement = statement.where(Repository.kind == wanted.kind.value)
        if wanted.below:
            statement = statement.where(Namespace.path_key.like(f"{_escaped(path_key(wanted.below))}/%", escape="\\"))
        if self._sees_everything():
            return statement
        return self._only_readable(statement)

    def _only_readable(self, statement: Any) -> Any:
        own, groups = self._own_rules, self._group_access
        named = _strongest(own.c.named, case((Namespace.inherits, groups.c.named), else_=0))
        public = _strongest(own.c.public, case((Namespace.inherits, groups.c.public), else_=0))
        actor = self._access.actor
        readable: ColumnElement[bool] = or_(
            named >= Access.READ, and_(~Repository.is_private, public >= Access.READ), _is_owner(Repository.owner_id, actor)
        )
        if isinstance(actor, Anonymous):
            readable = and_(readable, _public_access_is_on())
        return (
            statement.outerjoin(own, own.c.namespace_id == Namespace.id)
            .outerjoin(groups, groups.c.id == Namespace.parent_id)
            .where(readable)
        )

    @cached_property
    def _own_rules(self) -> CTE:
        """What the actor has at each namespace by rules written there: as somebody (`named`), as everybody (`public`)."""
        is_public = GrantRow.principal.in_([PrincipalKind.ANYONE.value, PrincipalKind.MEMBERS.value])
        return (
            select(
                GrantRow.namespace_id,
                func.max(case((is_public, 0), else_=GrantRow.access)).label("named"),
                func.max(case((is_public, GrantRow.access), else_=0)).label("public"),
            )
            .where(GrantRow.principal.in_(self._access.principals))
            .group_by(GrantRow.namespace_id)
            .cte("own_rules")
        )

    @cached_property
    def _group_access(self) -> CTE:
        """What the actor has on each group, with what comes from above: groups are few, so this walks them all."""
        own, actor = self._own_rules, self._access.actor

        def owned_or(column: ColumnElement[int]) -> ColumnElement[int]:
            return case((_is_owner(Group.owner_id, actor), int(Access.ADMIN)), else_=func.coalesce(column, 0))

        top = (
            select(Namespace.id, owned_or(own.c.named).label("named"), func.coalesce(own.c.public, 0).label("public"))
            .join(Group, Group.namespace_id == Namespace.id)
            .outerjoin(own, own.c.namespace_id == Namespace.id)
            .where(Namespace.parent_id == select(Namespace.id).where(Namespace.path_key == "").scalar_subquery())
            .cte("group_access", recursive=True)
        )
        below = (
            select(
                Namespace.id,
                _strongest(owned_or(own.c.named), case((Namespace.inherits, top.c.named), else_=0)),
                _strongest(own.c.public, case((Namespace.inherits, top.c.public), else_=0)),
            )
            .join(Group, Group.namespace_id == Namespace.id)
            .join(top, top.c.id == Namespace.parent_id)
            .outerjoin(own, own.c.namespace_id == Namespace.id)
        )
        return top.union_all(below)


def _strongest(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[int]:
    # GREATEST is MAX in SQLite and differs over NULL elsewhere; CASE is the same everywhere.
    a, b = func.coalesce(a, 0), func.coalesce(b, 0)
    return case((a >= b, a), else_=b)


def _is_owner(column: Any, actor: object) -> ColumnElement[bool]:
    return column == actor.id if isinstance(actor, Member) else literal(1) == 0


def _public_access_is_on() -> ColumnElement[bool]:
    off = select(literal(1)).where(Setting.name == PUBLIC_ACCESS, Setting.value == "false").exists()
    return ~off


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
