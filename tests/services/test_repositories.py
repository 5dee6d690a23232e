"""Making, renaming, deleting and adopting repositories."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid, Unauthenticated
from kallithea.services.actors import Member
from kallithea.services.repositories import NewRepository
from tests.services.conftest import Ledger

both_kinds = pytest.mark.parametrize("kind", ["hg", "git"])


def folders(ledger: Ledger) -> list[str]:
    store = ledger.app.settings.repos_path / ".store"
    return sorted(path.name for path in store.iterdir()) if store.is_dir() else []


@both_kinds
def test_creating_makes_the_groups_above(ledger: Ledger, admin: Member, kind: str) -> None:
    ledger.repository("a/b/c", admin, kind=kind)

    with ledger.scope_of(admin) as scope:
        assert [path for path, _ in scope.listing.groups("")] == ["a"]
        assert [path for path, _ in scope.listing.groups("a")] == ["a/b"]
        assert scope.access.at("a/b/c") is not None
    assert len(folders(ledger)) == 1


def test_a_new_repository_at_the_top_can_be_read_by_anyone(ledger: Ledger, admin: Member) -> None:
    ledger.repository("shop", admin)

    with ledger.scope_of(None) as scope:
        assert scope.access.decide(scope.access.at("shop")).access is Access.READ


def test_a_private_repository_can_be_read_by_nobody_else(ledger: Ledger, admin: Member) -> None:
    bob = ledger.user("bob")
    ledger.repository("shop", admin, private=True)

    with ledger.scope_of(bob) as scope:
        assert scope.access.decide(scope.access.at("shop")).access is Access.NONE


@pytest.mark.parametrize("taken", ["shop", "SHOP", "Shop", "shop/below"])
def test_a_taken_name_is_refused(ledger: Ledger, admin: Member, taken: str) -> None:
    ledger.repository("shop", admin)
    before = folders(ledger)

    with pytest.raises(Conflict):
        ledger.repository(taken, admin)

    assert folders(ledger) == before


def test_a_failed_creation_leaves_nothing_on_disk(ledger: Ledger, admin: Member) -> None:
    def interrupted() -> None:
        with ledger.app.system_scope() as scope:
            scope.repositories.create(NewRepository("shop", "git"), owner=scope.accounts.get(admin.id))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupted()

    assert folders(ledger) == []
    ledger.repository("shop", admin)


def test_members_create_at_the_top_by_default_and_visitors_do_not(ledger: Ledger, admin: Member) -> None:
    bob = ledger.user("bob")
    new = NewRepository("shop", "git")

    with ledger.scope_of(bob, writes=True) as scope:
        scope.repositories.create(new, owner=scope.accounts.get(bob.id))

    with pytest.raises(Unauthenticated), ledger.scope_of(None, writes=True) as scope:
        scope.repositories.create(NewRepository("other", "git"), owner=scope.accounts.get(bob.id))


def test_who_may_not_create_learns_nothing_about_what_exists(ledger: Ledger, admin: Member) -> None:
    ledger.give("", "members", Access.NONE)
    bob = ledger.user("bob")
    ledger.repository("secret", admin, private=True)

    said = set()
    for path in ("secret", "secret/x", "missing", "missing/x"):
        with pytest.raises(Forbidden) as refusal, ledger.scope_of(bob, writes=True) as scope:
            scope.repositories.create(NewRepository(path, "git"), owner=scope.accounts.get(bob.id))
        said.add(refusal.value.message)

    assert len(said) == 1


def test_a_group_member_with_the_right_creates_inside_it_only(ledger: Ledger, admin: Member) -> None:
    ledger.give("", "members", Access.NONE)
    bob = ledger.user("bob")
    ledger.repository("web/shop", admin)
    ledger.give("web", "user:bob", Access.READ, may_create=True)

    with ledger.scope_of(bob, writes=True) as scope:
        scope.repositories.create(NewRepository("web/site", "git"), owner=scope.accounts.get(bob.id))

    with pytest.raises(Forbidden), ledger.scope_of(bob, writes=True) as scope:
        scope.repositories.create(NewRepository("infra", "git"), owner=scope.accounts.get(bob.id))


@both_kinds
def test_renaming_keeps_number_folder_and_grants(ledger: Ledger, admin: Member, kind: str) -> None:
    bob = ledger.user("bob")
    number = ledger.repository("shop", admin, kind=kind, private=True)
    ledger.give("shop", "user:bob", Access.WRITE)
    before = folders(ledger)

    with ledger.scope_of(admin, writes=True) as scope:
        grant = scope.access.administer_repository(scope.access.at("shop"))
        scope.repositories.rename(grant, "web/deep/store")

    with ledger.scope_of(bob) as scope:
        located = scope.access.locate([f"_{number}"])
        assert located is not None
        assert located.facts.path == "web/deep/store"
        assert scope.access.decide(located).access is Access.WRITE
        assert scope.access.at("shop") is None
    assert folders(ledger) == before


def test_renaming_to_another_case_of_the_same_name_works(ledger: Ledger, admin: Member) -> None:
    ledger.repository("shop", admin)

    with ledger.scope_of(admin, writes=True) as scope:
        scope.repositories.rename(scope.access.administer_repository(scope.access.at("shop")), "Shop")

    with ledger.scope_of(admin) as scope:
        located = scope.access.at("shop")
        assert located is not None
        assert located.facts.path == "Shop"


@both_kinds
def test_deleting_moves_the_folder_aside(ledger: Ledger, admin: Member, kind: str) -> None:
    ledger.repository("web/shop", admin, kind=kind)
    ledger.give("web/shop", "anyone", Access.READ)

    with ledger.scope_of(admin, writes=True) as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("web/shop")))

    with ledger.scope_of(admin) as scope:
        assert scope.access.at("web/shop") is None
    assert folders(ledger) == []
    discarded = [path.name for path in (ledger.app.settings.repos_path / ".discarded").iterdir()]
    assert len(discarded) == 1
    assert discarded[0].endswith("-web__shop")


def test_the_number_of_a_deleted_repository_is_never_used_again(ledger: Ledger, admin: Member) -> None:
    first = ledger.repository("shop", admin)
    with ledger.scope_of(admin, writes=True) as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("shop")))

    assert ledger.repository("other", admin) > first


def test_a_deletion_that_is_rolled_back_keeps_the_folder(ledger: Ledger, admin: Member) -> None:
    ledger.repository("shop", admin)
    before = folders(ledger)

    with ledger.scope_of(admin, writes=True) as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("shop")))
        scope.abandoned = True

    assert folders(ledger) == before
    with ledger.scope_of(admin) as scope:
        assert scope.access.at("shop") is not None


def test_adoption_takes_what_lies_under_the_root(ledger: Ledger, admin: Member) -> None:
    root = ledger.app.settings.repos_path
    subprocess.run(["git", "init", "-q", "--bare", str(root / "old/legacy.git")], check=True)
    subprocess.run([str(Path(sys.executable).with_name("hg")), "init", str(root / "old/history")], check=True)
    (root / ".hidden").mkdir()

    with ledger.app.system_scope() as scope:
        adopted = {a.location: a.problem for a in scope.repositories.adopt_all(owner=scope.accounts.get(admin.id))}
        again = list(scope.repositories.adopt_all(owner=scope.accounts.get(admin.id)))

    assert adopted == {"old/history": None, "old/legacy.git": None}
    assert again == []
    with ledger.scope_of(admin) as scope:
        exact, alias = scope.access.at("old/legacy.git"), scope.access.at("old/legacy")
        assert exact is not None
        assert alias is None
    assert (root / "old/legacy.git").is_dir()


def test_adoption_names_what_collides_and_goes_on(ledger: Ledger, admin: Member) -> None:
    root = ledger.app.settings.repos_path
    for name in ("Same", "same", "fine"):
        subprocess.run(["git", "init", "-q", "--bare", str(root / name)], check=True)

    with ledger.app.system_scope() as scope:
        adopted = {a.location: a.problem for a in scope.repositories.adopt_all(owner=scope.accounts.get(admin.id))}

    assert adopted["fine"] is None
    assert [bool(adopted["Same"]), bool(adopted["same"])].count(True) == 1


def test_x_beside_an_adopted_x_git_is_refused(ledger: Ledger, admin: Member) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(ledger.app.settings.repos_path / "x.git")], check=True)
    with ledger.app.system_scope() as scope:
        list(scope.repositories.adopt_all(owner=scope.accounts.get(admin.id)))

    with pytest.raises(Conflict):
        ledger.repository("x", admin)


@pytest.mark.parametrize("kind", ["svn", "", "HG"])
def test_an_unknown_kind_is_refused(ledger: Ledger, admin: Member, kind: str) -> None:
    with pytest.raises(Invalid):
        ledger.repository("shop", admin, kind=kind)


def test_a_missing_folder_is_named(ledger: Ledger, admin: Member, tmp_path: Path) -> None:
    ledger.repository("shop", admin)
    folder = ledger.app.settings.repos_path / ".store" / folders(ledger)[0]
    folder.rename(tmp_path / "elsewhere")

    with ledger.app.system_scope() as scope:
        assert list(scope.repositories.missing_on_disk()) == ["shop"]
