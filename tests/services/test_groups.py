"""Making, moving and deleting groups, and where what has moved can still be found."""

from __future__ import annotations

import pytest

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid
from kallithea.services.actors import Member
from kallithea.services.scope import Scope
from tests.services.conftest import Ledger


@pytest.fixture(name="alice")
def _alice(ledger: Ledger) -> Member:
    return ledger.user("alice")


def make(ledger: Ledger, path: str, owner: Member) -> None:
    with ledger.app.system_scope() as scope:
        scope.groups.create(path, owner=scope.accounts.get(owner.id))


def move(ledger: Ledger, by: Member, path: str, new: str) -> None:
    with ledger.scope_of(by, writes=True) as scope:
        scope.groups.rename(scope.access.administer_group(scope.access.at(path)), new)


def paths(ledger: Ledger) -> set[str]:
    with ledger.app.system_scope() as scope:
        return {holding.path for holding in scope.holdings.of(Member(0, "all", is_administrator=True))}


def whither(scope: Scope, address: str) -> tuple[str, tuple[str, ...]] | None:
    moved = scope.access.moved(address.split("/"))
    return (moved.path, moved.rest) if moved else None


def test_a_group_is_made_empty_with_those_above(ledger: Ledger, admin: Member) -> None:
    make(ledger, "web/deep/shops", admin)

    assert paths(ledger) == {"web", "web/deep", "web/deep/shops"}


@pytest.mark.parametrize("taken", ["web", "WEB", "web/shop", "web/shop/below"])
def test_a_taken_path_is_refused(ledger: Ledger, admin: Member, taken: str) -> None:
    ledger.repository("web/shop", admin)

    with pytest.raises(Conflict):
        make(ledger, taken, admin)


def test_who_may_not_create_makes_no_group(ledger: Ledger, admin: Member, alice: Member) -> None:
    make(ledger, "web", admin)

    with pytest.raises(Forbidden), ledger.scope_of(alice, writes=True) as scope:
        scope.groups.create("web/mine", owner=scope.accounts.get(alice.id))

    ledger.give("web", "user:alice", Access.READ, may_create=True)
    with ledger.scope_of(alice, writes=True) as scope:
        scope.groups.create("web/mine", owner=scope.accounts.get(alice.id))
    assert "web/mine" in paths(ledger)


def test_moving_takes_everything_below_along_and_nothing_beside(ledger: Ledger, admin: Member) -> None:
    for path in ("web/shop", "web/deep/a", "webby/x", "web-old/y"):
        ledger.repository(path, admin)

    move(ledger, admin, "web", "stores/new")

    assert paths(ledger) == {
        *("stores", "stores/new", "stores/new/shop", "stores/new/deep", "stores/new/deep/a"),
        *("webby", "webby/x", "web-old", "web-old/y"),
    }
    with ledger.scope_of(admin) as scope:
        assert [path for path, _ in scope.listing.groups("stores")] == ["stores/new"]


@pytest.mark.parametrize("moved", ["web", "web/shop"])
def test_moving_below_a_new_group_opens_nothing(ledger: Ledger, admin: Member, alice: Member, moved: str) -> None:
    ledger.repository("web/shop", admin)
    with ledger.scope_of(admin, writes=True) as scope:
        scope.granting.take(scope.access.administer_group(scope.access.at("web")), "anyone")

    if moved == "web":
        move(ledger, admin, "web", "stores/web")
    else:
        with ledger.scope_of(admin, writes=True) as scope:
            scope.repositories.rename(scope.access.administer_repository(scope.access.at("web/shop")), "stores/web/shop")

    for actor in (None, alice):
        with ledger.scope_of(actor) as scope:
            assert scope.access.decide(scope.access.at("stores/web/shop")).access is Access.NONE


def test_moving_changes_nothing_on_disk(ledger: Ledger, admin: Member) -> None:
    ledger.repository("web/shop", admin)
    before = sorted(ledger.app.settings.repos_path.rglob("*"))

    move(ledger, admin, "web", "stores")

    assert sorted(ledger.app.settings.repos_path.rglob("*")) == before


@pytest.mark.parametrize("new", ["web/inside", "WEB/inside/deep", "web/deep"])
def test_a_group_does_not_move_into_itself(ledger: Ledger, admin: Member, new: str) -> None:
    ledger.repository("web/deep/a", admin)
    before = paths(ledger)

    with pytest.raises(Invalid):
        move(ledger, admin, "web", new)

    assert paths(ledger) == before


def test_another_spelling_of_the_same_path_is_written_everywhere(ledger: Ledger, admin: Member) -> None:
    ledger.repository("web/shop", admin)

    move(ledger, admin, "web", "Web")

    assert paths(ledger) == {"Web", "Web/shop"}


def test_paths_that_would_become_too_long_refuse_the_whole_move(ledger: Ledger, admin: Member) -> None:
    ledger.repository(f"web/{'x' * 200}", admin)
    before = paths(ledger)

    with pytest.raises(Invalid, match="at most 255"):
        move(ledger, admin, "web", "y" * 100)

    assert paths(ledger) == before


def test_a_taken_path_refuses_the_whole_move(ledger: Ledger, admin: Member) -> None:
    for path in ("web/shop", "stores/shop"):
        ledger.repository(path, admin)
    before = paths(ledger)

    with pytest.raises(Conflict):
        move(ledger, admin, "web", "stores")

    assert paths(ledger) == before


def test_what_was_spelt_otherwise_above_keeps_its_own_name(ledger: Ledger, admin: Member) -> None:
    make(ledger, "straße", admin)
    ledger.repository("STRASSE/shop", admin)

    move(ledger, admin, "straße", "road")

    assert paths(ledger) == {"road", "road/shop"}


def test_a_percent_sign_in_a_name_is_no_pattern(ledger: Ledger, admin: Member) -> None:
    for path in ("a_b/one", "axb/two"):
        ledger.repository(path, admin)

    move(ledger, admin, "a_b", "moved")

    assert paths(ledger) == {"moved", "moved/one", "axb", "axb/two"}


def test_only_an_administrator_of_the_group_moves_it(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("web/shop", admin)
    ledger.give("web", "user:alice", Access.WRITE, may_create=True)

    with pytest.raises(Forbidden):
        move(ledger, alice, "web", "mine")


def test_only_who_may_create_there_moves_a_group_there(ledger: Ledger, admin: Member, alice: Member) -> None:
    make(ledger, "web", alice)
    make(ledger, "closed", admin)

    with pytest.raises(Forbidden):
        move(ledger, alice, "web", "closed/web")


def test_an_empty_group_is_deleted(ledger: Ledger, admin: Member) -> None:
    make(ledger, "web/shops", admin)
    ledger.give("web/shops", "members", Access.WRITE)

    with ledger.app.system_scope() as scope:
        scope.groups.delete(scope.access.administer_group(scope.access.at("web/shops")))

    assert paths(ledger) == {"web"}


@pytest.mark.parametrize("inside", ["web/shop", "web/deep/shop"])
def test_a_group_with_something_in_it_is_not_deleted(ledger: Ledger, admin: Member, inside: str) -> None:
    ledger.repository(inside, admin, private=True)

    with pytest.raises(Conflict), ledger.app.system_scope() as scope:
        scope.groups.delete(scope.access.administer_group(scope.access.at("web")))

    assert inside in paths(ledger)


# --- where things were


def test_old_paths_lead_to_the_new_ones_with_what_is_behind_them(ledger: Ledger, admin: Member) -> None:
    ledger.repository("web/shop", admin)
    move(ledger, admin, "web", "stores")

    with ledger.scope_of(None) as scope:
        assert whither(scope, "web") == ("stores", ())
        assert whither(scope, "web/shop/changelog/tip") == ("stores/shop", ("changelog", "tip"))
        assert whither(scope, "WEB/Shop.git") == ("stores/shop", ())
        assert whither(scope, "web/nothing") is None


def test_two_moves_lead_to_the_last_place(ledger: Ledger, admin: Member) -> None:
    number = ledger.repository("web/shop", admin)
    with ledger.app.system_scope() as scope:
        scope.repositories.rename(scope.access.administer_repository(scope.access.at("web/shop")), "web/cart")
    move(ledger, admin, "web", "stores")

    with ledger.scope_of(None) as scope:
        assert whither(scope, "web/shop") == ("stores/cart", ())
        assert whither(scope, "web/cart") == ("stores/cart", ())
        assert scope.access.locate((f"_{number}",)) is not None


def test_back_again_there_is_nothing_to_lead_to(ledger: Ledger, admin: Member) -> None:
    ledger.repository("web/shop", admin)
    move(ledger, admin, "web", "stores")
    move(ledger, admin, "stores", "web")

    with ledger.scope_of(None) as scope:
        assert whither(scope, "web/shop") is None
        assert whither(scope, "stores/shop") == ("web/shop", ())


def test_something_new_at_the_old_path_wins_even_when_it_is_gone(ledger: Ledger, admin: Member) -> None:
    ledger.repository("web/shop", admin)
    move(ledger, admin, "web", "stores")
    ledger.repository("web/shop", admin)
    with ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("web/shop")))

    with ledger.scope_of(None) as scope:
        assert whither(scope, "web/shop") is None


def test_who_may_not_read_it_is_led_nowhere(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("web/secret", admin, private=True)
    ledger.give("web/secret", "user:alice", Access.READ)
    move(ledger, admin, "web", "stores")

    with ledger.scope_of(None) as scope:
        assert whither(scope, "web/secret") == whither(scope, "web/nothing") is None
    with ledger.scope_of(alice) as scope:
        assert whither(scope, "web/secret") == ("stores/secret", ())


def test_what_is_deleted_is_led_to_no_more(ledger: Ledger, admin: Member) -> None:
    ledger.repository("web/shop", admin)
    move(ledger, admin, "web", "stores")
    with ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("stores/shop")))

    with ledger.scope_of(admin) as scope:
        assert whither(scope, "web/shop") is None


# --- what is written about them


def test_moves_are_written_down(ledger: Ledger, admin: Member) -> None:
    make(ledger, "web", admin)
    move(ledger, admin, "web", "stores")

    with ledger.app.system_scope() as scope:
        latest = scope.audit.latest()[0]
    assert (latest.action, latest.actor_name, latest.target_name) == ("group.rename", "root_user", "web")
    assert latest.after == '{"path": "stores"}'


# --- inheriting


def test_who_inherits_nothing_keeps_its_own_grants(ledger: Ledger, admin: Member, alice: Member) -> None:
    ledger.repository("web/shop", admin)
    ledger.give("web", "user:alice", Access.WRITE)
    ledger.give("web/shop", "user:alice", Access.READ)

    with ledger.app.system_scope() as scope:
        scope.granting.set_inherits(scope.access.administer_repository(scope.access.at("web/shop")), False)

    with ledger.scope_of(alice) as scope:
        assert scope.access.decide(scope.access.at("web/shop")).access is Access.READ
    with ledger.scope_of(None) as scope:
        assert scope.access.decide(scope.access.at("web/shop")).access is Access.NONE


def test_the_top_has_nothing_to_inherit(ledger: Ledger) -> None:
    with pytest.raises(Invalid), ledger.app.system_scope() as scope:
        scope.granting.set_inherits(scope.access.administer_group(scope.access.root()), True)


# --- what somebody may do everywhere


def test_holdings_equal_the_decisions(ledger: Ledger, admin: Member, alice: Member) -> None:
    bob = ledger.user("bob")
    for path, owner, private in (("web/shop", admin, False), ("web/secret", admin, True), ("mine/deep/x", alice, True)):
        ledger.repository(path, owner, private=private)
    ledger.give("web", "user:alice", Access.WRITE)
    ledger.give("web/secret", "members", Access.WRITE)
    ledger.give("mine/deep", "user:bob", Access.ADMIN)

    everything = paths(ledger)
    for member in (alice, bob, admin):
        with ledger.scope_of(member) as scope:
            held = {holding.path: holding.access for holding in scope.holdings.of(member)}
            decided = {path: scope.access.decide(scope.access.at(path)).access for path in everything}
        assert held == {path: access for path, access in decided.items() if access}


def test_pages_of_holdings_follow_each_other(ledger: Ledger, admin: Member, alice: Member) -> None:
    for number in range(5):
        ledger.repository(f"r{number}", admin)

    with ledger.scope_of(alice) as scope:
        first = scope.holdings.of(alice, limit=2)
        second = scope.holdings.of(alice, after=first[-1].key, limit=2)

    assert [one.path for one in (*first, *second)] == ["r0", "r1", "r2", "r3"]
