"""Every verb that changes who may do what, or who somebody is, writes down what it did, with what was before and after."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert

from kallithea.lib.access import Access
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.vcs import CommitId, RefKind, RefUpdate
from kallithea.model import AuditEntry
from kallithea.services.access.grants import AdminGrant, GroupFacts
from kallithea.services.actors import Credentials, Member, NamePassword, Origin, SessionToken
from kallithea.services.audit_search import AuditFilter
from kallithea.services.forks import NewFork
from kallithea.services.keysets import Start
from kallithea.services.people import AccountFacts
from kallithea.services.scope import Scope
from kallithea.services.site_settings import SitePermissions
from kallithea.services.user_groups import AboutUserGroup
from tests.services.conftest import PASSWORD, FakeClock, Ledger
from tests.worlds import counted_statements

HERE = Origin("192.0.2.1", "a browser", "http")

Told = tuple[str, str, str, Any, Any]


def told(ledger: Ledger, *, but: str = "user.create") -> list[Told]:
    """Who did what to what, before and after, the oldest first."""
    with ledger.app.system_scope() as scope:
        entries = [*scope.audit.latest(limit=500)][::-1]
    return [
        (e.actor_name, e.action, e.target_name, json.loads(e.before or "null"), json.loads(e.after or "null"))
        for e in entries
        if e.action != but
    ]


def act(ledger: Ledger, member: Member, deed: Callable[[Scope], object]) -> list[Told]:
    """What is told of one deed."""
    before = len(told(ledger))
    with ledger.scope_of(member, writes=True) as scope:
        deed(scope)
    return told(ledger)[before:]


@pytest.fixture(name="alice")
def _alice(ledger: Ledger, admin: Member) -> Member:
    return ledger.user("alice")


# --- accounts and sessions


def test_what_changed_of_an_account_is_told_and_nothing_else(ledger: Ledger, admin: Member, alice: Member) -> None:
    def change(scope: Scope) -> None:
        facts = AccountFacts("alice", "new@example.com", is_administrator=True, is_active=True)
        scope.people.change(scope.accounts.get(alice.id), facts)

    assert act(ledger, admin, change) == [
        (
            "root_user",
            "user.change",
            "alice",
            {"email": "alice@example.com", "is_administrator": False},
            {"email": "new@example.com", "is_administrator": True},
        )
    ]
    assert act(ledger, admin, change) == []


def test_disabling_and_deleting_are_told(ledger: Ledger, admin: Member, alice: Member) -> None:
    disabled = act(ledger, admin, lambda scope: scope.people.set_active(scope.accounts.get(alice.id), False))
    deleted = act(ledger, admin, lambda scope: scope.people.delete(scope.accounts.get(alice.id)))

    assert disabled == [("root_user", "user.change", "alice", {"is_active": True}, {"is_active": False})]
    assert [(each[1], each[2], each[3]["email"]) for each in deleted] == [("user.delete", "alice", "alice@example.com")]


def test_a_new_password_is_told_without_it(ledger: Ledger, admin: Member, alice: Member) -> None:
    said = act(ledger, admin, lambda scope: scope.people.set_password(scope.accounts.get(alice.id), "a-quite-new-one"))

    assert said == [("root_user", "user.password", "alice", None, None)]


def test_each_thing_that_goes_to_somebody_else_is_told(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.give("", "members", Access.NONE, may_create=True)
    ledger.repository("web/shop", alice)

    said = act(ledger, admin, lambda s: s.belongings.give_all(s.accounts.get(alice.id), s.accounts.get(admin.id)))

    owners = {"owner": "alice"}, {"owner": "root_user"}
    assert said == [
        ("root_user", "repository.owner", "web/shop", *owners),
        ("root_user", "group.owner", "web", *owners),
    ]


def test_signing_in_and_out_is_told_of_who_does(ledger: Ledger, alice: Member) -> None:
    with ledger.app.scope(Credentials(origin=HERE), writes=True) as scope:
        token, _ = scope.accounts.start_session(alice, HERE, remember=False)
    with ledger.app.scope(Credentials(SessionToken(token), HERE), writes=True) as scope:
        scope.accounts.end_other_sessions(scope.member)
        scope.accounts.end_session(scope.member, scope.member.session_id or 0)

    assert [each[:3] for each in told(ledger)] == [
        ("alice", "session.start", "alice"),
        ("alice", "session.end_others", "alice"),
        ("alice", "session.end", "alice"),
    ]
    with ledger.app.system_scope() as scope:
        entry = scope.audit.latest()[0]
    assert (entry.address, entry.client, entry.transport) == ("192.0.2.1", "a browser", "http")


@pytest.mark.parametrize(
    ("name", "target"), [("alice", "alice"), ("ALICE@example.com", "alice"), ("my password", "an unknown name")]
)
def test_a_failed_sign_in_is_told_and_never_what_was_typed(ledger: Ledger, alice: Member, name: str, target: str) -> None:
    with pytest.raises(Unauthenticated), ledger.app.scope(Credentials(NamePassword(name, "wrong wrong"), HERE)) as scope:
        assert scope.actor

    assert told(ledger) == [("anyone", "session.fail", target, None, None)]
    with ledger.app.system_scope() as scope:
        entry = scope.audit.latest()[0]
    assert entry.address == "192.0.2.1"
    assert entry.target_id == (alice.id if target == "alice" else None)


# --- groups of users


def test_deeds_on_groups_of_users_are_told(ledger: Ledger, admin: Member, alice: Member) -> None:
    numbers: list[int] = []

    def make(scope: Scope) -> None:
        numbers.append(scope.user_groups.create(AboutUserGroup("Sales"), owner=scope.accounts.get(alice.id)).id)

    made = act(ledger, admin, make)
    added = act(ledger, alice, lambda s: s.user_groups.add(s.access.look_after(numbers[0]), ["alice"]))
    again = act(ledger, alice, lambda s: s.user_groups.add(s.access.look_after(numbers[0]), ["alice"]))
    ledger.repository("shop", admin)
    ledger.give("shop", "group:Sales", Access.WRITE)
    changed = act(
        ledger,
        admin,
        lambda s: s.user_groups.change(
            s.access.administer_user_group(numbers[0]), AboutUserGroup("Sales", is_active=False), owner=s.accounts.get(admin.id)
        ),
    )
    removed = act(ledger, admin, lambda s: s.user_groups.remove(s.access.look_after(numbers[0]), alice.id))
    deleted = act(ledger, admin, lambda s: s.user_groups.delete(s.access.administer_user_group(numbers[0])))

    assert [each[:3] for each in made] == [("root_user", "user_group.create", "Sales")]
    assert added == [("alice", "user_group.add", "Sales", None, {"members": ["alice"]})]
    assert again == []
    assert changed == [
        (
            "root_user",
            "user_group.change",
            "Sales",
            {"active": True, "owner": "alice"},
            {"active": False, "owner": "root_user"},
        )
    ]
    assert removed == [("root_user", "user_group.remove", "Sales", {"members": ["alice"]}, None)]
    assert deleted[0][1:3] == ("user_group.delete", "Sales")
    assert deleted[0][3]["access"] == ["write on shop"]


# --- access


def test_access_is_told_with_what_it_was(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("shop", admin)

    def give(access: Access) -> Callable[[Scope], None]:
        def deed(scope: Scope) -> None:
            scope.granting.give(scope.access.administer_repository(scope.access.at("shop")), "user:ALICE", access)

        return deed

    said = [act(ledger, admin, give(access)) for access in (Access.READ, Access.READ, Access.WRITE, Access.NONE, Access.NONE)]

    name = "user:alice"
    assert said == [
        [("root_user", "access.give", "shop", {name: None}, {name: "read"})],
        [],
        [("root_user", "access.give", "shop", {name: "read"}, {name: "write"})],
        [("root_user", "access.take", "shop", {name: "write"}, None)],
        [],
    ]


def test_what_is_taken_and_the_right_to_create_are_told(ledger: Ledger, admin: Member) -> None:
    ledger.repository("web/shop", admin)

    def allow(scope: Scope) -> None:
        grant = scope.access.administer_group(scope.access.at("web"))
        scope.granting.give(grant, "members", Access.READ, may_create=True)

    def take(scope: Scope) -> None:
        scope.granting.take(scope.access.administer_group(scope.access.at("web")), "members")

    assert act(ledger, admin, allow) == [("root_user", "access.give", "web", {"members": None}, {"members": "read, create"})]
    assert act(ledger, admin, take) == [("root_user", "access.take", "web", {"members": "read, create"}, None)]
    assert act(ledger, admin, take) == []


def test_settings_of_the_site_are_told(ledger: Ledger, admin: Member) -> None:
    off = act(ledger, admin, lambda scope: scope.site_settings.set_public_access(False))
    again = act(ledger, admin, lambda scope: scope.site_settings.set_public_access(False))

    assert off == [("root_user", "setting.change", "public_access", {"value": None}, {"value": "false"})]
    assert again == []


def test_of_what_holds_everywhere_only_what_changed_is_told(ledger: Ledger, admin: Member) -> None:
    chosen = SitePermissions(new_are_private=True, new_are_read_by=None)

    changed = act(ledger, admin, lambda scope: scope.site_settings.set_permissions(chosen))
    again = act(ledger, admin, lambda scope: scope.site_settings.set_permissions(chosen))

    assert changed == [
        ("root_user", "setting.change", "new_repositories_private", {"value": None}, {"value": "true"}),
        ("root_user", "setting.change", "new_at_top_read_by", {"value": None}, {"value": ""}),
    ]
    assert again == []


# --- groups


def test_the_life_of_a_group_is_told_once_each(ledger: Ledger, admin: Member, alice: Member) -> None:
    def of(deed: Callable[[Scope, AdminGrant[GroupFacts]], object], path: str = "web/shops") -> list[tuple[str, str, Any, Any]]:
        said = act(ledger, admin, lambda scope: deed(scope, scope.access.administer_group(scope.access.at(path))))
        return [each[1:] for each in said]

    made = act(ledger, admin, lambda scope: scope.groups.create("web/shops", owner=scope.accounts.get(admin.id)))
    owner = {"owner": "root_user"}
    assert [each[1:] for each in made] == [
        ("group.create", "web", None, owner),
        ("group.create", "web/shops", None, owner),
    ]
    for _ in range(2):
        described = of(lambda scope, grant: scope.groups.describe(grant, "x"))
    assert described == []
    assert of(lambda scope, grant: scope.groups.describe(grant, "")) == [
        ("group.change", "web/shops", {"description": "x"}, {"description": ""})
    ]
    assert of(lambda scope, grant: scope.groups.give_to(grant, scope.accounts.get(alice.id))) == [
        ("group.owner", "web/shops", owner, {"owner": "alice"})
    ]
    assert of(lambda scope, grant: scope.granting.set_inherits(grant, False)) == [
        ("access.inherit", "web/shops", {"inherits": True}, {"inherits": False})
    ]
    assert of(lambda scope, grant: scope.groups.rename(grant, "stores")) == [
        ("group.rename", "web/shops", {"path": "web/shops"}, {"path": "stores"})
    ]
    assert of(lambda scope, grant: scope.groups.delete(grant), "stores") == [
        ("group.delete", "stores", {"description": "", "owner": "alice"}, None)
    ]


# --- repositories


@pytest.mark.parametrize("kind", ["hg", "git"])
def test_the_life_of_a_repository_is_told(ledger: Ledger, admin: Member, alice: Member, kind: str) -> None:
    number = ledger.repository("web/shop", admin, kind=kind)
    made = told(ledger)

    def grant(scope: Scope, path: str) -> Any:
        return scope.access.administer_repository(scope.access.at(path))

    deeds: list[Callable[[Scope], object]] = [
        lambda s: s.repositories.describe(grant(s, "web/shop"), description="Things", is_private=True),
        lambda s: s.repositories.describe(grant(s, "web/shop"), description="Things", is_private=True),
        lambda s: s.repositories.give_to(grant(s, "web/shop"), s.accounts.get(alice.id)),
        lambda s: s.repositories.rename(grant(s, "web/shop"), "till"),
        lambda s: s.forks.fork(grant(s, "till"), NewFork("copy"), owner=s.accounts.get(admin.id)),
        lambda s: s.repositories.delete(grant(s, "till")),
    ]
    said = [act(ledger, admin, deed) for deed in deeds]

    assert [each[1:3] for each in made] == [("group.create", "web"), ("repository.create", "web/shop")]
    assert said[0] == [
        (
            "root_user",
            "repository.change",
            "web/shop",
            {"description": "", "private": False},
            {"description": "Things", "private": True},
        )
    ]
    assert said[1] == []
    assert said[2] == [("root_user", "repository.owner", "web/shop", {"owner": "root_user"}, {"owner": "alice"})]
    assert said[3] == [("root_user", "repository.rename", "till", {"path": "web/shop"}, {"path": "till"})]
    assert said[4] == [
        ("root_user", "repository.fork", "copy", None, {"fork_of": "till", "owner": "root_user", "private": True})
    ]
    assert said[5][0][1:3] == ("repository.delete", "till")
    # Under any of its names it is found by its number.
    with ledger.app.system_scope() as scope:
        found = scope.audit.page(AuditFilter(target=f"repository:{number}"), Start(), size=50).rows
        (discarded,) = ledger.app.vault.discarded()
        scope.deleted_repositories.restore(discarded, heir=scope.accounts.get(admin.id))
    assert [entry.action for entry in found] == [
        "repository.delete", "repository.rename", "repository.owner", "repository.change", "repository.create",
    ]  # fmt: skip
    assert told(ledger)[-1][:3] == ("system", "repository.restore", "till")


def test_removing_what_was_deleted_for_good_is_told_of_its_number(ledger: Ledger, admin: Member) -> None:
    number = ledger.repository("shop", admin)
    act(ledger, admin, lambda s: s.repositories.delete(s.access.administer_repository(s.access.at("shop"))))

    said = act(ledger, admin, lambda s: s.deleted_repositories.purge(s.deleted_repositories.named("shop")))

    assert said == [("root_user", "repository.purge", "shop", None, None)]
    assert ledger.app.vault.discarded() == ()
    with ledger.app.system_scope() as scope:
        assert scope.audit.latest()[0].target_id == number


def test_a_push_is_told_and_stays_when_the_repository_goes(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("shop", admin)
    ledger.give("shop", "user:alice", Access.WRITE)
    updates = [RefUpdate(RefKind.BRANCH, f"b{n}", None, CommitId("a" * 40)) for n in range(30)]

    said = act(ledger, alice, lambda s: s.pushes.record(s.access.write_repository(s.access.at("shop")), updates, HERE))
    act(ledger, admin, lambda s: s.repositories.delete(s.access.administer_repository(s.access.at("shop"))))

    assert len(said) == 1
    assert said[0][:3] == ("alice", "push.receive", "shop")
    assert said[0][4]["moved"] == 30
    assert len(said[0][4]["refs"]) == 20
    assert said[0] in told(ledger)


def test_a_job_that_is_tried_again_is_told(ledger: Ledger, admin: Member) -> None:
    with ledger.app.system_scope() as scope:
        scope.jobs.ask("maintain-repository:1")

    said = act(ledger, admin, lambda scope: scope.jobs.again("maintain-repository:1"))

    assert said == [("root_user", "job.retry", "maintain-repository:1", None, None)]


# --- finding


@pytest.fixture(name="many")
def _many(ledger: Ledger, clock: FakeClock) -> int:
    """So many entries that a page which read all of them would be noticed."""
    rows = [
        {
            "at": clock.now, "action": "user.change", "actor_id": number % 100 + 1000, "actor_name": f"p{number % 100}",
            "transport": "http", "address": "", "client": "", "target_kind": "user", "target_id": number, "target_name": "x",
        }
        for number in range(5_000)
    ]  # fmt: skip
    with ledger.app.session() as session, session.begin():
        session.execute(insert(AuditEntry), rows)
    return len(rows)


def test_a_page_of_the_log_costs_one_statement(ledger: Ledger, many: int) -> None:
    for wanted in (AuditFilter(), AuditFilter(actor="p7"), AuditFilter(action="user"), AuditFilter(target="user:17")):
        with ledger.app.system_scope() as scope, counted_statements(ledger.app.engine) as seen:
            assert scope.audit.page(wanted, Start(), size=50).rows
            assert len(seen) == 1


def test_reading_all_of_it_holds_little_at_once_and_leaves_nothing_out(ledger: Ledger, many: int) -> None:
    with ledger.app.system_scope() as scope:
        entries = scope.audit_reader.entries(AuditFilter(), at_once=700)
    # The scope is over; the stream goes on.
    with counted_statements(ledger.app.engine) as seen:
        first = next(entries)
        assert len(seen) == 1
        numbers = [first.id, *(entry.id for entry in entries)]

    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == many


def test_people_are_found_under_the_name_of_then_and_of_now(ledger: Ledger, admin: Member, alice: Member) -> None:
    act(ledger, alice, lambda s: s.accounts.change_password(alice, current=PASSWORD, new="another-good-one"))
    with ledger.app.system_scope() as scope:
        scope.people.change(scope.accounts.get(alice.id), AccountFacts("Alicia", "alice@example.com", False, True))
        by_old = scope.audit.page(AuditFilter(actor="alice"), Start(), size=50).rows
        by_new = scope.audit.page(AuditFilter(actor="ALICIA"), Start(), size=50).rows

    assert [e.action for e in by_old] == [e.action for e in by_new] == ["user.password"]


def test_days_and_kinds_of_deeds_narrow_the_search(ledger: Ledger, admin: Member, clock: FakeClock) -> None:
    first = clock.now
    ledger.repository("shop", admin)
    clock.advance(days=2)
    ledger.give("shop", "members", Access.READ)

    def actions(wanted: AuditFilter) -> list[str]:
        with ledger.app.system_scope() as scope:
            return [entry.action for entry in scope.audit.page(wanted, Start(), size=50).rows]

    assert actions(AuditFilter(since=clock.now)) == ["access.give"]
    assert actions(AuditFilter(until=clock.now, action="repository")) == ["repository.create"]
    assert actions(AuditFilter(since=first, action="access.give")) == ["access.give"]
    assert actions(AuditFilter(action="rep")) == []
    assert actions(AuditFilter(target="shop")) == ["access.give", "repository.create"]
    assert actions(AuditFilter(target="%")) == []


# --- the end of entries


def test_only_pruning_deletes_and_says_so(ledger: Ledger, many: int, clock: FakeClock) -> None:
    clock.advance(days=400)
    ledger.user("late")
    with ledger.app.system_scope() as scope:
        pruned = scope.audit_pruning.prune(clock.now)

    assert pruned == many
    assert told(ledger, but="")[-2:] == [
        ("system", "user.create", "late", None, {"email": "late@example.com", "is_administrator": False}),
        ("system", "audit.prune", "audit log", None, {"before": clock.now.isoformat(), "entries": many}),
    ]
