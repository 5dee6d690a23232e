"""What an actor may read, as conditions in SQL. They say the same as `decision.decide`, which a property test holds.

One can ask of a row whether it may be read (`may_be_read`), which is for walking in some order until a page is full; or for the
rows themselves (`readable`), for those who may read little of much.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, literal, or_, select, true, union_all
from sqlalchemy.orm import aliased

from kallithea.lib.access import Access, PrincipalKind
from kallithea.model import PUBLIC_ACCESS, GrantRow, GrantSource, Group, Namespace, Repository, Setting
from kallithea.services.access.control import AccessControl
from kallithea.services.actors import Anonymous, Deployment, Member, System

PRINCIPALS: Any = bindparam("principals", expanding=True)
ACTOR_ID: Any = bindparam("actor_id")
PLACES: Any = bindparam("places", expanding=True)
_PUBLIC = [PrincipalKind.ANYONE.value, PrincipalKind.MEMBERS.value]


class Viewer(Enum):
    """Which rules filter a list: the statement of each is built once, with the actor as parameters."""

    EVERYTHING = "administrators and the system"
    MEMBER = "members"
    VISITOR = "visitors"
    NOBODY = "those who come from a forbidden address"


def viewer_of(access: AccessControl) -> Viewer:
    actor = access.actor
    # What is bound to places sees everything of them only.
    if isinstance(actor, (System, Deployment)) or (isinstance(actor, Member) and actor.has_all_rights):
        return Viewer.EVERYTHING
    if isinstance(actor, Anonymous):
        return Viewer.NOBODY if actor.is_forbidden else Viewer.VISITOR
    return Viewer.MEMBER


def places_of(access: AccessControl) -> frozenset[int] | None:
    """The numbers of the namespaces to which the actor is bound, with all that is below them; None: it is not."""
    actor = access.actor
    if isinstance(actor, Deployment):
        return frozenset({actor.namespace_id})
    return actor.limit.places if isinstance(actor, Member) and actor.limit else None


def values_of(access: AccessControl) -> dict[str, Any]:
    """What the parameters of the conditions are for an actor."""
    # Nobody has the number 0.
    actor_id = access.actor.id if isinstance(access.actor, Member) else 0
    places = places_of(access)
    return {"principals": access.principals, "actor_id": actor_id} | ({} if places is None else {"places": sorted(places)})


@cache
def may_be_read(viewer: Viewer, at_least: Access = Access.READ) -> ColumnElement[bool]:
    """Whether the row of `Namespace`, outer-joined with `Repository`, gives this access."""
    if viewer is Viewer.EVERYTHING:
        return true()
    if viewer is Viewer.NOBODY:
        return false()
    granted = (
        select(literal(1))
        .select_from(GrantSource)
        .join(GrantRow, GrantRow.namespace_id == GrantSource.source_id)
        .where(
            GrantSource.namespace_id == Namespace.id,
            GrantRow.principal.in_(PRINCIPALS),
            GrantRow.access >= int(at_least),
            or_(Repository.id.is_(None), ~Repository.is_private, GrantRow.principal.not_in(_PUBLIC)),
        )
        .correlate(Namespace, Repository)
        .exists()
    )
    if viewer is Viewer.VISITOR:
        return and_(_public_access_is_on(), granted)
    return or_(granted, Repository.owner_id == ACTOR_ID, _owner_above().correlate(Namespace).exists())


@cache
def readable(viewer: Viewer, at_least: Access = Access.READ) -> Any:
    """The numbers of the namespaces that give this access, each perhaps more than once; not for EVERYTHING."""
    granted = (
        select(GrantSource.namespace_id)
        .select_from(GrantRow)
        .join(GrantSource, GrantSource.source_id == GrantRow.namespace_id)
        .outerjoin(Repository, Repository.namespace_id == GrantSource.namespace_id)
        .where(
            GrantRow.principal.in_(PRINCIPALS),
            GrantRow.access >= int(at_least),
            or_(Repository.id.is_(None), ~Repository.is_private, GrantRow.principal.not_in(_PUBLIC)),
        )
    )
    if viewer is Viewer.NOBODY:
        return granted.where(false())
    if viewer is Viewer.VISITOR:
        return granted.where(_public_access_is_on())
    owned = select(Repository.namespace_id).where(Repository.owner_id == ACTOR_ID)
    below_owned = (
        select(GrantSource.namespace_id)
        .select_from(Group)
        .join(GrantSource, GrantSource.source_id == Group.namespace_id)
        .where(Group.owner_id == ACTOR_ID)
    )
    return union_all(granted, owned, below_owned)


def within_places() -> ColumnElement[bool]:
    """Whether a namespace is one of the places, or below one."""
    within = select(Namespace.id).where(Namespace.id.in_(PLACES)).cte("within_places", recursive=True)
    below = aliased(Namespace)
    within = within.union(select(below.id).join(within, within.c.id == below.parent_id))
    return Namespace.id.in_(select(within.c.id))


def _owner_above() -> Any:
    """The group of the actor's whose owner has a right on the namespace, if there is one."""
    above = aliased(Group)
    return (
        select(literal(1))
        .select_from(GrantSource)
        .join(above, above.namespace_id == GrantSource.source_id)
        .where(GrantSource.namespace_id == Namespace.id, above.owner_id == ACTOR_ID)
    )


def _public_access_is_on() -> ColumnElement[bool]:
    return ~select(literal(1)).where(Setting.name == PUBLIC_ACCESS, Setting.value == "false").exists()
