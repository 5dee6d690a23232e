"""What administrators do with accounts, and what they cannot do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import func, insert, select

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid, Unauthenticated
from kallithea.model import Following, GrantRow, Push, Repository, User, UserGroup, UserGroupMember, UserSession
from kallithea.services.actors import Anonymous, Credentials, Member, NamePassword, Origin, SessionToken
from kallithea.services.belongings import SHOWN
from kallithea.services.keysets import COUNTED_AT_MOST, Start
from kallithea.services.people import AccountFacts, PeopleFilter, WhichPeople
from kallithea.services.user_groups import AboutUserGroup
from tests.services.conftest import PASSWORD, FakeClock, Ledger
from tests.worlds import counted_statements

HERE = Origin("192.0.2.1", "a browser", "http")
MANY = 10_000


def change(ledger: Ledger, member: Member, **facts: object) -> None:
    with ledger.app.system_scope() as scope:
        user = scope.accounts.get(member.id)
        stored = {
            "name": user.name,
            "email": user.email,
            "is_administrator": user.is_administrator,
            "is_active": user.is_active,
        }
        scope.people.change(user, AccountFacts(**{**stored, **facts}))  # type: ignore[arg-type] # by name


def start_session(ledger: Ledger, member: Member) -> str:
    with ledger.app.scope(Credentials(origin=HERE), writes=True) as scope:
        return scope.accounts.start_session(member, HERE, remember=True)[0]


def is_signed_in(ledger: Ledger, token: str) -> bool:
    with ledger.app.scope(Credentials(SessionToken(token), HERE)) as scope:
        return scope.actor != Anonymous()


def names(ledger: Ledger, wanted: PeopleFilter, start: Start[str], size: int = 100) -> Sequence[str]:
    with ledger.app.system_scope() as scope:
        return [person.name for person in scope.people.page(wanted, start, size=size).rows]


def many_people(ledger: Ledger, count: int = MANY) -> None:
    rows = [
        {
            "name": f"Person{number:05}",
            "name_key": f"person{number:05}",
            "email": f"p{number}@example.com",
            "email_key": f"p{number}@example.com",
            "password_hash": "unusable",
            "is_active": True,
            "is_administrator": False,
            "created_at": ledger.clock.now,
        }
        for number in range(count)
    ]
    with ledger.app.session() as session, session.begin():
        session.execute(insert(User), rows)


# --- the list


def test_pages_follow_each_other_without_a_gap_in_both_directions(ledger: Ledger) -> None:
    many_people(ledger, 25)
    forth: list[str] = []
    start: Start[str] = Start()
    while True:
        page = names(ledger, PeopleFilter(), start, 7)
        forth += page
        if len(page) < 7:
            break
        start = Start(after=page[-1].casefold())
    back: list[str] = []
    before = "z"
    while page := names(ledger, PeopleFilter(), Start(before=before), 7):
        back = [*page, *back]
        before = page[0].casefold()

    assert forth == back == [f"Person{number:05}" for number in range(25)]


def test_a_page_knows_what_is_around_it(ledger: Ledger) -> None:
    many_people(ledger, 3)
    with ledger.app.system_scope() as scope:
        first = scope.people.page(PeopleFilter(), Start(), size=2)
        last = scope.people.page(PeopleFilter(), Start(after="person00001"), size=2)
        middle = scope.people.page(PeopleFilter(), Start(before="person00002"), size=1)

    assert (first.has_previous, first.has_next) == (False, True)
    assert (last.has_previous, last.has_next) == (True, False)
    assert (middle.has_previous, middle.has_next) == (True, True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PeopleFilter("ALI"), ["alice"]),
        (PeopleFilter("example alice"), ["alice"]),
        (PeopleFilter("example.com"), ["alice", "bob", "carol"]),
        (PeopleFilter("%"), []),
        (PeopleFilter("_"), []),
        (PeopleFilter(which=WhichPeople.ADMINISTRATORS), ["alice"]),
        (PeopleFilter(which=WhichPeople.DISABLED), ["bob"]),
        (PeopleFilter("carol", WhichPeople.DISABLED), []),
    ],
)
def test_the_filter_finds_names_and_addresses(ledger: Ledger, wanted: PeopleFilter, found: list[str]) -> None:
    ledger.user("alice", administrator=True)
    change(ledger, ledger.user("bob"), is_active=False)
    ledger.user("carol")

    assert names(ledger, wanted, Start()) == found


def test_a_page_of_ten_thousand_people_costs_two_statements_wherever_it_is(ledger: Ledger) -> None:
    many_people(ledger)
    costs, totals = set(), set()
    for start in (Start(), Start(after="person05000"), Start(before="person09990"), Start(after="person09998")):
        with ledger.app.system_scope() as scope, counted_statements(ledger.app.engine) as seen:
            assert scope.people.page(PeopleFilter(), start, size=50).rows
            totals.add(scope.people.count(PeopleFilter()))
            costs.add(len(seen))

    assert (costs, totals) == ({2}, {COUNTED_AT_MOST + 1})


# --- changing


def test_an_account_is_changed(ledger: Ledger, admin: Member) -> None:
    alice = ledger.user("alice")
    change(ledger, alice, name="Alicia", email="New@Example.com", is_administrator=True)

    with ledger.app.scope(Credentials(NamePassword("new@example.com", PASSWORD))) as scope:
        assert scope.member.name == "Alicia"
        assert scope.member.is_administrator


@pytest.mark.parametrize("facts", [{"name": "BOB"}, {"email": "Bob@Example.com"}])
def test_names_and_addresses_of_others_are_taken(ledger: Ledger, facts: dict[str, str]) -> None:
    alice = ledger.user("alice")
    ledger.user("bob")

    with pytest.raises(Conflict) as refusal:
        change(ledger, alice, **facts)
    assert refusal.value.fields.keys() == {"username" if "name" in facts else "email"}


def test_the_own_name_in_another_case_is_free(ledger: Ledger) -> None:
    alice = ledger.user("alice")
    change(ledger, alice, name="ALICE")

    assert names(ledger, PeopleFilter("alice"), Start()) == ["ALICE"]


@pytest.mark.parametrize("facts", [{"name": "default"}, {"name": "a b"}, {"email": "nothing"}])
def test_what_no_account_may_have_is_refused(ledger: Ledger, facts: dict[str, str]) -> None:
    alice = ledger.user("alice")
    with pytest.raises(Invalid):
        change(ledger, alice, **facts)


def test_disabling_signs_out_and_deletes_the_sessions(ledger: Ledger, admin: Member) -> None:
    alice = ledger.user("alice")
    token = start_session(ledger, alice)

    with ledger.app.system_scope() as scope:
        scope.people.set_active(scope.accounts.get(alice.id), False)
        scope.people.set_active(scope.accounts.get(alice.id), True)

    # Not even enabling the account again brings them back.
    assert not is_signed_in(ledger, token)
    with ledger.app.session() as session:
        assert session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_a_new_password_counts_at_once_and_signs_out(ledger: Ledger, admin: Member) -> None:
    alice = ledger.user("alice")
    token = start_session(ledger, alice)
    with ledger.app.system_scope() as scope:
        scope.people.set_password(scope.accounts.get(alice.id), "a-quite-new-one")

    assert not is_signed_in(ledger, token)
    with ledger.app.scope(Credentials(NamePassword("alice", "a-quite-new-one"))) as scope:
        assert scope.member.id == alice.id
    with pytest.raises(Unauthenticated), ledger.scope_of(alice) as scope:
        pass


def test_who_sets_the_own_password_stays_signed_in_here_alone(ledger: Ledger, admin: Member) -> None:
    here, elsewhere = start_session(ledger, admin), start_session(ledger, admin)
    with ledger.app.scope(Credentials(SessionToken(here), HERE), writes=True) as scope:
        scope.people.set_password(scope.accounts.get(admin.id), "a-quite-new-one")

    assert (is_signed_in(ledger, here), is_signed_in(ledger, elsewhere)) == (True, False)


# --- the last administrator


@pytest.mark.parametrize("facts", [{"is_active": False}, {"is_administrator": False}])
def test_the_last_active_administrator_stays_one(ledger: Ledger, admin: Member, facts: dict[str, bool]) -> None:
    other = ledger.user("other", administrator=True)
    change(ledger, other, is_active=False)
    ledger.user("somebody")

    with pytest.raises(Conflict) as refusal:
        change(ledger, admin, **facts)
    assert "admin" in refusal.value.fields


def test_the_last_active_administrator_cannot_be_deleted(ledger: Ledger, admin: Member) -> None:
    with pytest.raises(Conflict, match="last active administrator"), ledger.app.system_scope() as scope:
        scope.people.delete(scope.accounts.get(admin.id))


def test_one_of_two_administrators_can_go(ledger: Ledger, admin: Member) -> None:
    ledger.user("other", administrator=True)
    change(ledger, admin, is_administrator=False)

    assert names(ledger, PeopleFilter(which=WhichPeople.ADMINISTRATORS), Start()) == ["other"]


def test_a_disabled_administrator_is_demoted_and_deleted_freely(ledger: Ledger, admin: Member) -> None:
    gone = ledger.user("gone", administrator=True)
    change(ledger, gone, is_active=False)
    with ledger.app.system_scope() as scope:
        scope.people.delete(scope.accounts.get(gone.id))

    assert names(ledger, PeopleFilter(), Start()) == [admin.name]


# --- what they own, and the end


def test_everything_is_listed_and_goes_to_one_person(ledger: Ledger, admin: Member) -> None:
    alice, bob = ledger.user("alice"), ledger.user("bob")
    ledger.give("", "members", Access.NONE, may_create=True)
    ledger.repository("web/shop", alice)
    ledger.repository("web/till", alice, kind="hg")
    ledger.repository("other", admin)
    with ledger.app.system_scope() as scope:
        scope.user_groups.create(AboutUserGroup("Sales"), owner=scope.accounts.get(alice.id))

    with ledger.app.system_scope() as scope:
        owned = {kind.noun: kind.names for kind in scope.belongings.of(scope.accounts.get(alice.id))}
        given = scope.belongings.give_all(scope.accounts.get(alice.id), scope.accounts.get(bob.id))

    assert owned == {"repository": ("web/shop", "web/till"), "group": ("web",), "user group": ("Sales",)}
    assert given == 4
    with ledger.scope_of(bob) as scope:
        for path in ("web", "web/shop", "web/till"):
            assert scope.access.decide(scope.access.at(path)).access is Access.ADMIN
        assert scope.access.decide(scope.access.at("other")).access < Access.ADMIN
    with ledger.app.system_scope() as scope:
        assert scope.belongings.of(scope.accounts.get(alice.id)) == []


@pytest.mark.parametrize("to", ["alice", "disabled"])
def test_nothing_goes_to_the_same_person_or_to_a_disabled_one(ledger: Ledger, admin: Member, to: str) -> None:
    alice = ledger.user("alice")
    change(ledger, ledger.user("disabled"), is_active=False)
    ledger.repository("shop", alice)

    with pytest.raises((Invalid, Conflict)), ledger.app.system_scope() as scope:
        scope.belongings.give_all(scope.accounts.get(alice.id), scope.accounts.by_name(to))


def test_who_owns_something_is_not_deleted(ledger: Ledger, admin: Member) -> None:
    alice = ledger.user("alice")
    ledger.repository("shop", alice)

    with pytest.raises(Conflict, match="owns something"), ledger.app.system_scope() as scope:
        scope.people.delete(scope.accounts.get(alice.id))
    assert "alice" in names(ledger, PeopleFilter(), Start())


def test_nobody_deletes_the_own_account(ledger: Ledger, admin: Member) -> None:
    ledger.user("other", administrator=True)
    with pytest.raises(Conflict, match="own account"), ledger.scope_of(admin, writes=True) as scope:
        scope.people.delete(scope.accounts.get(admin.id))


def test_with_an_account_go_its_grants_memberships_sessions_and_follows_but_no_push(ledger: Ledger, admin: Member) -> None:
    alice = ledger.user("alice")
    number = ledger.repository("shop", admin)
    ledger.give("shop", "user:alice", Access.WRITE)
    start_session(ledger, alice)
    with ledger.scope_of(alice, writes=True) as scope:
        grant = scope.access.write_repository(scope.access.at("shop"))
        scope.pushes.record(grant, (), HERE)
        scope.followings.follow(grant, alice)
    with ledger.app.system_scope() as scope:
        group = scope.user_groups.create(AboutUserGroup("Sales"), owner=scope.accounts.get(admin.id))
        scope.user_groups.add(scope.access.look_after(group.id), ["alice"])
    with ledger.app.session() as session:
        relations = session.get_one(Repository, number).relations

    with ledger.app.system_scope() as scope:
        scope.people.delete(scope.accounts.get(alice.id))

    with ledger.app.session() as session:
        left = [
            session.scalar(select(func.count()).select_from(table).where(table.user_id == alice.id))
            for table in (GrantRow, UserGroupMember, UserSession, Following)
        ]
        assert left == [0, 0, 0, 0]
        assert session.scalars(select(Push.user_name)).all() == ["alice"]
        # Pages that count followers are made anew.
        assert session.get_one(Repository, number).relations > relations


def test_the_names_of_very_many_things_are_counted(ledger: Ledger, admin: Member, clock: FakeClock) -> None:
    alice = ledger.user("alice")
    rows = [
        {"name": f"g{n}", "name_key": f"g{n}", "owner_id": alice.id, "created_at": clock.now, "description": "", "active": True}
        for n in range(SHOWN + 50)
    ]
    with ledger.app.session() as session, session.begin():
        session.execute(insert(UserGroup), rows)

    with ledger.app.system_scope() as scope:
        (kind,) = scope.belongings.of(scope.accounts.get(alice.id))

    assert (kind.count, len(kind.names)) == (SHOWN + 50, SHOWN)
