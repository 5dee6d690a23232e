"""The permission decision: a pure function from an actor and the rules to an access and its reason.

Everything that asks "may this actor do that?" ends here; `control` loads the rules and hands out the proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from kallithea.lib.access import Access, PrincipalKind
from kallithea.lib.networks import is_listed
from kallithea.services.actors import Actor, Anonymous, Deployment, Limit, Member, System


@dataclass(frozen=True, slots=True)
class Principal:
    """To whom a rule applies; `number` is the account or user group, `label` its name for people."""

    kind: PrincipalKind
    number: int | None = None
    label: str = ""

    @property
    def is_public(self) -> bool:
        """Whether this is everybody rather than somebody."""
        return self.kind in (PrincipalKind.ANYONE, PrincipalKind.MEMBERS)

    def includes(self, actor: Actor) -> bool:
        """Whether the actor is, or belongs to, this principal."""
        if self.kind is PrincipalKind.ANYONE:
            return True
        if not isinstance(actor, Member):
            return False
        if self.kind is PrincipalKind.MEMBERS:
            return True
        if self.kind is PrincipalKind.USER:
            return self.number == actor.id
        return self.number in actor.groups

    def __str__(self) -> str:
        if self.kind is PrincipalKind.ANYONE:
            return "anyone"
        if self.kind is PrincipalKind.MEMBERS:
            return "every member"
        return self.label if self.kind is PrincipalKind.USER else f"group {self.label}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One grant as it is written."""

    principal: Principal
    access: Access
    may_create: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace with its rules; the root has the path ""."""

    path: str
    rules: tuple[Rule, ...] = ()
    owner_id: int | None = None
    inherits: bool = True
    number: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides about one repository or group: its place, then those above it up to the root."""

    places: tuple[Place, ...]
    is_private: bool = False
    public_access: bool = True
    networks: str = ""
    """From where one may come who has no account with a list of its own: `lib/networks.py`."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an actor may do, and the sentence that says why; `may_create` is for things directly below."""

    access: Access
    may_create: bool
    reason: str


def decide(actor: Actor, rules: Rules) -> Decision:
    """What the actor may do where the rules are from.

    The strongest grant wins. The owner and those above have ADMIN, site administrators too. A place that does not inherit cuts
    off what is above it; `private` takes away what everybody has. A limit leaves some of that, or nothing. Who comes from where
    nobody may come from has nothing, before all else; members are held to that where it is found out who acts.
    """
    if isinstance(actor, (Anonymous, Deployment)) and _is_shut_out(actor, rules):
        return Decision(Access.NONE, may_create=False, reason="nobody may come from this address")
    if isinstance(actor, Deployment):
        return _of_deployment(actor, rules)
    decision = _unlimited(actor, rules)
    return _limited(decision, actor.limit, rules) if isinstance(actor, Member) and actor.limit else decision


def _is_shut_out(actor: Anonymous | Deployment, rules: Rules) -> bool:
    if isinstance(actor, Anonymous) and actor.is_forbidden:
        return True
    return not is_listed(actor.address, rules.networks)


def _of_deployment(actor: Deployment, rules: Rules) -> Decision:
    if rules.places[0].number != actor.namespace_id:
        return Decision(Access.NONE, may_create=False, reason="it is for another repository")
    return Decision(actor.access, may_create=False, reason=f"it was made for this repository, with {actor.access.word}")


def _limited(decision: Decision, limit: Limit, rules: Rules) -> Decision:
    """What a token or key leaves of a decision."""
    if limit.places is not None and not any(place.number in limit.places for place in rules.places if place.path):
        return Decision(Access.NONE, may_create=False, reason="the token or key is not for this place")
    may_create = decision.may_create and limit.access is Access.ADMIN
    if decision.access <= limit.access:
        return Decision(decision.access, may_create, decision.reason)
    return Decision(limit.access, may_create, f"the token or key gives no more than {limit.access.word}")


def _unlimited(actor: Anonymous | Member | System, rules: Rules) -> Decision:
    if isinstance(actor, System):
        return Decision(Access.ADMIN, may_create=True, reason="the server itself acts")
    if isinstance(actor, Anonymous) and not rules.public_access:
        return Decision(Access.NONE, may_create=False, reason="public access is off, so visitors have to sign in")
    if isinstance(actor, Member) and actor.has_all_rights:
        return Decision(Access.ADMIN, may_create=True, reason="you are an administrator of this site")

    access, reason = Access.NONE, "nothing was granted"
    for place in effective_places(rules):
        if place.owner_id is not None and isinstance(actor, Member) and place.owner_id == actor.id:
            where = "you own it" if place is rules.places[0] else f"you own {place.path}"
            return Decision(Access.ADMIN, may_create=True, reason=where)
        for rule in place.rules:
            if rule.access > access and rule.principal.includes(actor) and not (rules.is_private and rule.principal.is_public):
                access, reason = rule.access, _reason(actor, rule, place, rules)
    may_create = access is Access.ADMIN or any(
        rule.may_create and rule.principal.includes(actor) for rule in rules.places[0].rules
    )
    return Decision(access, may_create, reason)


class Duty(IntEnum):
    """What an actor may do with a group of users, in order."""

    NONE = 0
    MEMBERS = 1
    """See who belongs to it, add and remove members."""
    EVERYTHING = 2


def decide_user_group(actor: Actor, owner_id: int) -> Duty:
    """What the actor may do with the group of users of this owner.

    Whoever names and owns a group could otherwise reach what others granted to that name, so its owner has the members alone.
    What limits an actor in any way takes even that, as groups of users are at no place.
    """
    if isinstance(actor, System) or (isinstance(actor, Member) and actor.administers_site):
        return Duty.EVERYTHING
    is_owner = isinstance(actor, Member) and actor.id == owner_id and actor.limit in (None, Limit(Access.ADMIN))
    return Duty.MEMBERS if is_owner else Duty.NONE


def reach(rules: Rules) -> PrincipalKind | None:
    """Whether *anyone* may read, else whether any member may, else None: how public something is."""
    granted = {
        rule.principal.kind
        for place in effective_places(rules)
        for rule in place.rules
        if rule.access >= Access.READ and not rules.is_private
    }
    return next((kind for kind in (PrincipalKind.ANYONE, PrincipalKind.MEMBERS) if kind in granted), None)


def reaches_farther(one: PrincipalKind | None, other: PrincipalKind | None) -> bool:
    """Whether the first reach is to people whom the second does not include."""
    width = {None: 0, PrincipalKind.MEMBERS: 1, PrincipalKind.ANYONE: 2}
    return width[one] > width[other]


def effective_places(rules: Rules) -> tuple[Place, ...]:
    """The places whose grants count: from the thing itself upwards, until one does not inherit. The root gives no access."""
    counted = []
    for place in rules.places:
        if place.path == "":
            break
        counted.append(place)
        if not place.inherits:
            break
    return tuple(counted)


def _reason(actor: Actor, rule: Rule, place: Place, rules: Rules) -> str:
    here = place is rules.places[0]
    who = "you have" if isinstance(actor, Member) and rule.principal.kind is PrincipalKind.USER else f"{rule.principal} has"
    return f"{who} {rule.access.word} here" if here else f"{who} {rule.access.word} on {place.path}"
