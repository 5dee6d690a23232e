"""What is compiled where it is installed: sdists of the lock, and what builds them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bundling.locks import TOOLS, Pin, pins
from bundling.targets import SOURCES, environment
from bundling.wheels import Downloaded, bring

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WITHOUT = {"psycopg-binary", "google-re2"}
"""What cannot be compiled from its sources alone: libraries of C that a machine may have itself, or not."""
PROGRAMS = {"maturin": ("cargo",), "setuptools-rust": ("cargo",), "scikit-build-core": ("cmake", "ninja")}
"""What builds, and the programs that it takes, which no package here brings."""
_BACKENDS = ("setuptools.build_meta", "maturin", "scikit_build_core.build")
_STAND_IN = """\
import pathlib, sys

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = pathlib.Path(metadata_directory) / "{folder}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    return folder.name

__legacy__ = sys.modules[__name__]
"""
"""In place of what builds: says a name and a version."""


class Unbuildable(Exception):
    """The lock has not what builds a package."""


def download(python: str, folder: Path) -> Downloaded:
    """Bring everything that is locked into a folder, which may hold some already: wheels that work everywhere, and sources."""
    wanted = [pin for pin in pins(SOURCES, python) if pin.name not in WITHOUT]
    return brought(wanted, pins(SOURCES, python, TOOLS), python, folder)


def brought(wanted: Sequence[Pin], tools: Sequence[Pin], python: str, folder: Path) -> Downloaded:
    """The same for these packages, which are built with these tools. Raises Unbuildable where one is not among them."""
    found, building = (bring(each, SOURCES, python, folder) for each in (wanted, tools))
    sdists, sources = (_sources(each, named.missing, folder) for each, named in ((wanted, found), (tools, building)))
    for path in (*sdists, *sources):
        check_tools(path, tools, python)
    return replace(found, missing=(), sdists=sdists, tools=sorted({*building.wheels, *sources}))


def _sources(wanted: Sequence[Pin], missing: Sequence[str], folder: Path) -> list[Path]:
    return sorted(sdist(pin, folder) for pin in wanted if pin.name in missing)


def sdist(pin: Pin, folder: Path) -> Path:
    """The sources of a package, of which the lock knows the digest. Nothing of them is run."""
    if path := _found(pin, folder):
        return path
    with tempfile.TemporaryDirectory() as work:
        requirement, stand_ins = Path(work) / "requirements.txt", Path(work) / "stand-ins"
        requirement.write_text(f"{pin.line}\n", encoding="utf-8")
        stand_in = _STAND_IN.format(name=pin.name, folder=pin.name.replace("-", "_"), version=pin.version)
        # pip asks the sources for their name before it keeps them: to answer, cryptography would have cargo fetch its crates.
        for backend in _BACKENDS:
            module = stand_ins.joinpath(*backend.split("."))
            module.mkdir(parents=True)
            for package in (module, *module.parents[: backend.count(".")]):
                (package / "__init__.py").write_text(stand_in, encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        only = ["--no-binary", pin.name, "--require-hashes", "--dest", str(folder), "-r", str(requirement)]
        # An option of pip that later ones do not know any more, as they always do so: as a variable those pass over it.
        by_stand_ins = {**os.environ, "PYTHONPATH": str(stand_ins), "PIP_USE_PEP517": "1"}
        subprocess.run([*command, "--no-build-isolation", *only], check=True, env=by_stand_ins)
    path = _found(pin, folder)
    assert path, pin.name
    return path


def check_tools(sdist: Path, tools: Sequence[Pin], python: str) -> None:
    """Raise Unbuildable unless what builds it is among the tools: where it is compiled, there is no index to get it from."""
    versions = {canonicalize_name(tool.name): tool.version for tool in tools}
    for asked in built_with(sdist, python):
        version = versions.get(canonicalize_name(asked.name))
        if version is None or not asked.specifier.contains(version):
            raise Unbuildable(f"{sdist.name} is built with {asked}, and {TOOLS.name} has {version or 'no such package'}.")


def built_with(sdist: Path, python: str) -> Sequence[Requirement]:
    """What builds it for a Python such as "3.11"."""
    with tarfile.open(sdist) as archive:
        top = next(name.partition("/")[0] for name in archive.getnames())
        try:
            file = archive.extractfile(f"{top}/pyproject.toml")
        except KeyError:
            file = None
        said = tomllib.loads(file.read().decode("utf-8")) if file else {}
    asked = [Requirement(line) for line in said.get("build-system", {}).get("requires", ["setuptools"])]
    return [each for each in asked if not each.marker or each.marker.evaluate(environment(SOURCES, python))]


def programs(sdists: Mapping[str, Sequence[Path]]) -> Mapping[str, Sequence[str]]:
    """The programs that compiling takes, beside a compiler of C, and for which files; `sdists` are by Python."""
    taken: dict[str, set[str]] = {}
    for python, paths in sdists.items():
        for path in paths:
            for tool in built_with(path, python):
                for program in PROGRAMS.get(canonicalize_name(tool.name), ()):
                    taken.setdefault(program, set()).add(path.name)
    return {program: sorted(names) for program, names in sorted(taken.items())}


def _found(pin: Pin, folder: Path) -> Path | None:
    for path in folder.glob("*.tar.gz"):
        name, _, version = path.name.removesuffix(".tar.gz").rpartition("-")
        if canonicalize_name(name) == canonicalize_name(pin.name) and version == pin.version:
            return path if f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" in pin.hashes else None
    return None
