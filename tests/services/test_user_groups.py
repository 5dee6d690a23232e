"""Groups of users: members, who looks after them, and what they give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from kallithea.model import GrantRow, User, UserGroup, UserGroupMember
from kallithea.services.access.decision import Duty, decide_user_group
from kallithea.services.actors import Anonymous, Member, System
from kallithea.services.keysets import COUNTED_AT_MOST, Start
from kallithea.services.user_groups import AboutUserGroup, Reach
from tests.services.conftest import FakeClock, Ledger
from tests.worlds import counted_statements


@pytest.fixture(name="owner")
def _owner(ledger: Ledger, admin: Member) -> Member:
    return ledger.user("owner")


def make(ledger: Ledger, name: str, owner: Member, *members: str) -> int:
    with ledger.app.system_scope() as scope:
        number = scope.user_groups.create(AboutUserGroup(name), owner=scope.accounts.get(owner.id)).id
        if members:
            scope.user_groups.add(scope.access.look_after(number), members)
        return number


def members(ledger: Ledger, number: int) -> list[str]:
    with ledger.app.system_scope() as scope:
        return [line.name for line in scope.user_groups.members(scope.access.look_after(number), "", Start(), size=100).rows]


def access_to(ledger: Ledger, member: Member, path: str) -> Access:
    with ledger.scope_of(member) as scope:
        return scope.access.decide(scope.access.at(path)).access


# --- the decision


@given(st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_owners_have_the_members_and_administrators_everything(actor: int, owner: int, is_administrator: bool) -> None:
    duty = decide_user_group(Member(actor, "x", is_administrator), owner)

    assert duty is (Duty.EVERYTHING if is_administrator else Duty.MEMBERS if actor == owner else Duty.NONE)


def test_visitors_have_nothing_and_the_system_everything() -> None:
    assert decide_user_group(Anonymous(), 1) is Duty.NONE
    assert decide_user_group(System(), 1) is Duty.EVERYTHING


def test_nobody_enters_the_group_of_another(ledger: Ledger, owner: Member) -> None:
    number, stranger = make(ledger, "Sales", owner), ledger.user("stranger")

    with ledger.scope_of(stranger) as scope, pytest.raises(NotFound) as there:
        scope.access.look_after(number)
    with ledger.scope_of(stranger) as scope, pytest.raises(NotFound) as missing:
        scope.access.look_after(number + 100)

    assert there.value.message == missing.value.message


def test_members_of_a_group_do_not_look_after_it(ledger: Ledger, owner: Member) -> None:
    alice = ledger.user("alice")
    number = make(ledger, "Sales", owner, "alice")

    with ledger.scope_of(alice) as scope, pytest.raises(NotFound):
        scope.access.look_after(number)


def test_visitors_are_asked_to_sign_in(ledger: Ledger, owner: Member) -> None:
    number = make(ledger, "Sales", owner)

    with ledger.scope_of(None) as scope, pytest.raises(Unauthenticated):
        scope.access.look_after(number)


def test_an_owner_does_not_administer_the_group(ledger: Ledger, owner: Member) -> None:
    number = make(ledger, "Sales", owner)

    with ledger.scope_of(owner) as scope, pytest.raises(Forbidden):
        scope.access.administer_user_group(number)


# --- members


def test_an_owner_adds_and_removes_members(ledger: Ledger, owner: Member) -> None:
    alice, number = ledger.user("alice"), make(ledger, "Sales", owner)
    ledger.repository("shop", owner, private=True)
    ledger.give("shop", "group:Sales", Access.WRITE)
    before = access_to(ledger, alice, "shop")

    with ledger.scope_of(owner, writes=True) as scope:
        added = scope.user_groups.add(scope.access.look_after(number), [" ALICE ", "user:alice", "owner", ""])
    with_it = access_to(ledger, alice, "shop")
    with ledger.scope_of(owner, writes=True) as scope:
        scope.user_groups.remove(scope.access.look_after(number), alice.id)

    assert added == ["alice", "owner"]
    assert (before, with_it, access_to(ledger, alice, "shop")) == (Access.NONE, Access.WRITE, Access.NONE)


def test_who_is_a_member_already_is_not_added_twice(ledger: Ledger, owner: Member) -> None:
    ledger.user("alice")
    number = make(ledger, "Sales", owner, "alice")
    with ledger.app.system_scope() as scope:
        assert scope.user_groups.add(scope.access.look_after(number), ["alice", "owner"]) == ["owner"]

    assert members(ledger, number) == ["alice", "owner"]


@pytest.mark.parametrize("nested", ["Support", "support", "group:Support", "group:nothing"])
def test_a_group_is_never_a_member(ledger: Ledger, owner: Member, nested: str) -> None:
    number = make(ledger, "Sales", owner)
    make(ledger, "Support", owner)

    with pytest.raises(Invalid, match="only people"), ledger.app.system_scope() as scope:
        scope.user_groups.add(scope.access.look_after(number), ["owner", nested])
    assert members(ledger, number) == []


@pytest.mark.parametrize("names", [["owner", "nobody"], [], ["", " "], ["owner@example.com"], [f"u{n}" for n in range(201)]])
def test_nobody_is_added_if_one_cannot_be(ledger: Ledger, owner: Member, names: list[str]) -> None:
    number = make(ledger, "Sales", owner)

    with pytest.raises(Invalid) as refusal, ledger.app.system_scope() as scope:
        scope.user_groups.add(scope.access.look_after(number), names)
    assert "members" in refusal.value.fields
    assert members(ledger, number) == []


def test_a_member_of_another_group_is_not_removed_from_it(ledger: Ledger, owner: Member) -> None:
    alice = ledger.user("alice")
    mine, other = make(ledger, "Sales", owner), make(ledger, "Support", ledger.user("somebody"), "alice")

    with pytest.raises(NotFound), ledger.scope_of(owner, writes=True) as scope:
        scope.user_groups.remove(scope.access.look_after(mine), alice.id)
    assert members(ledger, other) == ["alice"]


# --- groups


def test_what_an_inactive_group_was_granted_does_not_count(ledger: Ledger, admin: Member, owner: Member) -> None:
    alice = ledger.user("alice")
    number = make(ledger, "Sales", owner, "alice")
    ledger.repository("shop", admin, private=True)
    ledger.give("shop", "group:Sales", Access.READ)
    active = access_to(ledger, alice, "shop")
    with ledger.app.system_scope() as scope:
        about = AboutUserGroup("Sellers", "They sell.", is_active=False)
        scope.user_groups.change(scope.access.administer_user_group(number), about, owner=scope.accounts.get(admin.id))

    assert (active, access_to(ledger, alice, "shop")) == (Access.READ, Access.NONE)
    with ledger.app.system_scope() as scope:
        (line,) = scope.user_groups.page("", Start(), size=5).rows
    assert (line.name, line.description, line.is_active, line.owner, line.members) == (
        "Sellers", "They sell.", False, admin.name, 1,
    )  # fmt: skip


def test_what_is_lost_with_a_group_is_told_before(ledger: Ledger, admin: Member, owner: Member) -> None:
    number = make(ledger, "Sales", owner, "owner")
    ledger.repository("web/shop", admin)
    ledger.give("web/shop", "group:Sales", Access.WRITE)
    ledger.give("web", "group:Sales", Access.READ, may_create=True)
    ledger.give("", "group:Sales", Access.NONE, may_create=True)

    with ledger.app.system_scope() as scope:
        grant = scope.access.administer_user_group(number)
        reach, total = scope.user_groups.reach(grant), scope.user_groups.count_reach(grant)
        scope.user_groups.delete(grant)

    assert total == 3
    assert list(reach) == [
        Reach("", False, Access.NONE, True),
        Reach("web", False, Access.READ, True),
        Reach("web/shop", True, Access.WRITE, False),
    ]
    with ledger.app.session() as session:
        left = [session.scalar(select(func.count()).select_from(table)) for table in (UserGroup, UserGroupMember)]
        left.append(session.scalar(select(func.count()).select_from(GrantRow).where(GrantRow.user_group_id.is_not(None))))
    assert left == [0, 0, 0]


@pytest.mark.parametrize(
    "name",
    ["", " ", "-x", "a:b", "a,b", "a\nb\x00", "аdmins", "ａdmins", "a\u200bb", "admıns", "x" * 101, "<b>", "=1+1"],
    ids=ascii,
)
def test_names_that_could_be_taken_for_others_are_refused(ledger: Ledger, owner: Member, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make(ledger, name, owner)
    assert "users_group_name" in refusal.value.fields


@pytest.mark.parametrize("name", ["Sales", "Domain Users", "dev-ops", "r.d", "a@b", "c++", "x" * 100])
def test_usual_names_are_taken(ledger: Ledger, owner: Member, name: str) -> None:
    make(ledger, name, owner)

    with ledger.app.system_scope() as scope:
        assert [line.name for line in scope.user_groups.page("", Start(), size=5).rows] == [name]


def test_names_are_unique_whatever_their_case(ledger: Ledger, owner: Member) -> None:
    make(ledger, "Sales", owner)
    with pytest.raises(Conflict) as refusal:
        make(ledger, "SALES", owner)
    assert "users_group_name" in refusal.value.fields


# --- the list


def test_owners_see_their_own_groups_alone(ledger: Ledger, admin: Member, owner: Member) -> None:
    make(ledger, "Sales", owner)
    make(ledger, "Support", admin, "owner")

    seen = {}
    for actor in (owner, admin, ledger.user("stranger")):
        with ledger.scope_of(actor) as scope:
            found = scope.user_groups.page("", Start(), size=5)
            seen[actor.name] = [line.name for line in found.rows], scope.user_groups.count("")

    assert seen == {"owner": (["Sales"], 1), "root_user": (["Sales", "Support"], 2), "stranger": ([], 0)}


def test_a_page_of_a_thousand_groups_and_of_ten_thousand_members_costs_two_statements(
    ledger: Ledger, owner: Member, clock: FakeClock
) -> None:
    people = [
        {
            "name": f"p{n:05}", "name_key": f"p{n:05}", "email": f"p{n}@e.x", "email_key": f"p{n}@e.x", "password_hash": "-",
            "is_active": True, "is_administrator": False, "created_at": clock.now,
        }
        for n in range(10_000)
    ]  # fmt: skip
    groups = [
        {
            "name": f"g{n:04}", "name_key": f"g{n:04}", "owner_id": owner.id, "created_at": clock.now, "description": "",
            "active": True,
        }
        for n in range(1_000)
    ]  # fmt: skip
    with ledger.app.session() as session, session.begin():
        session.execute(insert(User), people)
        session.execute(insert(UserGroup), groups)
        numbers = session.scalars(select(User.id).where(User.name_key.startswith("p"))).all()
        first = session.scalar(select(UserGroup.id).where(UserGroup.name_key == "g0000"))
        assert first is not None
        session.execute(insert(UserGroupMember), [{"user_group_id": first, "user_id": number} for number in numbers])

    costs = set()
    for start in (Start(), Start(after="g0500"), Start(before="g0990")):
        with ledger.app.system_scope() as scope, counted_statements(ledger.app.engine) as seen:
            assert len(scope.user_groups.page("", start, size=25).rows) == 25
            assert scope.user_groups.count("") == 1_000
            costs.add(len(seen))
    for start in (Start(), Start(after="p05000"), Start(before="p09990")):
        with ledger.app.system_scope() as scope:
            grant = scope.access.look_after(first)
            with counted_statements(ledger.app.engine) as seen:
                assert len(scope.user_groups.members(grant, "", start, size=25).rows) == 25
                assert scope.user_groups.count_members(grant, "") == COUNTED_AT_MOST + 1
                costs.add(len(seen))

    assert costs == {2}
