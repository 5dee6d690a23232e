"""Who watches a server sees how old its backups are, and the System page says when they are too old."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kallithea.config.backup_state import backup_ages, backup_doubts
from kallithea.config.settings import Settings
from kallithea.services.backups.drill import RESULT

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    """A backup every day, tried every week."""
    said = {"session.secret": "fedcba9876543210fedcba9876543210", "sqlalchemy.url": "sqlite:////nowhere/kallithea.db"}
    for name in ("repos_path", "cache_dir", "backup_path"):
        (tmp_path / name).mkdir()
        said[name] = str(tmp_path / name)
    return Settings.from_conf({}, {**said, "backup_every": "24", "backup_drill_every": "7"})


def made(settings: Settings, ago: timedelta) -> None:
    assert settings.backup_path
    folder = settings.backup_path / f"{NOW - ago:%Y%m%dT%H%M%SZ}"
    folder.mkdir()
    (folder / "backup.json").touch()


def tried(settings: Settings, ago: timedelta, *problems: str) -> None:
    assert settings.backup_path
    said = {"backup": "20261120T000000Z", "at": (NOW - ago).isoformat(), "repositories": 3, "problems": problems}
    (settings.backup_path / RESULT).write_text(json.dumps(said))


def test_all_is_well(settings: Settings) -> None:
    made(settings, timedelta(days=9))
    made(settings, timedelta(hours=25))
    tried(settings, timedelta(days=6))
    assert list(backup_doubts(settings, NOW)) == []
    assert dict(backup_ages(settings, NOW)) == {
        "kallithea_backup_age_seconds": 25 * 3600,
        "kallithea_backup_drill_age_seconds": 6 * 86400,
        "kallithea_backup_drill_problems": 0,
    }


def test_who_wants_none_hears_nothing(settings: Settings) -> None:
    nowhere = dataclasses.replace(settings, backup_path=None)
    assert list(backup_doubts(nowhere, NOW)) == []
    assert list(backup_ages(nowhere, NOW)) == []


def test_none_yet(settings: Settings) -> None:
    assert list(backup_doubts(settings, NOW)) == [f"There is no backup in {settings.backup_path} yet."]
    assert list(backup_ages(settings, NOW)) == []


def test_a_half_backup_is_none(settings: Settings) -> None:
    assert settings.backup_path
    (settings.backup_path / ".half-20261122T110000Z").mkdir()
    (settings.backup_path / "20261122T110000Z").mkdir()
    assert list(backup_ages(settings, NOW)) == []


def test_an_old_one(settings: Settings) -> None:
    made(settings, timedelta(hours=49))
    assert list(backup_doubts(settings, NOW)) == ["The newest backup is too old: it was made 2 days ago."]


def test_where_somebody_else_makes_them_a_week_is_fine(settings: Settings) -> None:
    settings = dataclasses.replace(settings, backup_every=0, backup_drill_every=0)
    made(settings, timedelta(days=7))
    assert list(backup_doubts(settings, NOW)) == []
    assert list(backup_doubts(settings, NOW + timedelta(days=2))) != []


def test_one_that_could_not_be_restored(settings: Settings) -> None:
    made(settings, timedelta(hours=1))
    tried(settings, timedelta(hours=1), "web/shop: the heads are not those of the backup")
    (said,) = backup_doubts(settings, NOW)
    assert said.endswith("could not be restored when that was tried: web/shop: the heads are not those of the backup")
    assert dict(backup_ages(settings, NOW))["kallithea_backup_drill_problems"] == 1


def test_a_drill_that_is_long_ago_or_never_was(settings: Settings) -> None:
    made(settings, timedelta(hours=1))
    assert [said.split(":")[0] for said in backup_doubts(settings, NOW)] == [
        "No backup was restored yet to see whether it can be"
    ]
    tried(settings, timedelta(days=15))
    assert list(backup_doubts(settings, NOW)) == ["The last time that a backup was restored to try it is 15 days ago."]
