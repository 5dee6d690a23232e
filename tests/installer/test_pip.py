"""Without the installer: pip, the lock and wheels in a folder, on a machine with loopback alone and a fresh account."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bundling.own_wheel import LOCK, settled
from kallithea.installer.bundle import Bundle
from tests.installer import by_pip
from tests.installer.machines import FULL_SIZE, alone, fresh_user, outcome, pythons

TOP = Path(__file__).parents[2]
_NOT_OF_A_CHECKOUT = ("node_modules", "build", "dist", "*.egg-info", "__pycache__")


@pytest.mark.parametrize("series", sorted(pythons()))
@pytest.mark.parametrize("way", ("wheel", "wheel, sdist and checkout") if FULL_SIZE else ("wheel",))
def test_from_locked_wheels_to_the_first_clone(bundle: Path, tmp_path: Path, series: str, way: str) -> None:
    links, checkout = tmp_path / "links", tmp_path / "checkout"
    links.mkdir()
    opened = Bundle(bundle)
    opened.extract([*opened.wheels(series), opened.installing_wheel], links)
    more = [str(copied(checkout))] if "checkout" in way else []
    # Byte-code is made where it is used.
    environment = {**fresh_user(tmp_path / "account"), "PIP_NO_COMPILE": "1"}
    command = [pythons()[series], "-I", by_pip.__file__, str(links), str(LOCK), str(tmp_path), *more]

    told: Any = outcome(alone(command, environment))

    assert (told["is_administrator"], sorted(told["cloned"]), told["interfaces"]) == (True, ["git", "hg"], [])
    well = "No broken requirements found."
    place = str(tmp_path / "venv" / "lib" / f"python{series}" / "site-packages" / "kallithea" / "__init__.py")
    assert told["checked"]["wheel"] == [well, place]
    if more:
        assert told["checked"]["sdist"] == [well, place]
        assert told["checked"]["checkout"] == [well, str(checkout / "kallithea" / "__init__.py")]
        _is_the_wheel_of_the_bundle(next((tmp_path / "built").glob("*.whl")), links, tmp_path)


def copied(checkout: Path) -> Path:
    """A checkout with the built front end, which may be written to."""
    shutil.copytree(TOP, checkout, ignore=shutil.ignore_patterns(".*", *_NOT_OF_A_CHECKOUT))
    shutil.copytree(TOP / "kallithea" / "public", checkout / "kallithea" / "public", dirs_exist_ok=True)
    return checkout


def _is_the_wheel_of_the_bundle(built: Path, links: Path, folder: Path) -> None:
    """Nothing is missing in the sdist; and a wheel is the same bytes wherever and whenever it was built."""
    settled(built, folder / built.name)
    assert (folder / built.name).read_bytes() == (links / built.name).read_bytes()
