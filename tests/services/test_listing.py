"""The list that the database filters says the same as the decision for each thing."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import update

from kallithea.lib.access import Access
from kallithea.model import Namespace, UserGroup, UserGroupMember
from kallithea.services.access.listing import ListingFilter
from kallithea.services.actors import Member
from tests.services.conftest import Ledger

PATHS = ["top", "web/shop", "web/site", "web/deep/a", "web/deep/b", "infra/x", "infra/y/z", "sure"]


def test_listing_equals_deciding_for_each_repository(ledger: Ledger, admin: Member) -> None:
    chance = random.Random(20260101)
    alice, bob = ledger.user("alice"), ledger.user("bob")
    make_devs(ledger, admin, alice)
    for path in PATHS:
        ledger.repository(path, chance.choice([admin, alice, bob]), private=chance.random() < 0.3)

    for _ in range(25):
        shuffle_rules(ledger, chance)
        for member in (None, alice, bob, admin):
            with ledger.scope_of(member) as scope:
                listed = {line.path for line in scope.listing.repositories(ListingFilter())}
                decided = {path for path in PATHS if scope.access.decide(scope.access.at(path)).access >= Access.READ}
            assert listed == decided


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
    with ledger.app.session() as session, session.begin():
        statement = update(Namespace).where(Namespace.path == chance.choice([*PATHS, "web", "infra"]))
        session.execute(statement.values(inherits=chance.random() < 0.5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("shop", {"web/shop"}), ("WEB s", {"web/shop", "web/site"}), ("%_", {"100%_sure"}), ("nothing here", set())],
)
def test_the_filter_takes_words_literally(ledger: Ledger, admin: Member, text: str, expected: set[str]) -> None:
    for path in ("web/shop", "web/site", "other"):
        ledger.repository(path, admin)
    with ledger.app.session() as session, session.begin():
        # Such a name can only come from adoption; creation refuses it.
        session.execute(update(Namespace).where(Namespace.path == "other").values(path="100%_sure", path_key="100%_sure"))

    with ledger.scope_of(admin) as scope:
        found = {line.path for line in scope.listing.repositories(ListingFilter(text))}

    assert found == expected


def test_a_group_shows_what_is_below_it_and_nothing_beside(ledger: Ledger, admin: Member) -> None:
    for path in ("web/shop", "web/deep/a", "web2/b", "webby"):
        ledger.repository(path, admin)

    with ledger.scope_of(admin) as scope:
        found = [line.path for line in scope.listing.repositories(ListingFilter(below="web"))]
        groups = [path for path, _ in scope.listing.groups("web")]

    assert found == ["web/deep/a", "web/shop"]
    assert groups == ["web/deep"]
