"""The moment of a backup: what happens between two looks is noticed, and what stands still stays as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from kallithea.lib.clock import utc_now
from kallithea.lib.errors import Unavailable
from kallithea.lib.vcs import Kind, RepositoryBusy
from kallithea.model import Push
from kallithea.services.backups import cut as cutting
from kallithea.services.backups.cut import Cut, Cutter
from tests.services.backups.conftest import House


def before_the_first_freeze(house: House, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> list[str]:
    """Have something happen when the transaction has begun and nothing is frozen; the locations that are, in order."""
    freeze, frozen = house.vault.freeze, []

    def after_that(kind: Kind, location: str, target: str) -> None:
        frozen.append(location)
        if len(frozen) == 1:
            act()
        freeze(kind, location, target)

    monkeypatch.setattr(house.vault, "freeze", after_that)
    return frozen


def agree(house: House, cut: Cut) -> dict[str, int]:
    """How many pushes the transaction sees of each repository: as many as what is frozen has commits, each push having one."""
    found = {}
    for one in cut.repositories:
        pushes = cut.connection.scalar(select(func.count(Push.id)).where(Push.repository_id == one.id)) or 0
        reader = house.vault.open(one.kind, cut.frozen[one.id]).reader
        commits = reader.count([reader.resolve("").id], limit=1000)
        assert commits == pushes, one.path
        found[one.path] = pushes
    return found


@pytest.mark.parametrize("lately", [False, True])
def test_a_push_after_the_transaction_began_is_not_in_it_nor_in_the_repository(
    house: House, monkeypatch: pytest.MonkeyPatch, lately: bool
) -> None:
    # The clock of the house stands: its pushes are of long ago, unless the cutter looks at the same clock.
    clock = house.ledger.clock if lately else utc_now
    problems: list[str] = []

    def push() -> None:
        try:
            house.push("hg")
        except RepositoryBusy as busy:
            problems.append(busy.message)

    monkeypatch.setattr("tests.services.backups.conftest.PATIENCE", 0.1)
    frozen = before_the_first_freeze(house, monkeypatch, push)

    with house.vault.snapshots() as shelter, Cutter(house.source.engine, house.vault, shelter, clock).cut() as cut:
        shown = agree(house, cut)

    if lately:  # all are locked when the transaction begins, so nobody gets in
        assert (shown, len(problems), len(frozen)) == ({"web/git": 1, "web/hg": 1}, 1, 2)
    else:  # it was noticed, and another transaction begun
        assert (shown, problems) == ({"web/git": 1, "web/hg": 2}, [])


def test_what_is_deleted_meanwhile_is_not_in_the_backup(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def delete() -> None:
        with house.ledger.app.system_scope() as scope:
            scope.repositories.delete(scope.access.administer_repository(scope.access.at("web/hg")))

    before_the_first_freeze(house, monkeypatch, delete)

    with house.vault.snapshots() as shelter, Cutter(house.source.engine, house.vault, shelter, utc_now).cut() as cut:
        assert [found.path for found in cut.repositories] == ["web/git"]
        assert cut.missing == []


def test_a_push_that_does_not_end_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "PATIENCE", 0.1)

    with house.vault.held(house.place("web/hg").location, patience=0), pytest.raises(Unavailable, match="web/hg"):
        house.create()
    assert house.generations.all() == []


@pytest.mark.parametrize("kind", ["git", "hg"])
def test_what_is_frozen_does_not_notice_what_becomes_of_the_repository(house: House, kind: str) -> None:
    location = house.place(f"web/{kind}").location
    living = house.vault.open(Kind(kind), location)
    before = living.reader.refs()
    with house.vault.snapshots() as shelter:
        with house.vault.held(location, patience=1):
            house.vault.freeze(Kind(kind), location, f"{shelter}/one")
        for _ in range(2):
            house.push(kind)
        living.keeper.maintain(thorough=kind == "git")  # packs everything anew, and removes what that replaces

        frozen = house.vault.open(Kind(kind), f"{shelter}/one")
        assert (frozen.reader.refs(), frozen.keeper.verify()) == (before, ())
        assert living.reader.refs() != before
        assert living.keeper.verify() == ()
