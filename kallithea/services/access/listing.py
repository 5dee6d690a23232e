"""The repositories and groups that an actor may see, filtered by the database in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, bindparam, case, false, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.names import path_key
from kallithea.lib.networks import is_listed
from kallithea.lib.vcs import Kind
from kallithea.model import PUBLIC_ACCESS, Following, GrantRow, Group, Namespace, Repository, Setting
from kallithea.services.access.control import NETWORKS, AccessControl
from kallithea.services.actors import Anonymous, Deployment, Member, System

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
    """What to list: words that must occur in path or description, one kind, below one group; the forks of a repository, what a
    member follows."""

    text: str = ""
    kind: Kind | None = None
    below: str = ""
    forks_of: int | None = None
    followed_by: int | None = None


class Viewer(Enum):
    """Which rules filter the list: the statement of each is built once, with the actor as parameters."""

    EVERYTHING = "administrators and the system"
    MEMBER = "members"
    VISITOR = "visitors"
    NOBODY = "those who come from a forbidden address"


class Listing:
    """Lists what one actor may see. It follows the same rules as `decision.decide`, which a property test holds."""

    def __init__(self, session: Session, access: AccessControl) -> None:
        self._session = session
        self._access = access
        self._viewer = _viewer(access)
        places = _places(access)
        self._is_bound = places is not None
        # Nobody has the number 0.
        actor_id = access.actor.id if isinstance(access.actor, Member) else 0
        self._values = {"principals": access.principals, "actor_id": actor_id}
        if places is not None:
            self._values["places"] = sorted(places)

    def repositories(self, wanted: ListingFilter, *, offset: int = 0, limit: int = 100) -> Sequence[RepositoryLine]:
        """A page of visible repositories by path."""
        statement = _filtered(_visible_repositories(self._viewer, self._is_bound), wanted)
        rows = self._session.execute(statement.order_by(Namespace.path_key).offset(offset).limit(limit), self._values)
        return [
            RepositoryLine(
                row.id, row.path, Kind(row.kind), row.description, row.is_private,
                row.tip_id, row.tip_author, row.tip_summary, row.tip_at,
            )
            for row in self._admitted(rows)
        ]  # fmt: skip

    def count(self, wanted: ListingFilter) -> int:
        """How many visible repositories there are; counting stops behind COUNTED_AT_MOST."""
        limited = _filtered(_visible_ids(self._viewer, self._is_bound), wanted).limit(COUNTED_AT_MOST + 1).subquery()
        statement = select(func.count().label("found"), NETWORKS).select_from(limited)
        return sum(row.found for row in self._admitted(self._session.execute(statement, self._values)))

    def public_forks(self, repository_id: int) -> int:
        """How many forks of a repository are there for everybody, whoever asks: what may be told to all who read the parent."""
        ids = _filtered(_visible_ids(Viewer.VISITOR, False), ListingFilter(forks_of=repository_id)).limit(COUNTED_AT_MOST + 1)
        values = {"principals": [PrincipalKind.ANYONE.value], "actor_id": 0}
        return int(self._session.execute(select(func.count()).select_from(ids.subquery()), values).scalar_one())

    def groups(self, below: str = "") -> Sequence[tuple[str, str]]:
        """Path and description of the visible groups directly below a group or at the top."""
        statement = _visible_groups(self._viewer, self._is_bound).where(
            Namespace.parent_id == select(Namespace.id).where(Namespace.path_key == path_key(below)).scalar_subquery()
        )
        return [(row.path, row.description) for row in self._admitted(self._session.execute(statement, self._values))]

    def _admitted(self, rows: Iterable[Any]) -> Sequence[Any]:
        """The rows, or none for a visitor or program that may not come from where it does: each row has the networks for all
        with it, so that this needs no statement of its own."""
        found = list(rows)
        actor = self._access.actor
        if found and isinstance(actor, (Anonymous, Deployment)) and not is_listed(actor.address, found[0].networks or ""):
            return []
        return found

    def groups_to_create_in(self) -> Sequence[str]:
        """The paths of the groups directly in which the actor may make repositories."""
        actor = self._access.actor
        if isinstance(actor, Member) and actor.limit is not None and actor.limit.access < Access.ADMIN:
            return []
        statement = _visible_groups(self._viewer, self._is_bound)
        if self._viewer is not Viewer.EVERYTHING:
            _, groups = rules_of_actor()
            # What one may not read is not offered, though who knows the name may create in it.
            allowed = select(GrantRow.namespace_id).where(GrantRow.may_create, GrantRow.principal.in_(_PRINCIPALS))
            statement = statement.where(
                or_(groups.c.named >= Access.ADMIN, groups.c.public >= Access.ADMIN, Namespace.id.in_(allowed))
            )
        return [row.path for row in self._session.execute(statement.limit(200), self._values)]


_PRINCIPALS: Any = bindparam("principals", expanding=True)
ACTOR_ID: Any = bindparam("actor_id")
_PLACES: Any = bindparam("places", expanding=True)


def _viewer(access: AccessControl) -> Viewer:
    actor = access.actor
    # What is bound to places sees everything of them only.
    if isinstance(actor, (System, Deployment)) or (isinstance(actor, Member) and actor.has_all_rights):
        return Viewer.EVERYTHING
    if isinstance(actor, Anonymous):
        return Viewer.NOBODY if actor.is_forbidden else Viewer.VISITOR
    return Viewer.MEMBER


def _places(access: AccessControl) -> frozenset[int] | None:
    """The numbers of the namespaces to which the actor is bound, with all that is below them; None: it is not."""
    actor = access.actor
    if isinstance(actor, Deployment):
        return frozenset({actor.namespace_id})
    return actor.limit.places if isinstance(actor, Member) and actor.limit else None


@cache
def _visible_repositories(viewer: Viewer, is_bound: bool) -> Any:
    """What a list shows of each repository that the viewer may read."""
    columns = (
        Repository.id, Namespace.path, Repository.kind, Repository.description, Repository.is_private,
        Repository.tip_id, Repository.tip_author, Repository.tip_summary, Repository.tip_at, NETWORKS,
    )  # fmt: skip
    return _only_readable(select(*columns), viewer, is_bound)


@cache
def _visible_ids(viewer: Viewer, is_bound: bool) -> Any:
    return _only_readable(select(Repository.id), viewer, is_bound)


@cache
def _visible_groups(viewer: Viewer, is_bound: bool) -> Any:
    statement: Any = (
        select(Namespace.path, Group.description, NETWORKS)
        .join(Group, Group.namespace_id == Namespace.id)
        .order_by(Namespace.path_key)
    )
    if is_bound:
        statement = statement.where(_within_places())
    if viewer is Viewer.EVERYTHING:
        return statement
    if viewer is Viewer.NOBODY:
        return statement.where(false())
    _, groups = rules_of_actor()
    readable: Any = or_(groups.c.named >= Access.READ, groups.c.public >= Access.READ)
    if viewer is Viewer.VISITOR:
        readable = and_(readable, _public_access_is_on())
    return statement.join(groups, groups.c.id == Namespace.id).where(readable)


def _filtered(statement: Any, wanted: ListingFilter) -> Any:
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
    if wanted.forks_of is not None:
        statement = statement.where(Repository.forked_from_id == wanted.forks_of)
    if wanted.followed_by is not None:
        followed = select(Following.repository_id).where(Following.user_id == wanted.followed_by)
        statement = statement.where(Repository.id.in_(followed))
    return statement


def _only_readable(statement: Any, viewer: Viewer, is_bound: bool) -> Any:
    statement = statement.select_from(Repository).join(Namespace, Namespace.id == Repository.namespace_id)
    if is_bound:
        statement = statement.where(_within_places())
    if viewer is Viewer.EVERYTHING:
        return statement
    if viewer is Viewer.NOBODY:
        return statement.where(false())
    own, groups = rules_of_actor()
    named = strongest(own.c.named, case((Namespace.inherits, groups.c.named), else_=0))
    public = strongest(own.c.public, case((Namespace.inherits, groups.c.public), else_=0))
    readable: Any = or_(
        named >= Access.READ, and_(~Repository.is_private, public >= Access.READ), Repository.owner_id == ACTOR_ID
    )
    if viewer is Viewer.VISITOR:
        readable = and_(readable, _public_access_is_on())
    return (
        statement.outerjoin(own, own.c.namespace_id == Namespace.id)
        .outerjoin(groups, groups.c.id == Namespace.parent_id)
        .where(readable)
    )


@cache
def rules_of_actor() -> tuple[CTE, CTE]:
    """What the actor has by rules written at each namespace, and what it has on each group with what comes from above.

    `named` is what it has as somebody, `public` as everybody. Groups are few, so the second walks them all.
    """
    is_public = GrantRow.principal.in_([PrincipalKind.ANYONE.value, PrincipalKind.MEMBERS.value])
    own = (
        select(
            GrantRow.namespace_id,
            func.max(case((is_public, 0), else_=GrantRow.access)).label("named"),
            func.max(case((is_public, GrantRow.access), else_=0)).label("public"),
        )
        .where(GrantRow.principal.in_(_PRINCIPALS))
        .group_by(GrantRow.namespace_id)
        .cte("own_rules")
    )

    def owned_or(column: ColumnElement[int]) -> ColumnElement[int]:
        return case((Group.owner_id == ACTOR_ID, int(Access.ADMIN)), else_=func.coalesce(column, 0))

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
            strongest(owned_or(own.c.named), case((Namespace.inherits, top.c.named), else_=0)),
            strongest(own.c.public, case((Namespace.inherits, top.c.public), else_=0)),
        )
        .join(Group, Group.namespace_id == Namespace.id)
        .join(top, top.c.id == Namespace.parent_id)
        .outerjoin(own, own.c.namespace_id == Namespace.id)
    )
    return own, top.union_all(below)


def strongest(a: Any, b: Any) -> ColumnElement[int]:
    # GREATEST is MAX in SQLite and differs over NULL elsewhere; CASE is the same everywhere.
    a, b = func.coalesce(a, 0), func.coalesce(b, 0)
    return case((a >= b, a), else_=b)


def _within_places() -> ColumnElement[bool]:
    """Whether a namespace is one of the places, or below one."""
    within = select(Namespace.id).where(Namespace.id.in_(_PLACES)).cte("within_places", recursive=True)
    below = aliased(Namespace)
    within = within.union(select(below.id).join(within, within.c.id == below.parent_id))
    return Namespace.id.in_(select(within.c.id))


def _public_access_is_on() -> ColumnElement[bool]:
    return ~select(literal(1)).where(Setting.name == PUBLIC_ACCESS, Setting.value == "false").exists()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
