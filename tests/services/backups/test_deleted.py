"""What was deleted comes back with its rights, followers, record of pushes and statistics, as it does from a backup."""

from __future__ import annotations

import shutil
import stat
from datetime import timedelta

import pytest
from sqlalchemy import select

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict
from kallithea.lib.vcs import Kind
from kallithea.model import Following, FormerPath, Job, Repository, User
from kallithea.services.backups import remains
from kallithea.services.backups.one_repository import RestoredRepository
from kallithea.services.repositories import NewRepository
from tests.services.backups.conftest import House
from tests.services.backups.test_one_repository import grants_of, ledger_of

both_kinds = pytest.mark.parametrize("kind", ["hg", "git"])


def delete(house: House, path: str) -> None:
    with house.ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at(path)))


def restore(house: House, path: str, *, to: str | None = None, owner: str | None = None) -> RestoredRepository:
    with house.ledger.app.system_scope() as scope:
        found = scope.deleted_repositories.named(path)
        named = scope.accounts.by_name(owner) if owner else None
        return scope.deleted_repositories.restore(found, heir=scope.accounts.first_administrator(), owner=named, path=to)


def follow(house: House, path: str, name: str) -> None:
    with house.ledger.app.system_scope() as scope:
        number = scope.access.at(path).repository.id  # type: ignore[union-attr]
    with house.ledger.app.session() as session:
        session.add(
            Following(
                user_id=session.scalar(select(User.id).where(User.name == name)),
                repository_id=number,
                since=house.ledger.app.clock(),
            )
        )
        session.commit()


def followers(house: House, path: str) -> list[str]:
    number = house.place(path).id
    with house.ledger.app.session() as session:
        statement = select(User.name).join(Following, Following.user_id == User.id).where(Following.repository_id == number)
        return list(session.scalars(statement))


@both_kinds
def test_everything_that_was_known_of_it_comes_back(house: House, kind: str) -> None:
    path = f"web/{kind}"
    house.push(kind)
    follow(house, path, "ann")
    with house.ledger.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(path))
        scope.repositories.describe(grant, description="Shoes", is_private=True)
        scope.repositories.give_to(grant, scope.accounts.by_name("ann"))
    heads, ledger, grants = house.heads()[path], ledger_of(house, path), grants_of(house, path)
    assert len(ledger) == 2

    delete(house, path)
    restored = restore(house, path)

    assert (restored.path, restored.owner, restored.left_out, restored.with_rights) == (path, "ann", (), True)
    place = house.place(path)
    backend = house.vault.open(Kind(kind), place.location)
    assert (backend.reader.refs(), backend.keeper.verify()) == (heads, ())
    assert ledger_of(house, path) == ledger
    assert grants_of(house, path) == grants
    assert followers(house, path) == ["ann"]
    assert house.vault.discarded() == ()
    assert not house.vault.remains(place.location).exists()
    with house.ledger.app.system_scope() as scope:
        row = scope.repositories.get(scope.access.administer_repository(scope.access.at(path)))
        assert (row.description, row.is_private, row.owner.name, bool(row.tip_id)) == ("Shoes", True, "ann", True)
    with house.ledger.app.session() as session:
        assert f"count-statistics:{place.id}" in set(session.scalars(select(Job.key)))


@both_kinds
def test_it_comes_back_again_and_again(house: House, kind: str) -> None:
    path = f"web/{kind}"
    ledger, grants = ledger_of(house, path), grants_of(house, path)
    for _ in range(2):
        delete(house, path)
        restore(house, path)
    assert (ledger_of(house, path), grants_of(house, path)) == (ledger, grants)


def test_what_was_not_granted_at_the_top_is_not_granted_by_coming_back(house: House) -> None:
    """What is new at the top can be read by anyone: what comes back there only if it could before."""
    for name in ("closed", "open"):
        house.ledger.repository(name, house.admin)
    with house.ledger.app.system_scope() as scope:
        scope.granting.take(scope.access.administer_repository(scope.access.at("closed")), "anyone")
    for name in ("closed", "open"):
        before = grants_of(house, name)
        delete(house, name)
        restore(house, name)
        assert grants_of(house, name) == before
    assert grants_of(house, "open") == {("anyone", Access.READ)}
    assert grants_of(house, "closed") == set()


def test_who_is_gone_gets_nothing_and_whose_it_was_is_inherited(house: House) -> None:
    with house.ledger.app.system_scope() as scope:
        bob = house.ledger.user("bob")
        scope.repositories.give_to(scope.access.administer_repository(scope.access.at("web/git")), scope.accounts.get(bob.id))
    delete(house, "web/git")
    with house.ledger.app.system_scope() as scope:
        for name in ("ann", "bob"):
            scope.people.delete(scope.accounts.by_name(name))

    restored = restore(house, "web/git")

    assert restored.left_out == ("user:ann",)
    with house.ledger.app.system_scope() as scope:
        assert restored.owner == scope.accounts.first_administrator().name


def test_another_owner_and_another_place_can_be_named(house: House) -> None:
    delete(house, "web/hg")
    restored = restore(house, "web/hg", to="elsewhere/hg", owner="ann")
    assert (restored.path, restored.owner) == ("elsewhere/hg", "ann")


@both_kinds
def test_a_taken_name_leaves_it_as_it_was_deleted(house: House, kind: str) -> None:
    path = f"web/{kind}"
    delete(house, path)
    (before,) = house.vault.discarded()
    house.ledger.repository(path, house.admin)

    with pytest.raises(Conflict):
        restore(house, path)

    (after,) = house.vault.discarded()
    assert after == before
    assert restore(house, path, to="web/again").with_rights


def test_without_room_for_what_is_known_it_is_deleted_all_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(remains, "write_table", full)
    delete(house, "web/git")
    monkeypatch.undo()

    restored = restore(house, "web/git")

    assert not restored.with_rights
    assert grants_of(house, "web/git") == set()


def fork_of(house: House, parent: str, path: str) -> None:
    """Something that was forked, without anything in it."""
    with house.ledger.app.system_scope() as scope:
        fork = scope.repositories.create(NewRepository(path, "git", is_private=False), owner=scope.accounts.by_name("ann"))
        fork.forked_from_id = scope.access.at(parent).repository.id  # type: ignore[union-attr]


def origin_of(house: House, path: str) -> str | None:
    with house.ledger.app.system_scope() as scope:
        return scope.access.locate_path(path).repository.forked_from  # type: ignore[union-attr]


def test_forks_and_what_it_was_forked_from_are_found_again(house: House) -> None:
    fork_of(house, "web/git", "web/fork")
    fork_of(house, "web/fork", "web/fork-of-fork")
    delete(house, "web/fork")
    assert origin_of(house, "web/fork-of-fork") is None
    restore(house, "web/fork", to="web/again")
    assert (origin_of(house, "web/again"), origin_of(house, "web/fork-of-fork")) == ("web/git", "web/again")


def test_an_origin_that_is_gone_too_is_left_out(house: House) -> None:
    fork_of(house, "web/git", "web/fork")
    for path in ("web/fork", "web/git"):
        delete(house, path)
    restore(house, "web/fork")
    assert origin_of(house, "web/fork") is None


def test_addresses_of_before_lead_to_it_again_unless_something_else_has_them(house: House) -> None:
    for name in ("shoes", "socks", "shirts"):
        with house.ledger.app.system_scope() as scope:
            located = scope.access.at("web/git" if name == "shoes" else {"socks": "web/shoes", "shirts": "web/socks"}[name])
            scope.repositories.rename(scope.access.administer_repository(located), f"web/{name}")
    delete(house, "web/shirts")
    with house.ledger.app.system_scope() as scope:
        scope.repositories.create(NewRepository("web/socks", "git", is_private=False), owner=scope.accounts.by_name("ann"))

    restore(house, "web/shirts")

    place = house.place("web/shirts")
    with house.ledger.app.session() as session:
        number = select(Repository.namespace_id).where(Repository.id == place.id).scalar_subquery()
        found = session.scalars(select(FormerPath.path_key).where(FormerPath.namespace_id == number))
        assert sorted(found) == ["web/git", "web/shoes"]


def test_a_deletion_that_fails_leaves_nothing_in_the_repository(house: House) -> None:
    with house.ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("web/git")))
        scope.abandoned = True
    assert not house.vault.remains(house.place("web/git").location).exists()


def test_what_is_kept_names_people_and_holds_nothing_that_opens_a_door(house: House) -> None:
    delete(house, "web/git")
    (grave,) = (house.vault.root / ".discarded").iterdir()
    folder = grave / "kallithea-deleted"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = {path.stem: path.read_text() for path in folder.iterdir()}
    also = ("former_path", "relative", "deploy_token", "ssh_key", "bound_token")
    assert set(kept) == {"namespace", "user", "user_group", "grant", "following", "push", "ref_update", *also, "repository"}
    assert '"ann"' in kept["user"]
    with house.ledger.app.session() as session:
        hashed = session.scalar(select(User.password_hash).where(User.name == "ann"))
    assert hashed
    assert hashed not in "".join(kept.values())


@pytest.mark.parametrize("days", [None, 30])
def test_it_is_told_until_when_it_is_kept_by_whom_it_was_deleted_and_its_size(house: House, days: int | None) -> None:
    kept_for = timedelta(days=days) if days else None
    object.__setattr__(house.ledger.app._tools, "purge_deleted_after", kept_for)
    with house.ledger.app.system_scope() as scope:
        scope.repositories.measured(house.place("web/git").id, 12_345)
    delete(house, "web/git")

    with house.ledger.app.system_scope() as scope:
        (facts,) = scope.deleted_repositories.listed("git", after="", limit=9)

    assert (facts.kind, facts.size, facts.found.by) == ("git", 12_345, "system")
    assert facts.kept_until == (facts.found.at + kept_for if kept_for else None)


def test_what_comes_back_is_foretold(house: House) -> None:
    house.push("git")
    follow(house, "web/git", "ann")
    delete(house, "web/git")

    with house.ledger.app.system_scope() as scope:
        heir = scope.accounts.first_administrator()
        kept = scope.deleted_repositories.kept(scope.deleted_repositories.named("web/git"), heir=heir)

    assert kept is not None
    restore(house, "web/git")
    came = len(grants_of(house, "web/git")), len(followers(house, "web/git")), len(ledger_of(house, "web/git"))
    assert (kept.grants, kept.followers, kept.pushes) == came
    assert came[1:] == (1, 2)


def test_of_what_an_older_release_deleted_nothing_is_foretold(house: House) -> None:
    delete(house, "web/git")
    (grave,) = (house.vault.root / ".discarded").iterdir()
    for name in ("kallithea-deleted", "kallithea-deleted.json"):
        gone = grave / name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()

    with house.ledger.app.system_scope() as scope:
        (facts,) = scope.deleted_repositories.listed("", after="", limit=9)
        assert scope.deleted_repositories.kept(facts.found, heir=scope.accounts.first_administrator()) is None

    assert (facts.found.path, facts.found.by, facts.kind, facts.size) == ("web/git", "", "", None)
