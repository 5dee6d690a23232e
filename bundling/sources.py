"""What is compiled where it is installed: sdists of the lock, and what builds them."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from bundling.locks import TOOLS, Pin, pins
from bundling.targets import SOURCES
from bundling.wheels import Downloaded, bring

WITHOUT = {"psycopg-binary", "google-re2"}
"""What cannot be compiled from its sources alone: libraries of C that a machine may have itself, or not."""
_RUST = re.compile(r"maturin|setuptools[-_]rust")


def download(python: str, folder: Path) -> Downloaded:
    """Bring everything that is locked into a folder, which may hold some already: wheels that work everywhere, and sources."""
    wanted = [pin for pin in pins(SOURCES, python) if pin.name not in WITHOUT]
    return brought(wanted, pins(SOURCES, python, TOOLS), python, folder)


def brought(wanted: Sequence[Pin], tools: Sequence[Pin], python: str, folder: Path) -> Downloaded:
    """The same for these packages, which are built with these tools."""
    found, building = (bring(each, SOURCES, python, folder) for each in (wanted, tools))
    sdists, sources = (_sources(each, named.missing, folder) for each, named in ((wanted, found), (tools, building)))
    return replace(found, missing=(), sdists=sdists, tools=sorted({*building.wheels, *sources}))


def _sources(wanted: Sequence[Pin], missing: Sequence[str], folder: Path) -> list[Path]:
    return sorted(sdist(pin, folder) for pin in wanted if pin.name in missing)


def sdist(pin: Pin, folder: Path) -> Path:
    """The sources of a package, of which the lock knows the digest."""
    if path := _found(pin, folder):
        return path
    with tempfile.TemporaryDirectory() as work:
        requirement = Path(work) / "requirements.txt"
        requirement.write_text(f"{pin.line}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        only = ["--no-binary", pin.name, "--require-hashes", "--dest", str(folder), "-r", str(requirement)]
        subprocess.run([*command, *only], check=True)
    path = _found(pin, folder)
    assert path, pin.name
    return path


def is_in_rust(sdist: Path) -> bool:
    """Whether it takes a compiler of Rust."""
    with tarfile.open(sdist) as archive:
        top = next(name.partition("/")[0] for name in archive.getnames())
        try:
            file = archive.extractfile(f"{top}/pyproject.toml")
        except KeyError:
            return False
        return file is not None and bool(_RUST.search(file.read().decode("utf-8")))


def _found(pin: Pin, folder: Path) -> Path | None:
    for path in folder.glob("*.tar.gz"):
        name, _, version = path.name.removesuffix(".tar.gz").rpartition("-")
        if canonicalize_name(name) == canonicalize_name(pin.name) and version == pin.version:
            return path if f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" in pin.hashes else None
    return None
