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
from kallithea.services.sets import made_once

PRINCIPALS: Any = bindparam("principals", expanding=True)
ACTOR_ID: Any = bindparam("actor_id")
NOBODY = 0
"""A number of no actor."""
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
    actor_id = access.actor.id if isinstance(access.actor, Member) else NOBODY
    places = places_of(access)
    return {"principals": access.principals, "actor_id": actor_id} | ({} if places is None else {"places": sorted(places)})


@cache
def may_be_read(viewer: Viewer, at_least: Access = Access.READ) -> ColumnElement[bool]:
    """Whether the row of `Namespace`, outer-joined with `Repository`, gives this access."""
    if viewer is Viewer.EVERYTHING:
        return true()
    if viewer is Viewer.NOBODY:
        return false()
    # Two sets that are made once, so that each row costs a look into them. Behind `or`, that is: databases would turn it round
    # otherwise, and look for each grant.
    personal = GrantSource.source_id.in_(_personal(at_least))
    public = and_(Repository.is_private.is_not(True), GrantSource.source_id.in_(_public(at_least)))
    granted = (
        select(literal(1))
        .where(GrantSource.namespace_id == Namespace.id, or_(personal, public))
        .correlate(Namespace, Repository)
        .exists()
    )
    owned_or_granted = or_(Repository.owner_id == ACTOR_ID, granted)
    return and_(_public_access_is_on(), owned_or_granted) if viewer is Viewer.VISITOR else owned_or_granted


@cache
def readable(viewer: Viewer, at_least: Access = Access.READ) -> Any:
    """The numbers of the namespaces that give this access, each perhaps more than once; not for EVERYTHING."""
    public = (
        select(GrantSource.namespace_id)
        .outerjoin(Repository, Repository.namespace_id == GrantSource.namespace_id)
        .where(GrantSource.source_id.in_(_public(at_least)), Repository.is_private.is_not(True))
    )
    if viewer is Viewer.NOBODY:
        return public.where(false())
    if viewer is Viewer.VISITOR:
        return public.where(_public_access_is_on())
    personal = select(GrantSource.namespace_id).where(GrantSource.source_id.in_(_personal(at_least)))
    return union_all(public, personal, select(Repository.namespace_id).where(Repository.owner_id == ACTOR_ID))


@cache
def _public(at_least: Access) -> Any:
    """Where this is granted to everybody, as far as the actor belongs to that: numbers of namespaces."""
    granted = _granted(at_least).where(GrantRow.principal.in_(_PUBLIC))
    return select(made_once(granted, f"public_{at_least.word}").c.namespace_id)


@cache
def _personal(at_least: Access) -> Any:
    """Where this is granted to the actor, or to a group of the actor's, and the groups that are the actor's own."""
    granted = _granted(at_least).where(GrantRow.principal.not_in(_PUBLIC))
    owned = select(Group.namespace_id).where(Group.owner_id == ACTOR_ID)
    return select(made_once(union_all(granted, owned), f"personal_{at_least.word}").c.namespace_id)


def _granted(at_least: Access) -> Any:
    return select(GrantRow.namespace_id).where(GrantRow.principal.in_(PRINCIPALS), GrantRow.access >= int(at_least))


def within_places() -> ColumnElement[bool]:
    """Whether a namespace is one of the places, or below one."""
    within = select(Namespace.id).where(Namespace.id.in_(PLACES)).cte("within_places", recursive=True)
    below = aliased(Namespace)
    within = within.union(select(below.id).join(within, within.c.id == below.parent_id))
    return Namespace.id.in_(select(within.c.id))


def _public_access_is_on() -> ColumnElement[bool]:
    return ~select(literal(1)).where(Setting.name == PUBLIC_ACCESS, Setting.value == "false").exists()
