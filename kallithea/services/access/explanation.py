"""Why somebody may do something, in steps: the same rules as `decision.decide` reads, told one by one."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.lib.access import Access, PrincipalKind
from kallithea.services.access.decision import Decision, Place, Rule, Rules, decide, effective_places
from kallithea.services.actors import Actor, Anonymous, Member


@dataclass(frozen=True, slots=True)
class Step:
    """One reason: what it would give, and whether it counts or something takes it away."""

    text: str
    access: Access = Access.NONE
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision about somebody, and the steps that lead to it, from the thing itself upwards."""

    decision: Decision
    steps: tuple[Step, ...]


def explain(actor: Actor, rules: Rules, *, name: str) -> Explanation:
    """What the actor, called `name`, may do where the rules are from, and all that bears on it.

    What decides for itself, such as being an administrator of the site, is the only step.
    """
    decision = decide(actor, rules)
    if isinstance(actor, Anonymous) and not rules.public_access:
        return Explanation(decision, (Step("Public access is off, so visitors have to sign in."),))
    if isinstance(actor, Member) and actor.is_administrator and decision.access is Access.ADMIN:
        return Explanation(decision, (Step(f"{name} is an administrator of this site.", Access.ADMIN),))
    counted = len(effective_places(rules))
    steps: list[Step] = []
    for above, place in enumerate(rules.places):
        steps += _steps_of(actor, place, rules, name=name, is_cut=above >= counted)
        if not place.inherits and place is not rules.places[-1]:
            steps.append(Step(f"{_where(place)} inherits nothing from above."))
    if rules.is_private:
        steps.append(Step("The repository is private: only what is granted to somebody by name counts."))
    if not any(step.counts and step.access for step in steps):
        steps.append(Step(f"Nothing that counts was granted to {name}."))
    return Explanation(decision, tuple(steps))


def _steps_of(actor: Actor, place: Place, rules: Rules, *, name: str, is_cut: bool) -> list[Step]:
    """What one place gives the actor. `is_cut` says that nothing from there is inherited; the top gives no access."""
    steps = []
    if place.owner_id is not None and isinstance(actor, Member) and place.owner_id == actor.id:
        steps.append(_step(f"{name} owns {_where(place)}", Access.ADMIN, "" if not is_cut else "it is not inherited"))
    for rule in place.rules:
        if not rule.principal.includes(actor):
            continue
        if rule.access and place.path:
            steps.append(_step(_told(rule, place, name), rule.access, _why_not(rule, rules, is_cut=is_cut)))
        if rule.may_create and place is rules.places[0]:
            steps.append(Step(f"{_who(rule, name)} may create in {_where(place)}."))
    return steps


def _step(text: str, access: Access, why_not: str) -> Step:
    return Step(f"{text}, but {why_not}." if why_not else f"{text}.", access, counts=not why_not)


def _why_not(rule: Rule, rules: Rules, *, is_cut: bool) -> str:
    if is_cut:
        return "it is not inherited"
    return "the repository is private" if rules.is_private and rule.principal.is_public else ""


def _told(rule: Rule, place: Place, name: str) -> str:
    return f"{_who(rule, name)} has {rule.access.word} on {_where(place)}"


def _who(rule: Rule, name: str) -> str:
    if rule.principal.kind is PrincipalKind.USER_GROUP:
        return f"{rule.principal}, to which {name} belongs,"
    return str(rule.principal)


def _where(place: Place) -> str:
    return place.path or "the top"
