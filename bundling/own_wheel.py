"""Kallithea's own wheel, the same bytes from the same sources."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
LOCK = Path(__file__).parent / "locks" / "requirements.txt"
EPOCH = (2020, 1, 1, 0, 0, 0)
"""The date of every file in what is made here."""
_BESIDE = (
    "setup.py",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "development.ini.tmpl",
    "package.json",
    "package-lock.json",
)


def declared(extras: Iterable[str] = ()) -> Sequence[str]:
    """What setup.py requires, always and for extras."""
    tables = {}
    for node in ast.parse((TOP / "setup.py").read_text(encoding="utf-8")).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in {"REQUIRED", "EXTRAS"}
        ):
            tables[node.targets[0].id] = ast.literal_eval(node.value)
    return [*tables["REQUIRED"], *(line for extra in extras for line in tables["EXTRAS"][extra])]


def build(folder: Path, *, top: Path = TOP) -> Path:
    """The wheel of the code in a checkout, built into a folder."""
    with tempfile.TemporaryDirectory() as work:
        # Not in the tree: what an earlier build left there would get into the wheel, and two builds at once would meet.
        sources = Path(work) / "sources"
        shutil.copytree(top / "kallithea", sources / "kallithea", ignore=shutil.ignore_patterns("__pycache__"))
        for name in _BESIDE:
            if (top / name).exists():  # early versions are kept without what a wheel does not need
                shutil.copy(top / name, sources)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        # Another setuptools may write another wheel.
        tools = Path(work) / "tools.txt"
        tools.write_text(_locked("setuptools"), encoding="utf-8")
        environment = {**os.environ, "PIP_CONSTRAINT": str(tools)}
        subprocess.run([*command, "--wheel-dir", work, "."], cwd=sources, check=True, env=environment)
        (built,) = Path(work).glob("kallithea-*.whl")
        return settled(built, folder / built.name)


def _locked(name: str) -> str:
    """The version of a package in the lock, as a constraint."""
    found = re.search(rf"^{name}==[^\s\\]+", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, name
    return found[0]


def settled(wheel: Path, target: Path) -> Path:
    """The wheel with its files in the order of their names, all of one date, and the rights that they need."""
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        # The list of files is last, as the format recommends.
        for name in sorted(source.namelist(), key=lambda name: (".dist-info/" in name, name.endswith("/RECORD"), name)):
            write(made, name, source.read(name))
    return target


def write(archive: zipfile.ZipFile, name: str, content: bytes, *, compressed: bool = True) -> None:
    """Add a file of which nothing depends on when and by whom it was made."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    archive.writestr(info, content)
