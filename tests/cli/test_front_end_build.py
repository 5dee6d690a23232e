"""The front end is built when it is missing or stale, and only then."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from kallithea import front_end_build as ours

BUILD = """\
import {mkdirSync, writeFileSync} from "node:fs";
mkdirSync("kallithea/public", {recursive: true});
writeFileSync("kallithea/public/built.txt", "built");
"""


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    """A checkout with next to nothing in it, with the building module as ours has it."""
    sources = tmp_path / "kallithea" / "front-end"
    sources.mkdir(parents=True)
    shutil.copy(ours.__file__, tmp_path / "kallithea")
    (sources / "build.mjs").write_text(BUILD)
    package = {"name": "x", "private": True, "scripts": {"build": "node kallithea/front-end/build.mjs"}}
    lock = {"name": "x", "lockfileVersion": 3, "requires": True, "packages": {"": {"name": "x"}}}
    (tmp_path / "package.json").write_text(json.dumps(package))
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    return tmp_path


def loaded(tree: Path) -> ModuleType:
    """The building module of that tree, loaded as the packaging loads it."""
    spec = importlib.util.spec_from_file_location("front_end_build", tree / "kallithea" / "front_end_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="building")
def _building(tree: Path) -> ModuleType:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    return loaded(tree)


def test_what_was_never_built_is_not_current(building: ModuleType) -> None:
    assert not building.is_current()


def test_what_was_built_is_current(building: ModuleType) -> None:
    building.install_dependencies()
    building.generate()
    assert building.is_current()


def test_building_runs_the_script(building: ModuleType, tree: Path) -> None:
    building.generate()
    assert (tree / "kallithea" / "public" / "built.txt").read_text() == "built"


def test_a_new_source_makes_it_stale(building: ModuleType, tree: Path) -> None:
    building.generate()
    (tree / "kallithea" / "front-end" / "new.css").write_text("a {}")
    assert not building.is_current()


def test_a_failing_build_is_told(building: ModuleType, tree: Path) -> None:
    (tree / "kallithea" / "front-end" / "build.mjs").write_text("process.exit(3)")
    with pytest.raises(building.FrontEndError, match="exit code 3"):
        building.generate()


def test_a_failed_build_is_not_current(building: ModuleType, tree: Path) -> None:
    (tree / "kallithea" / "front-end" / "build.mjs").write_text("process.exit(3)")
    with pytest.raises(building.FrontEndError):
        building.generate()
    assert not building.is_current()


def test_without_sources_there_is_nothing_to_build(tree: Path) -> None:
    (tree / "package.json").unlink()
    assert loaded(tree).is_current()


def test_missing_nodejs_is_told_with_what_to_do(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    building = loaded(tree)
    monkeypatch.setenv("PATH", str(tree))
    with pytest.raises(building.FrontEndError, match=r"Node\.js is missing") as caught:
        building.generate()
    assert "Install Node.js" in caught.value.hint


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (ours.TOP / "package-lock.json").read_text(encoding="utf-8")
