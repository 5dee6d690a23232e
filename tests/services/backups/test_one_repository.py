"""One repository of a backup comes back into a running instance, with its grants and its ledger."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from sqlalchemy import select

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, NotFound
from kallithea.lib.vcs import Kind
from kallithea.model import GrantRow
from kallithea.services.backups.format import BackupBroken, read_summary
from kallithea.services.backups.one_repository import RestoredRepository, copy_tables, filling
from tests.services.backups.conftest import House


def bring_back(house: House, backup: Path, path: str, *, to: str) -> RestoredRepository:
    app, summary = house.ledger.app, read_summary(backup)
    tables = house.folder / f"tables-{secrets.token_hex(4)}"
    copy_tables(backup, summary, tables)
    saved = summary.repository(path)
    with app.vault.taken_in(filling(backup, saved, tell=lambda _size: None)) as location, app.system_scope() as scope:
        owner = scope.accounts.first_administrator()
        return scope.repository_return.bring_back(saved.id, tables, location=location, path=to, heir=owner)


def ledger_of(house: House, path: str) -> list[object]:
    with house.ledger.app.system_scope() as scope:
        number = scope.access.at(path).repository.id  # type: ignore[union-attr]
        return [
            (push.user_name, push.pushed_at, push.client, [(row.kind, row.name, row.old, row.new) for row in push.updates])
            for push in scope.pushes.latest(number)
        ]


def grants_of(house: House, path: str) -> set[tuple[str, int]]:
    with house.ledger.app.system_scope() as scope:
        namespace = scope.repositories.get(scope.access.administer_repository(scope.access.at(path))).namespace_id
    with house.ledger.app.engine.connect() as connection:
        rows = connection.execute(select(GrantRow.principal, GrantRow.access).where(GrantRow.namespace_id == namespace))
        return {(row.principal, row.access) for row in rows}


@pytest.mark.parametrize("kind", ["hg", "git"])
def test_it_comes_back_under_another_name_and_under_its_own(house: House, kind: str) -> None:
    path = f"web/{kind}"
    heads, ledger, grants = house.heads()[path], ledger_of(house, path), grants_of(house, path)
    assert any(access == Access.WRITE for _, access in grants)
    backup = house.create().generation.folder
    house.push(kind)

    assert bring_back(house, backup, path, to="web/again").left_out == ()
    with pytest.raises(Conflict):
        bring_back(house, backup, path, to=path)
    with house.ledger.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at(path)))
    bring_back(house, backup, path.upper(), to=path)

    for name in (path, "web/again"):
        backend = house.vault.open(Kind(kind), house.place(name).location)
        assert (backend.reader.refs(), backend.keeper.verify()) == (heads, ())
        assert ledger_of(house, name) == ledger
        assert grants_of(house, name) == grants
    assert house.vault.copies() == ()
    assert len(list((house.vault.root / ".store").iterdir())) == 3, "something is left of what could not be restored"


def test_who_is_not_there_any_more_gets_nothing_and_is_named(house: House) -> None:
    backup = house.create().generation.folder
    with house.ledger.app.system_scope() as scope:
        scope.people.delete(scope.accounts.by_name("ann"))
    newcomer = house.ledger.user("newcomer")

    restored = bring_back(house, backup, "web/git", to="web/again")

    assert restored.left_out == ("user:ann",)
    assert f"user:{newcomer.id}" not in {principal for principal, _ in grants_of(house, "web/again")}


def test_a_broken_repository_does_not_come_back(house: House) -> None:
    backup = house.create().generation.folder
    number = read_summary(backup).repository("web/hg").id
    (backup / f"repositories/{number}/.hg/store/00changelog.i").write_bytes(b"x")
    places = len(list((house.vault.root / ".store").iterdir()))

    with pytest.raises(BackupBroken):
        bring_back(house, backup, "web/hg", to="web/again")

    assert len(list((house.vault.root / ".store").iterdir())) == places


def test_an_unknown_repository_is_named(house: House) -> None:
    with pytest.raises(NotFound):
        read_summary(house.create().generation.folder).repository("web/other")
