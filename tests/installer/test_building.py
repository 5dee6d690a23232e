"""What has no wheel is compiled where it is installed: from sources of the lock, without an index, and with a sentence where
that cannot be."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sysconfig
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from bundling import pack, sources
from bundling.locks import TOOLS, Pin, pins
from bundling.targets import PYTHONS, SOURCES
from bundling.wheels import Downloaded
from kallithea.installer.building import _said, check_tools
from kallithea.installer.bundle import Bundle
from kallithea.installer.errors import Refused
from kallithea.installer.layout import Home
from kallithea.installer.platforms import Machine
from tests.installer import standin
from tests.installer.machines import FULL_SIZE, alone, fresh_user, this_python, this_series

TOP = Path(__file__).parents[2]
WORK = TOP / "build" / "bundling"
# By the module that is compiled; what is written in C.
MODULES = {"markupsafe": "markupsafe._speedups"}
if FULL_SIZE:
    MODULES |= {
        "argon2-cffi-bindings": "_argon2_cffi_bindings._ffi",
        "backports-zstd": "backports.zstd._zstd",
        "cffi": "_cffi_backend",
        "mercurial": "mercurial.cext.parsers",
    }
IN_RUST = {"maturin", "setuptools-rust"}


def chosen(names: set[str]) -> list[Pin]:
    return [pin for pin in pins(SOURCES, this_series()) if pin.name in names]


@pytest.fixture(name="sources_bundle", scope="module")
def _sources_bundle(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The sources of some packages, beside a few lines that stand in for Kallithea.

    At full size Kallithea itself and all that it needs, where wheels for this machine stand in for what is written in Rust: its
    crates are nowhere here.
    """
    folder = tmp_path_factory.mktemp("sources")
    WORK.mkdir(parents=True, exist_ok=True)
    tools = [pin for pin in pins(SOURCES, this_series(), TOOLS) if pin.name not in IN_RUST]
    downloaded = sources.brought(chosen({*MODULES, "pip"}), tools, this_series(), WORK)
    assert {named(path) for path in downloaded.sdists} == {*MODULES}
    if not FULL_SIZE:
        return pack.pack(folder, SOURCES, standin.wheel(folder), {this_series(): downloaded})
    real = Bundle(request.getfixturevalue("bundle"))
    names = [name for name in real.wheels(this_series()) if named(Path(name)) not in MODULES]
    real.extract(names, folder)
    (own,) = folder.glob("kallithea-*.whl")
    wheels = [*downloaded.wheels, *(folder / name for name in names if name != own.name)]
    return pack.pack(folder, SOURCES, own, {this_series(): replace(downloaded, wheels=wheels)})


def with_compiler(environment: dict[str, str]) -> dict[str, str]:
    """A machine on which somebody has installed one."""
    programs = Path(environment["PATH"])
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    for name in {compiler, "cc", "gcc", "as", "ld", *(("cmake", "ninja") if FULL_SIZE else ())}:
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    return environment


def install(bundle: Path, home: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # Its loopback is switched off in a new network namespace.
    script = f"import os, sys; sys.path.insert(0, {str(TOP)!r}); from tests.installer.story import loopback_up; loopback_up(); "
    script += "os.execv(sys.executable, [sys.executable, '-I', *sys.argv[1:]])"
    return alone([this_python(), "-I", "-c", script, str(bundle), "install", str(home), "--build"], environment)


def test_compiled_where_it_is_installed(sources_bundle: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    ended = install(sources_bundle, home.path, with_compiler(fresh_user(tmp_path / "account")))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"Compiling {len(MODULES)} of them" in ended.stdout
    release = home.current()
    assert release
    script = "import importlib, sys; [print(importlib.import_module(name).__file__) for name in sys.argv[1:]]"
    command = [str(release.python), "-I", "-c", script, *MODULES.values()]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert len(said) == len(MODULES)
    assert all(path.startswith(str(release.path)) and path.endswith(".so") for path in said), said


def test_without_a_compiler_nothing_is_begun(sources_bundle: Path, tmp_path: Path) -> None:
    ended = install(sources_bundle, tmp_path / "home", fresh_user(tmp_path / "account"))
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: There is no C compiler (")
    assert "markupsafe" in ended.stderr
    assert "hint: Install packages such as build-essential and python3-dev" in ended.stderr
    assert not (tmp_path / "home").exists()


def test_what_cannot_be_compiled_is_named_and_nothing_stays(sources_bundle: Path, tmp_path: Path) -> None:
    sdist = broken(tmp_path)
    opened, wheels = Bundle(sources_bundle), tmp_path / "wheels"
    wheels.mkdir()
    opened.extract(opened.needed(this_series()), wheels)
    pip = wheels / opened.installing_wheel
    tools = [path for path in wheels.glob("*.whl") if path.name.startswith("setuptools-")]
    downloaded = {this_series(): Downloaded([pip], (), [sdist], tools)}
    bundle = pack.pack(tmp_path, SOURCES, standin.wheel(tmp_path), downloaded)
    ended = install(bundle, tmp_path / "home", with_compiler(fresh_user(tmp_path / "account")))
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: broken-1.0.tar.gz cannot be compiled: ")
    assert "this cannot be compiled" in ended.stderr
    assert not (tmp_path / "home").exists()


def broken(folder: Path) -> Path:
    """An sdist that no compiler takes."""
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
        "setup.py": 'from setuptools import *\nsetup(name="broken", version="1.0", ext_modules=[Extension("b", ["b.c"])])\n',
        "b.c": "#error this cannot be compiled\n",
    }
    path = folder / "broken-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"broken-1.0/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def test_compiling_is_asked_for(sources_bundle: Path, small_bundle: Path) -> None:
    machine = Machine.this()
    with pytest.raises(Refused, match="holds sources, which are compiled here") as refusal:
        Bundle(sources_bundle).check_machine(machine)
    assert "--build" in str(refusal.value.hint)
    with pytest.raises(Refused, match="holds wheels, and nothing that could be compiled") as refusal:
        Bundle(small_bundle).check_machine(machine, build=True)
    assert f"{SOURCES.name}.pyz with --build" in str(refusal.value.hint)
    Bundle(sources_bundle).check_machine(Machine("plan9-mips", machine.python), build=True)


def of_python(folder: Path, name: str, requires: list[str], backend: str) -> Path:
    """An sdist that fails as soon as anything of it is run."""
    path = folder / f"{name}-1.0.tar.gz"
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        "pyproject.toml": f'[build-system]\nrequires = {json.dumps(requires)}\nbuild-backend = "{backend}"\n',
        "setup.py": "raise SystemExit('this was run')\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for file, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{file}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(
    "backend", ["setuptools.build_meta", "setuptools.build_meta:__legacy__", "maturin", "scikit_build_core.build"]
)
def test_sources_are_brought_without_running_any_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    """Without what builds them, too: to say its name, something in Rust would fetch all its crates."""
    index, target = tmp_path / "index", tmp_path / "target"
    index.mkdir()
    target.mkdir()
    made = of_python(index, "some-thing", ["nobody-has-this"], backend)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    found = sources.sdist(Pin("some-thing", "1.0", (f"sha256:{digest}",)), target)
    assert found.read_bytes() == made.read_bytes()


def test_what_builds_has_to_be_locked(tmp_path: Path) -> None:
    sdist = of_python(
        tmp_path, "it", ["setuptools >= 77", "Some_Thing", "other; python_version < '3'"], "setuptools.build_meta"
    )
    tools = [Pin("setuptools", "80.0", ()), Pin("some-thing", "1", ())]
    sources.check_tools(sdist, tools, "3.11")
    with pytest.raises(sources.Unbuildable, match=r"it-1\.0\.tar\.gz is built with Some_Thing, and tools\.txt has no such"):
        sources.check_tools(sdist, tools[:1], "3.11")
    with pytest.raises(sources.Unbuildable, match=r"built with setuptools>=77, and tools\.txt has 70\.0"):
        sources.check_tools(sdist, [Pin("setuptools", "70.0", ()), *tools[1:]], "3.11")


def test_the_programs_that_compiling_takes_are_looked_for(
    small_sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires = {"rusty": "maturin", "also-rusty": "setuptools_rust>=1", "by-cmake": "scikit-build-core", "plain": "setuptools"}
    sdists = [of_python(tmp_path, name, [tool], "backend") for name, tool in requires.items()]
    taken = sources.programs({this_series(): sdists})
    assert taken == {
        "cargo": ["also-rusty-1.0.tar.gz", "rusty-1.0.tar.gz"],
        "cmake": ["by-cmake-1.0.tar.gz"],
        "ninja": ["by-cmake-1.0.tar.gz"],
    }
    bundle = Bundle(small_sources)
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    monkeypatch.setattr("shutil.which", lambda name: name if name == compiler else None)
    check_tools(bundle, this_series())
    for program in taken:
        bundle.manifest["takes"] = {program: list(bundle.sdists(this_series()))}
        with pytest.raises(Refused, match=rf"There is no .*\({program}\) here, and these are compiled: compiled\."):
            check_tools(bundle, this_series())


@pytest.mark.parametrize("python", PYTHONS if FULL_SIZE else (this_series(),))
def test_everything_without_a_wheel_is_there_and_so_is_what_builds_it(python: str) -> None:
    """At full size; else something in C and something in Rust."""
    known = [pin for pin in pins(SOURCES, python) if pin.name not in sources.WITHOUT]
    wanted = [pin for pin in known if FULL_SIZE or pin.name in {"markupsafe", "nh3"}]
    tools = pins(SOURCES, python, TOOLS)
    downloaded = sources.brought(wanted, tools, python, WORK)
    assert not downloaded.missing
    assert {named(path) for path in (*downloaded.wheels, *downloaded.sdists)} == {pin.name for pin in wanted}
    assert {named(path) for path in downloaded.tools} == {pin.name for pin in tools}


def named(path: Path) -> str:
    """The package that a wheel or an sdist is of."""
    return canonicalize_name(path.name.split("-")[0] if path.suffix == ".whl" else path.name.rpartition("-")[0])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "  creating build\n  b.c:1:10: fatal error: ffi.h: No such file\n  compilation terminated\nERROR: Failed",
            "b.c:1:10: fatal error: ffi.h: No such file",
        ),
        ("error: subprocess-exited-with-error\n  │ error: linker `cc` not found\nnote: hm", "error: linker `cc` not found"),
        (
            "warning: spurious error: no name server was found\nerror: failed to get `pyo3` as a dependency",
            "error: failed to get `pyo3` as a dependency",
        ),
        ("what\nnobody knows", "nobody knows"),
        ("", "it said nothing"),
    ],
)
def test_what_a_compiler_complains_of(said: str, told: str) -> None:
    assert _said(said) == told


def test_what_builds_is_locked() -> None:
    tools = pins(SOURCES, this_series(), TOOLS)
    assert {"setuptools", "setuptools-scm", "setuptools-rust", "maturin", "cffi"} <= {pin.name for pin in tools}
    assert all(pin.hashes for pin in tools)
