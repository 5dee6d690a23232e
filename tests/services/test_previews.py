"""Who gains and who loses is said before a change, and is what the change then does."""

from __future__ import annotations

import random

import pytest

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, NotFound
from kallithea.model import UserGroup, UserGroupMember
from kallithea.services.access.decision import Principal
from kallithea.services.actors import Member
from kallithea.services.previews import Preview
from tests.services.conftest import Ledger

People = dict[str, Member | None]
NAMES = ("alice", "bob", "carla")
PRINCIPALS = ("anyone", "members", "user:alice", "user:bob", "group:devs")


@pytest.fixture(name="people")
def _people(ledger: Ledger, admin: Member) -> People:
    people: People = {name: ledger.user(name) for name in NAMES}
    with ledger.app.session() as session, session.begin():
        group = UserGroup(name="devs", name_key="devs", owner_id=admin.id, created_at=ledger.clock.now)
        session.add(group)
        session.flush()
        for name in ("alice", "carla"):
            member = people[name]
            assert member is not None
            session.add(UserGroupMember(user_group_id=group.id, user_id=member.id))
    ledger.user("dora")
    return {**people, "visitors": None}


def told(preview: Preview) -> dict[str, tuple[Access, Access]]:
    return {change.name: (change.before.access, change.after.access) for change in preview.changes}


def accesses(ledger: Ledger, people: People, path: str) -> dict[str, Access]:
    found = {}
    for name, member in people.items():
        with ledger.scope_of(member) as scope:
            found[name] = scope.access.decide(scope.access.at(path)).access
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_preview_of_a_grant_is_what_happens(ledger: Ledger, people: People, admin: Member, seed: int) -> None:
    chance = random.Random(seed)
    ledger.repository("web/shop", admin, private=chance.random() < 0.3)
    for path in ("web", "web/shop"):
        for principal in chance.sample(PRINCIPALS, 2):
            ledger.give(path, principal, chance.choice(list(Access)))
    principal, access = chance.choice(PRINCIPALS), chance.choice(list(Access))
    before = accesses(ledger, people, "web/shop")

    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at("web/shop"))
        preview = told(scope.previews.of_grant(grant, scope.granting.principal(principal), access))
    ledger.give("web/shop", principal, access)

    after = accesses(ledger, people, "web/shop")
    usual = preview.get("every member without a further right")
    for name in people:
        changed = (before[name], after[name])
        # Who is not named changes as everybody does, or not at all.
        assert changed == preview.get(name, usual if name != "visitors" and usual == changed else (before[name], before[name]))


@pytest.mark.parametrize("seed", range(6))
def test_the_preview_of_inheriting_is_what_happens(ledger: Ledger, people: People, admin: Member, seed: int) -> None:
    chance = random.Random(seed)
    ledger.repository("web/shop", admin)
    for principal in chance.sample(PRINCIPALS, 3):
        ledger.give("web", principal, chance.choice([Access.READ, Access.WRITE]))
    ledger.give("web/shop", chance.choice(PRINCIPALS), Access.WRITE)
    before = accesses(ledger, people, "web/shop")

    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at("web/shop"))
        preview = told(scope.previews.of_inheriting(grant, inherits=False))
        scope.granting.set_inherits(grant, False)

    after = accesses(ledger, people, "web/shop")
    usual = preview.get("every member without a further right")
    for name in people:
        changed = (before[name], after[name])
        assert changed == preview.get(name, usual if name != "visitors" and usual == changed else (before[name], before[name]))


@pytest.mark.parametrize("seed", range(12))
def test_the_preview_of_a_move_is_what_happens(ledger: Ledger, people: People, admin: Member, seed: int) -> None:
    chance = random.Random(seed)
    ledger.repository("web/shop", admin, private=chance.random() < 0.3)
    ledger.repository("inner/other", admin)
    for path in ("web", "web/shop", "inner"):
        for principal in chance.sample(PRINCIPALS, 2):
            ledger.give(path, principal, chance.choice(list(Access)))
    new = chance.choice(["inner/shop", "new/shop", "shop", "web/cart"])
    before = accesses(ledger, people, "web/shop")

    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at("web/shop"))
        preview = told(scope.previews.of_doing(grant, lambda: scope.repositories.rename(grant, new).text))
        assert scope.access.at(new) is None
        scope.repositories.rename(grant, new)

    after = accesses(ledger, people, new)
    usual = preview.get("every member without a further right")
    for name in people:
        changed = (before[name], after[name])
        assert changed == preview.get(name, usual if name != "visitors" and usual == changed else (before[name], before[name]))


def test_the_preview_of_a_move_of_a_group_tells_of_what_is_private_in_it(ledger: Ledger, people: People, admin: Member) -> None:
    ledger.repository("web/secret", admin, private=True)
    ledger.repository("inner/other", admin)
    ledger.give("inner", "user:bob", Access.READ)
    before = accesses(ledger, people, "web/secret")

    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_group(scope.access.at("web"))
        preview = told(scope.previews.of_doing(grant, lambda: scope.groups.rename(grant, "inner/web").text))
        scope.groups.rename(grant, "inner/web")

    assert preview == {"bob, of what is private": (Access.NONE, Access.READ)}
    assert accesses(ledger, people, "inner/web/secret") == {**before, "bob": Access.READ}


def test_a_preview_changes_nothing(ledger: Ledger, people: People, admin: Member) -> None:
    ledger.repository("web/shop", admin)
    before = accesses(ledger, people, "web/shop")

    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at("web/shop"))
        scope.previews.of_grant(grant, scope.granting.principal("anyone"), Access.NONE)
        scope.previews.of_inheriting(grant, inherits=False)
        scope.previews.of_doing(grant, lambda: scope.repositories.rename(grant, "far/away").text)
        with pytest.raises(Conflict):
            scope.previews.of_doing(grant, lambda: scope.repositories.rename(grant, "web").text)
        assert [row.action for row in scope.audit.latest(limit=1)] != ["repository.rename"]

    assert accesses(ledger, people, "web/shop") == before


def test_why_names_every_reason_and_what_does_not_count(ledger: Ledger, people: People, admin: Member) -> None:
    ledger.repository("web/shop", admin, private=True)
    ledger.give("web", "group:devs", Access.WRITE)
    ledger.give("web/shop", "members", Access.READ)

    with ledger.app.system_scope() as scope:
        found = scope.previews.why(scope.access.administer_repository(scope.access.at("web/shop")), "Alice")

    assert found.decision.access is Access.WRITE
    assert [(step.text, step.counts) for step in found.steps] == [
        ("every member has read on web/shop, but the repository is private.", False),
        ("anyone has read on web, but the repository is private.", False),
        ("group devs, to which alice belongs, has write on web.", True),
        ("The repository is private: only what is granted to somebody by name counts.", True),
    ]


def test_why_of_nobody_and_of_somebody_disabled(ledger: Ledger, people: People, admin: Member) -> None:
    ledger.repository("shop", admin)
    with ledger.app.system_scope() as scope:
        scope.accounts.by_name("bob").is_active = False

    for name, said in (("nobody", "no user"), ("bob", "disabled")):
        with ledger.app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.at("shop"))
            with pytest.raises(NotFound, match=said):
                scope.previews.why(grant, name)


def test_a_disabled_account_gains_nothing(ledger: Ledger, people: People, admin: Member) -> None:
    ledger.repository("shop", admin, private=True)
    with ledger.app.system_scope() as scope:
        scope.accounts.by_name("alice").is_active = False
        grant = scope.access.administer_repository(scope.access.at("shop"))
        devs: Principal = scope.granting.principal("group:devs")
        assert told(scope.previews.of_grant(grant, devs, Access.READ)) == {"carla": (Access.NONE, Access.READ)}
