"""The list that the database filters says the same as the decision for each thing."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import update

from kallithea.lib.access import Access
from kallithea.model import Namespace, UserGroup, UserGroupMember
from kallithea.services import searching
from kallithea.services.access import walking
from kallithea.services.access.listing import ListingFilter
from kallithea.services.actors import Member
from kallithea.services.keysets import Start
from kallithea.services.scope import Scope
from tests.services.conftest import Ledger
from tests.worlds import counted_statements

PATHS = ["top", "web/shop", "web/site", "web/deep/a", "web/deep/b", "infra/x", "infra/y/z", "sure"]


# Steps that are taken, and how many are counted: small ones lead through each way that a large house is walked.
WALKS = [(2000, 1000), (2, 1000), (1, 2), (3, 1), (5, 0)]
# With one candidate, "web" and "deep" are looked for below the groups of these names, and "s" everywhere.
WANTED = [ListingFilter(text, below=below) for text in ("", "s", "web", "deep s") for below in ("", "web")]


@pytest.mark.parametrize("candidates", [3000, 1])
@pytest.mark.parametrize(("steps", "most"), WALKS)
def test_listing_equals_deciding_for_each_repository(
    ledger: Ledger, admin: Member, monkeypatch: pytest.MonkeyPatch, steps: int, most: int, candidates: int
) -> None:
    monkeypatch.setattr(searching, "MOST_CANDIDATES", candidates)
    monkeypatch.setattr(walking, "STEPS", steps)
    monkeypatch.setattr(walking, "COUNTED_AT_MOST", most)
    chance = random.Random(20260101)
    alice, bob = ledger.user("alice"), ledger.user("bob")
    make_devs(ledger, admin, alice)
    for path in PATHS:
        ledger.repository(path, chance.choice([admin, alice, bob]), private=chance.random() < 0.3)

    for _ in range(3):
        for _ in range(3):
            shuffle_rules(ledger, chance)
        for member in (None, alice, bob, admin):
            with ledger.scope_of(member) as scope:
                for wanted in WANTED:
                    assert listed(scope, wanted, most) == decided(scope, wanted)


# Measuring, the page in two ways, and deciding; a filter looks into its index before, and may have it over with that.
@pytest.mark.parametrize(("text", "candidates", "statements"), [("", 0, 4), ("r", 2000, 4), ("r", 1, 5)])
def test_a_page_costs_as_many_statements_however_many_repositories_there_are(
    ledger: Ledger, admin: Member, monkeypatch: pytest.MonkeyPatch, text: str, candidates: int, statements: int
) -> None:
    monkeypatch.setattr(walking, "STEPS", 2)
    monkeypatch.setattr(walking, "COUNTED_AT_MOST", 1)
    monkeypatch.setattr(searching, "MOST_CANDIDATES", candidates)
    alice = ledger.user("alice")

    def costs() -> list[int]:
        found = []
        for start in (Start(), Start(after="r1"), Start(before="r3")):
            with ledger.scope_of(alice) as scope, counted_statements(ledger.app.engine) as seen:
                scope.listing.repositories(ListingFilter(text), start=start, limit=3)
            found.append(len(seen))
        return found

    few = None
    for number in range(24):
        ledger.repository(f"r{number}", alice)
        if number == 7:
            few = costs()

    assert costs() == few
    assert max(few or [99]) <= statements


# Frequencies, how many they are, and the page: what is below is not looked for a second time.
@pytest.mark.parametrize("start", [Start(), Start(after="web/b"), Start(before="web/e")])
def test_a_page_of_what_is_below_a_group_is_found_among_the_first_of_it(
    ledger: Ledger, admin: Member, monkeypatch: pytest.MonkeyPatch, start: Start[str]
) -> None:
    monkeypatch.setattr(walking, "STEPS", 4)
    monkeypatch.setattr(searching, "MOST_CANDIDATES", 1)
    for name in "abcdef":
        ledger.repository(f"web/{name}", admin)

    with ledger.scope_of(admin) as scope, counted_statements(ledger.app.engine) as seen:
        found = [line.path for line in scope.listing.repositories(ListingFilter("web"), start=start, limit=2).lines]

    assert found == (["web/a", "web/b"] if start == Start() else ["web/c", "web/d"])
    assert len(seen) == 3


def test_what_is_frequent_is_counted_only_where_all_of_it_is_seen(
    ledger: Ledger, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in ((walking, "STEPS", 4), (walking, "COUNTED_AT_MOST", 0), (searching, "MOST_CANDIDATES", 1)):
        monkeypatch.setattr(module, name, value)
    alice = ledger.user("alice")
    for path in ("web/a", "web/b", "web/c", "web/d", "x"):
        ledger.repository(path, alice)

    with ledger.scope_of(alice) as scope:
        web = ListingFilter("web")
        totals = [scope.listing.repositories(web, limit=limit).total for limit in (3, 100)]
        everything = scope.listing.repositories(ListingFilter(), limit=3).total

    assert totals == [None, 4]
    assert everything == 1


def test_a_number_alone_leads_only_to_pages_near_the_beginning(
    ledger: Ledger, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("STEPS", 1), ("COUNTED_AT_MOST", 5), ("REACH", 2)):
        monkeypatch.setattr(walking, name, value)
    alice = ledger.user("alice")

    def page_behind(offset: int) -> list[str]:
        with ledger.scope_of(alice) as scope:
            return [line.path for line in scope.listing.repositories(ListingFilter(), offset=offset, limit=2).lines]

    for number in range(5):
        ledger.repository(f"r{number}", alice)
    few = [page_behind(offset) for offset in (2, 4)]
    ledger.repository("r5", alice)
    many = [page_behind(offset) for offset in (2, 4)]

    assert few == [["r2", "r3"], ["r4"]]
    assert many == [["r2", "r3"], []]


def decided(scope: Scope, wanted: ListingFilter) -> list[str]:
    """What may be read, by the decision for each."""
    return [
        path
        for path in sorted(PATHS)
        if path.startswith(f"{wanted.below}/" if wanted.below else "")
        and all(word in path if len(word) > 2 else f"/{word}" in f"/{path}" for word in wanted.text.split())
        and scope.access.decide(scope.access.at(path)).access >= Access.READ
    ]


def listed(scope: Scope, wanted: ListingFilter, most: int) -> list[str]:
    """What the list has, which is the same on whichever pages one looks, and is counted right."""
    page = scope.listing.repositories(wanted)
    found = [line.path for line in page.lines]
    assert page.total == min(len(found), most + 1) or max(page.total, len(found)) > most
    assert forwards(scope, wanted) == found
    assert backwards(scope, wanted) == found[:-1]
    return found


def forwards(scope: Scope, wanted: ListingFilter) -> list[str]:
    """All pages of three, each behind the one before."""
    found: list[str] = []
    while page := scope.listing.repositories(wanted, start=Start(after=found[-1] if found else None), limit=3).lines:
        found += [line.path for line in page]
    return found


def backwards(scope: Scope, wanted: ListingFilter) -> list[str]:
    """All pages of three before the last entry, each before the one behind."""
    everything = [line.path for line in scope.listing.repositories(wanted).lines]
    found = everything[-1:]
    while found and (page := scope.listing.repositories(wanted, start=Start(before=found[0]), limit=3).lines):
        found = [line.path for line in page] + found
    return found[:-1]


def make_devs(ledger: Ledger, owner: Member, member: Member) -> None:
    """A group of users `devs` with one member."""
    with ledger.app.session() as session, session.begin():
        group = UserGroup(name="devs", name_key="devs", owner_id=owner.id, created_at=ledger.clock.now)
        session.add(group)
        session.flush()
        session.add(UserGroupMember(user_group_id=group.id, user_id=member.id))


def shuffle_rules(ledger: Ledger, chance: random.Random) -> None:
    """Write one rule anew, wherever chance leads."""
    path = chance.choice([*PATHS, "web", "web/deep", "infra", "infra/y"])
    principal = chance.choice(["anyone", "members", "user:alice", "user:bob", "group:devs"])
    ledger.give(path, principal, chance.choice(list(Access)))
    with ledger.app.system_scope() as scope:
        scope.site_settings.set_public_access(chance.random() < 0.7)
        place = scope.access.at(chance.choice([*PATHS, "web", "infra", "infra/y"]))
        assert place is not None
        control = scope.access
        grant = control.administer_repository(place) if place.repository else control.administer_group(place)
        scope.granting.set_inherits(grant, chance.random() < 0.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("shop", {"web/shop"}), ("WEB s", {"web/shop", "web/site"}), ("%_s", {"100%_sure"}), ("nothing here", set())],
)
def test_the_filter_takes_words_literally(ledger: Ledger, admin: Member, text: str, expected: set[str]) -> None:
    for path in ("web/shop", "web/site", "other"):
        ledger.repository(path, admin)
    with ledger.app.session() as session, session.begin():
        # Such a name can only come from adoption; creation refuses it.
        session.execute(update(Namespace).where(Namespace.path == "other").values(path="100%_sure", path_key="100%_sure"))
    with ledger.app.system_scope() as scope:
        scope.search_index.repair()

    with ledger.scope_of(admin) as scope:
        found = {line.path for line in scope.listing.repositories(ListingFilter(text)).lines}

    assert found == expected


def test_a_group_shows_what_is_below_it_and_nothing_beside(ledger: Ledger, admin: Member) -> None:
    for path in ("web/shop", "web/deep/a", "web2/b", "webby"):
        ledger.repository(path, admin)

    with ledger.scope_of(admin) as scope:
        found = [line.path for line in scope.listing.repositories(ListingFilter(below="web")).lines]
        groups = [path for path, _ in scope.listing.groups("web")]

    assert found == ["web/deep/a", "web/shop"]
    assert groups == ["web/deep"]
