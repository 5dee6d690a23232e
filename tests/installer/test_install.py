"""The file, on a machine with loopback alone and a fresh account: an administrator signs in, and hg and git clone. Then the
file of the next version, and back, beside a server that runs: nothing is lost."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bundling import own_wheel
from tests.installer import houses, story, upgrading, versions
from tests.installer.machines import FULL_SIZE, alone, fresh_user, outcome, pythons

NEXT = "1.0.0.dev2"
FIRSTS = ("this code", "the first tag") if FULL_SIZE else ("this code",)
# What a server and its visitors change all the time, and what jobs measure of repositories.
BUSY = {"alembic_version", "schema_compatibility", "sqlite_sequence", "job", "statistics", "user_session"}
MEASURED = {"size", "tip_id", "tip_author", "tip_summary", "tip_at"}


@pytest.fixture(name="second", scope="module")
def _second(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the code of this checkout under the next number."""
    folder = tmp_path_factory.mktemp("second")
    wheel = versions.renumbered(versions.own_wheel(bundle, folder), NEXT, folder)
    return versions.repacked(bundle, wheel, folder)


def first(which: str, bundle: Path, folder: Path) -> list[str]:
    """The file of the version before, and how it is put there."""
    if which == "this code":
        return [str(bundle)]
    folder.mkdir()
    wheel = own_wheel.build(folder, top=houses.code_of(f"v{houses.FIRST}", folder / "code"))
    return [str(versions.repacked(bundle, wheel, folder / "bundle")), "--unpack"]


@pytest.mark.parametrize("series", sorted(pythons()))
@pytest.mark.parametrize("which", FIRSTS)
def test_from_the_file_to_the_first_clone_and_at_full_size_to_the_next_version_and_back(
    bundle: Path, tmp_path: Path, request: pytest.FixtureRequest, which: str, series: str
) -> None:
    if FULL_SIZE:
        _there_and_back(bundle, request.getfixturevalue("second"), tmp_path, which, series)
    else:
        _only_there(bundle, tmp_path, series)


def _only_there(bundle: Path, tmp_path: Path, series: str) -> None:
    environment, home = fresh_user(tmp_path / "account"), tmp_path / "kallithea"

    told: Any = outcome(alone([pythons()[series], "-I", story.__file__, str(bundle), str(home)], environment))

    assert (told["is_administrator"], told["cloned"], told["interfaces"]) == (True, ["git", "hg"], [])
    check = [pythons()[series], "-m", "pip", "--python", str(home / "current" / "bin" / "python"), "check"]
    ended = subprocess.run(check, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert _left_behind(home, Path(environment["HOME"])) == []


def _there_and_back(bundle: Path, second: Path, tmp_path: Path, which: str, series: str) -> None:
    file, *how = first(which, bundle, tmp_path / "first")
    environment, home = fresh_user(tmp_path / "account"), tmp_path / "kallithea"
    command = [pythons()[series], "-I", upgrading.__file__, file, str(second), str(home), *how]

    told: Any = outcome(alone(command, environment))

    if not how:
        installed = told["installed"]
        assert (installed["is_administrator"], installed["cloned"], installed["interfaces"]) == (True, ["git", "hg"], [])
    before, upgraded, back = (told[name] for name in ("first", "upgraded", "back"))
    assert (before["version"], upgraded["version"], back["version"]) == (houses.FIRST, NEXT, houses.FIRST)
    assert all(each["is_administrator"] and not each["journal"] for each in (before, upgraded, back))
    assert all(each["server"]["running"] for each in (before, upgraded, back))
    # The first version tells nobody how it is.
    assert [each["server"]["answers"] for each in (before, upgraded, back)] == [not how, True, not how]
    assert not told["stopped"]["server"]["running"]
    _nothing_is_lost(before, upgraded["found"])
    _nothing_is_lost(upgraded, back["found"])
    assert back["ini"] == before["ini"]
    for kind in story.KINDS:
        # Pushed before, after the upgrade, and after going back.
        assert back["clones"][kind] == ["back.txt", "hello.txt", "upgraded.txt"]
        assert "Add upgraded.txt" in upgraded["pages"][kind]
    # Nothing is missing, too much, or of another version than somebody asks for.
    for release in (houses.FIRST, NEXT):
        python = str(home / "releases" / release / "bin" / "python")
        check = [pythons()[series], "-m", "pip", "--python", python, "check"]
        ended = subprocess.run(check, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert _left_behind(home, Path(environment["HOME"])) == []


def _nothing_is_lost(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Every row of before is there."""
    rows = {name: rows for name, rows in before["rows"].items() if rows and name not in BUSY}
    assert rows.keys() >= {"user", "repository", "grant", "push"}
    for name in rows:
        there = _lasting(houses.of_before(after["rows"][name], rows[name]))
        assert [row for row in _lasting(rows[name]) if row not in there] == [], name


def _lasting(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name not in MEASURED} for row in rows]


def _left_behind(home: Path, account: Path) -> list[str]:
    """What nobody needs any more, and what was written outside of the home."""
    drafts = [path for path in home.iterdir() if path.name.startswith(".journal") or path.name.endswith(".part")]
    wheels = list((home / "releases").glob(".wheels*"))
    return [os.fspath(path) for path in (*drafts, *wheels, *account.iterdir())]
