"""A backup from each engine is restored into each other one, and has the same rows there."""

from __future__ import annotations

import itertools
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kallithea.config.app import App
from kallithea.config.backups import schema, source_of
from kallithea.config.database import make_engine, writing
from kallithea.config.settings import Settings
from kallithea.lib.access import Access
from kallithea.lib.clock import utc_now
from kallithea.model import UserPicture
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Member
from kallithea.services.backups import dump
from kallithea.services.backups.creating import Creation
from kallithea.services.backups.generations import Generations
from kallithea.services.backups.restoring import Restoration, Target
from kallithea.services.repositories import NewRepository
from kallithea.services.tokens import NewToken
from tests import databases

PAIRS = [("postgresql", "mariadb")]
FULL = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
if FULL:
    PAIRS = list(itertools.product(databases.ENGINES, repeat=2))


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_rows_are_the_same_in_another_engine(tmp_path: Path, here: str, there: str) -> None:
    backup = saved(tmp_path, here)
    (tmp_path / "there").mkdir()
    url = databases.new_database(tmp_path / "there", there)
    engine = make_engine(url)

    Restoration(backup, Target(writing(engine), tmp_path / "there/repos", schema(), utc_now)).run()

    with engine.connect() as connection:
        dump.dump(connection, tmp_path / "restored", tell=lambda _size: None)
    before, after = values(backup / "database"), values(tmp_path / "restored")
    assert after == before
    assert [row["display_name"] for row in before["user"]] == ["", "Böb 🙂"]
    assert len(before["user_picture"][0]["content"]) == 4 * 256 * 100
    app = App.build(settings_of(tmp_path / "there", url))
    with app.system_scope() as scope:
        number = scope.repositories.create(NewRepository("new", "git"), owner=scope.accounts.by_name("ann")).id
    assert number > json.loads((backup / "database" / dump.NUMBERS).read_text())["repository"], "a number was given again"
    app.close()
    engine.dispose()
    databases.discard(url)


def values(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, whatever an engine calls true."""
    tables = {path.stem: list(dump.rows_of(folder, path.stem)) for path in folder.glob("*.jsonl")}
    return {table: [{name: _plain(value) for name, value in row.items()} for row in rows] for table, rows in tables.items()}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def settings_of(folder: Path, url: str) -> Settings:
    return Settings(
        repos_path=folder / "repos", cache_dir=folder / "cache", sqlalchemy_url=url, session_secret="a-secret-of-the-tests"
    )


def saved(folder: Path, engine_name: str) -> Path:
    """A backup of an instance of this engine."""
    (folder / "here/repos").mkdir(parents=True)
    url = databases.new_ledger(folder / "here", engine_name)
    app = App.build(settings_of(folder / "here", url))
    with app.system_scope() as scope:
        ann = scope.accounts.create(NewAccount("ann", "ann@example.com", "correct horse", is_administrator=True))
        other = scope.accounts.create(NewAccount("bob", "other@example.com", "correct horse"))
        other.display_name = "Böb 🙂"
        scope.repositories.create(NewRepository("web/shop", "git", "Ein Läden\nwith lines"), owner=ann)
        scope.repositories.create(NewRepository("web/gone", "hg"), owner=ann)
        scope.tokens.create(Member(ann.id, ann.name, True), NewToken("laptop", Access.WRITE, False, timedelta(days=9), ()))
    with app.session() as session, session.begin():
        session.add(UserPicture(user_id=1, content_type="image/png", content=bytes(range(256)) * 300, digest="0" * 32))
    with app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at("web/gone")))
    created = Creation(source_of(app.settings, app.engine, app.vault, utc_now), Generations(folder / "backups")).run()
    app.close()
    databases.discard(url)
    return created.generation.folder
