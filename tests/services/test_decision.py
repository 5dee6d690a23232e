"""The permission decision: a table of cases, then properties that hold for all rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.access import Access, PrincipalKind
from kallithea.services.access.decision import Place, Principal, Rule, Rules, decide
from kallithea.services.actors import Anonymous, Deployment, Limit, Member, System

ALICE = Member(1, "alice", groups=frozenset({7}))
BOB = Member(2, "bob")
BOSS = Member(3, "boss", is_administrator=True)
VISITOR = Anonymous()

ANYONE = Principal(PrincipalKind.ANYONE)
MEMBERS = Principal(PrincipalKind.MEMBERS)
USER_ALICE = Principal(PrincipalKind.USER, 1, "alice")
GROUP_7 = Principal(PrincipalKind.USER_GROUP, 7, "developers")

ROOT = Place("", inherits=False)


def rules(*places: Place, private: bool = False, public: bool = True) -> Rules:
    return Rules((*places, ROOT), is_private=private, public_access=public)


def repo(*granted: tuple[Principal, Access], owner: int = 99, inherits: bool = True) -> Place:
    return Place("web/shop", tuple(Rule(p, a) for p, a in granted), owner, inherits)


def group(*granted: tuple[Principal, Access], owner: int = 99, inherits: bool = True) -> Place:
    return Place("web", tuple(Rule(p, a) for p, a in granted), owner, inherits)


R, W, A, N = Access.READ, Access.WRITE, Access.ADMIN, Access.NONE


@pytest.mark.parametrize(
    ("actor", "given_rules", "expected"),
    [
        (VISITOR, rules(repo()), N),
        (VISITOR, rules(repo((ANYONE, R))), R),
        (VISITOR, rules(repo((MEMBERS, R))), N),
        (VISITOR, rules(repo((ANYONE, W))), W),
        (BOB, rules(repo((MEMBERS, R))), R),
        (BOB, rules(repo((ANYONE, R))), R),
        (BOB, rules(repo((USER_ALICE, A))), N),
        (ALICE, rules(repo((USER_ALICE, W))), W),
        (ALICE, rules(repo((GROUP_7, W))), W),
        (ALICE, rules(repo((GROUP_7, W), (USER_ALICE, R))), W),
        (ALICE, rules(repo(), group((USER_ALICE, W))), W),
        (ALICE, rules(repo(inherits=False), group((USER_ALICE, W))), N),
        (ALICE, rules(repo((USER_ALICE, R), inherits=False), group((USER_ALICE, W))), R),
        (ALICE, rules(repo(owner=1)), A),
        (ALICE, rules(repo(owner=1), private=True), A),
        (ALICE, rules(repo(), group(owner=1)), A),
        (ALICE, rules(repo(inherits=False), group(owner=1)), N),
        (ALICE, rules(repo((ANYONE, R)), private=True), N),
        (ALICE, rules(repo(), group((MEMBERS, W)), private=True), N),
        (ALICE, rules(repo((GROUP_7, R)), private=True), R),
        (VISITOR, rules(repo((ANYONE, R)), public=False), N),
        (BOB, rules(repo((ANYONE, R)), public=False), R),
        (BOSS, rules(repo(), private=True), A),
        (System(), rules(repo(), private=True), A),
    ],
)
def test_access(actor: object, given_rules: Rules, expected: Access) -> None:
    assert decide(actor, given_rules).access is expected  # type: ignore[arg-type] # the table holds actors


@pytest.mark.parametrize(
    ("rule", "actor", "expected"),
    [
        (Rule(MEMBERS, N, may_create=True), BOB, True),
        (Rule(MEMBERS, N, may_create=True), VISITOR, False),
        (Rule(USER_ALICE, W), ALICE, False),
        (Rule(USER_ALICE, A), ALICE, True),
    ],
)
def test_may_create_is_a_right_of_its_own(rule: Rule, actor: object, expected: bool) -> None:
    place = Place("web", (rule,), 99)
    assert decide(actor, rules(place)).may_create is expected  # type: ignore[arg-type] # the table holds actors


def test_may_create_is_not_inherited() -> None:
    above = Place("web", (Rule(USER_ALICE, R, may_create=True),), 99)
    below = Place("web/sub", (), 99)
    assert not decide(ALICE, rules(below, above)).may_create


def test_the_root_gives_the_right_to_create_and_no_access() -> None:
    root = Place("", (Rule(MEMBERS, A, may_create=True),), None, inherits=False)
    assert decide(BOB, Rules((repo(), root))).access is N
    assert decide(BOB, Rules((root,))).may_create


def test_the_reason_names_the_principal_and_the_place() -> None:
    assert decide(ALICE, rules(repo(), group((GROUP_7, W)))).reason == "group developers has write on web"
    assert decide(ALICE, rules(repo((USER_ALICE, R)))).reason == "you have read here"


principals = st.sampled_from([ANYONE, MEMBERS, USER_ALICE, GROUP_7])
rule_lists = st.lists(st.builds(Rule, principals, st.sampled_from([R, W, A])), max_size=4).map(tuple)
place_lists = st.lists(
    st.builds(Place, st.just("x"), rule_lists, st.sampled_from([1, 99]), st.booleans()), min_size=1, max_size=4
).map(tuple)
all_rules = st.builds(Rules, place_lists, st.booleans(), st.booleans())
actors = st.sampled_from([ALICE, BOB, VISITOR])


@given(all_rules, actors, st.builds(Rule, principals, st.sampled_from([R, W, A])))
def test_a_further_grant_never_takes_access_away(given_rules: Rules, actor: Member, extra: Rule) -> None:
    first = given_rules.places[0]
    more = Place(first.path, (*first.rules, extra), first.owner_id, first.inherits)
    widened = Rules((more, *given_rules.places[1:]), given_rules.is_private, given_rules.public_access)
    assert decide(actor, widened).access >= decide(actor, given_rules).access


@given(all_rules)
def test_a_visitor_never_has_more_than_a_member(given_rules: Rules) -> None:
    assert decide(VISITOR, given_rules).access <= decide(BOB, given_rules).access


@given(all_rules, actors)
def test_private_never_gives_access(given_rules: Rules, actor: Member) -> None:
    private = Rules(given_rules.places, is_private=True, public_access=given_rules.public_access)
    assert decide(actor, private).access <= decide(actor, given_rules).access


@given(all_rules)
def test_a_visitor_has_nothing_where_it_is_private(given_rules: Rules) -> None:
    private = Rules(given_rules.places, is_private=True, public_access=given_rules.public_access)
    assert decide(VISITOR, private).access is N


def numbered(number: int, place: Place) -> Place:
    return Place(place.path, place.rules, place.owner_id, place.inherits, number)


def limited(actor: Member, access: Access, *places: int) -> Member:
    return Member(actor.id, actor.name, actor.is_administrator, actor.groups, None, Limit(access, frozenset(places) or None))


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (limited(ALICE, R), R),
        (limited(ALICE, W), W),
        (limited(ALICE, A), W),
        (limited(ALICE, A, 5), W),
        (limited(ALICE, A, 6), W),
        (limited(ALICE, A, 7), N),
        (limited(BOSS, R), R),
        (limited(BOSS, A, 7), N),
        (limited(BOB, A), R),
        (Deployment(1, "robot", 5, R), R),
        (Deployment(1, "robot", 5, W), W),
        (Deployment(1, "robot", 6, W), N),
    ],
)
def test_a_token_or_key_limits_what_its_account_may_do(actor: Member | Deployment, expected: Access) -> None:
    """Of a repository with the number 5 in a group with the number 6."""
    here, above = numbered(5, repo((USER_ALICE, W))), numbered(6, group((ANYONE, R)))
    assert decide(actor, rules(here, above)).access is expected


@given(all_rules, st.sampled_from([ALICE, BOB, BOSS]), st.sampled_from([R, W, A]), st.sampled_from([(), (0,), (1,)]))
def test_a_limit_never_gives_more(given_rules: Rules, actor: Member, access: Access, places: tuple[int, ...]) -> None:
    with_limit, without = decide(limited(actor, access, *places), given_rules), decide(actor, given_rules)
    assert with_limit.access <= min(access, without.access)
    assert without.may_create or not with_limit.may_create


def test_what_is_limited_does_not_administer_the_site() -> None:
    assert BOSS.administers_site
    assert limited(BOSS, A).administers_site
    assert not limited(BOSS, W).administers_site
    assert not limited(BOSS, A, 5).administers_site
