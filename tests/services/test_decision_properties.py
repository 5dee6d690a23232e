"""What holds of the decision for all rules and everybody, and that the reasons told for it are the ones it was taken by."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from kallithea.lib.access import Access, PrincipalKind
from kallithea.services.access.decision import Place, Principal, Rule, Rules, decide, effective_places
from kallithea.services.access.explanation import explain
from kallithea.services.actors import Actor, Anonymous, Deployment, Limit, Member

ALICE = Member(1, "alice", groups=frozenset({7}))
BOB = Member(2, "bob", groups=frozenset({8, 9}))
BOSS = Member(3, "boss", is_administrator=True)
VISITOR = Anonymous("192.0.2.7")

principals = st.sampled_from(
    [
        Principal(PrincipalKind.ANYONE),
        Principal(PrincipalKind.MEMBERS),
        Principal(PrincipalKind.USER, 1, "alice"),
        Principal(PrincipalKind.USER, 2, "bob"),
        Principal(PrincipalKind.USER_GROUP, 7, "developers"),
        Principal(PrincipalKind.USER_GROUP, 8, "testers"),
    ]
)
accesses = st.sampled_from([Access.READ, Access.WRITE, Access.ADMIN])
rule_lists = st.lists(st.builds(Rule, principals, accesses, st.booleans()), max_size=4).map(tuple)
actors = st.sampled_from([ALICE, BOB, BOSS, VISITOR])
PATHS = ("a/b/c", "a/b", "a")


@st.composite
def all_rules(draw: st.DrawFn) -> Rules:
    """A thing three groups deep at most, and the top."""
    depth = draw(st.integers(1, 3))
    places = [
        Place(path, draw(rule_lists), draw(st.sampled_from([1, 99])), draw(st.booleans()), number)
        for number, path in enumerate(PATHS[-depth:], start=5)
    ]
    top = Place("", draw(rule_lists), None, inherits=False)
    return Rules((*places, top), draw(st.booleans()), draw(st.booleans()))


def strength(actor: Actor, rules: Rules) -> tuple[Access, bool]:
    decision = decide(actor, rules)
    return decision.access, decision.may_create


@given(all_rules(), actors, st.integers(0, 2), st.builds(Rule, principals, accesses, st.booleans()))
def test_a_further_grant_anywhere_never_takes_anything_away(rules: Rules, actor: Actor, where: int, extra: Rule) -> None:
    assume(where < len(rules.places) - 1)
    places = list(rules.places)
    places[where] = replace(places[where], rules=(*places[where].rules, extra))

    before, after = strength(actor, rules), strength(actor, replace(rules, places=tuple(places)))

    assert after[0] >= before[0]
    assert after[1] >= before[1]


@given(all_rules(), st.sampled_from([ALICE, BOB]))
def test_the_strongest_of_what_counts_wins(rules: Rules, member: Member) -> None:
    counted = [
        Access.ADMIN if place.owner_id == member.id else rule.access
        for place in effective_places(rules)
        for rule in (*place.rules, Rule(Principal(PrincipalKind.USER, 0), Access.READ))
        if place.owner_id == member.id
        or (rule.principal.includes(member) and not (rules.is_private and rule.principal.is_public))
    ]

    assert decide(member, rules).access == max(counted, default=Access.NONE)


@given(all_rules(), actors)
def test_what_does_not_inherit_is_as_if_there_were_nothing_above(rules: Rules, actor: Actor) -> None:
    cut = replace(rules, places=(replace(rules.places[0], inherits=False), *rules.places[1:]))
    alone = replace(rules, places=(rules.places[0], Place("", inherits=False)))

    assert strength(actor, cut) == strength(actor, alone)


@given(all_rules(), actors)
def test_inheriting_never_takes_access_away(rules: Rules, actor: Actor) -> None:
    inheriting = replace(rules, places=(replace(rules.places[0], inherits=True), *rules.places[1:]))

    assert decide(actor, inheriting).access >= decide(actor, rules).access


@given(all_rules(), actors)
def test_what_is_above_gives_the_same_below_where_nothing_is_between(rules: Rules, actor: Actor) -> None:
    below = Place("a/b/c/d", (), 99)

    inside = decide(actor, replace(rules, places=(below, *rules.places)))

    assert inside.access == decide(actor, rules).access


@given(all_rules(), actors, accesses, st.sets(st.integers(5, 8), max_size=2))
def test_a_limit_never_raises_anything(rules: Rules, actor: Actor, access: Access, places: set[int]) -> None:
    assume(isinstance(actor, Member))
    assert isinstance(actor, Member)
    limited = replace(actor, limit=Limit(access, frozenset(places) or None))

    with_limit, without = strength(limited, rules), strength(actor, rules)

    assert with_limit[0] <= min(access, without[0])
    assert with_limit[1] <= without[1]


@given(
    all_rules(), st.sampled_from([Anonymous("192.0.2.7", is_forbidden=True), VISITOR, Deployment(1, "robot", 5, Access.WRITE)])
)
def test_a_forbidden_address_is_nothing_before_all_else(rules: Rules, actor: Anonymous | Deployment) -> None:
    is_forbidden = isinstance(actor, Anonymous) and actor.is_forbidden
    elsewhere = rules if is_forbidden else replace(rules, networks="198.51.100.0/24\n2001:db8::/32")

    assert strength(actor, elsewhere) == (Access.NONE, False)


@given(all_rules(), actors)
def test_where_everybody_may_come_from_addresses_change_nothing(rules: Rules, actor: Actor) -> None:
    assert strength(actor, replace(rules, networks="0.0.0.0/0\n::/0")) == strength(actor, rules)


@given(all_rules(), st.sampled_from([ALICE, BOB, BOSS]), st.booleans())
def test_the_reasons_told_are_those_of_the_decision(rules: Rules, member: Member, private: bool) -> None:
    rules = replace(rules, is_private=private)

    found = explain(member, rules, name=member.name)

    assert found.decision == decide(member, rules)
    assert max((step.access for step in found.steps if step.counts), default=Access.NONE) == found.decision.access


@given(all_rules())
def test_the_reasons_told_of_a_visitor_are_those_of_the_decision(rules: Rules) -> None:
    found = explain(VISITOR, rules, name="a visitor")

    assert max((step.access for step in found.steps if step.counts), default=Access.NONE) == found.decision.access
