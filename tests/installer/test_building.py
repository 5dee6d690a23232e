"""What has no wheel is compiled where it is installed: from sources of the lock, without an index, and with a sentence where
that cannot be."""

from __future__ import annotations

import io
import shutil
import subprocess
import sysconfig
import tarfile
from pathlib import Path

import pytest

from bundling import locks, pack, sources
from bundling.locks import TOOLS, Pin, pins
from bundling.targets import SOURCES
from bundling.wheels import Downloaded
from kallithea.installer.building import _said
from kallithea.installer.bundle import Bundle
from kallithea.installer.errors import Refused
from kallithea.installer.layout import Home
from kallithea.installer.platforms import Machine
from tests.installer import standin
from tests.installer.machines import FULL_SIZE, alone, fresh_user, this_python, this_series

TOP = Path(__file__).parents[2]
# By the module that is compiled; what is written in C.
MODULES = {"markupsafe": "markupsafe._speedups"}
if FULL_SIZE:
    MODULES |= {
        "argon2-cffi-bindings": "_argon2_cffi_bindings._ffi",
        "backports-zstd": "backports.zstd._zstd",
        "cffi": "_cffi_backend",
        "mercurial": "mercurial.cext.parsers",
    }
BUILT_WITH = (
    {"setuptools", "wheel", "cffi", "setuptools-scm", "packaging", "pycparser", "tomli", "typing-extensions"}
    if FULL_SIZE
    else {"setuptools"}
)


def chosen(names: set[str], lock: Path = locks.LOCK) -> list[Pin]:
    return [pin for pin in pins(SOURCES, this_series(), lock) if pin.name in names]


@pytest.fixture(name="sources_bundle", scope="module")
def _sources_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of some packages, beside a few lines that stand in for Kallithea."""
    folder = tmp_path_factory.mktemp("sources")
    work = TOP / "build" / "bundling"
    work.mkdir(parents=True, exist_ok=True)
    downloaded = sources.brought(chosen({*MODULES, "pip"}), chosen(BUILT_WITH, TOOLS), this_series(), work)
    assert {path.name.rpartition("-")[0].lower().replace("_", "-").replace(".", "-") for path in downloaded.sdists} == {
        *MODULES
    }
    return pack.pack(folder, SOURCES, standin.wheel(folder), {this_series(): downloaded})


def with_compiler(environment: dict[str, str]) -> dict[str, str]:
    """A machine on which somebody has installed one."""
    programs = Path(environment["PATH"])
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    for name in {compiler, "cc", "gcc", "as", "ld"}:
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    return environment


def install(bundle: Path, home: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return alone([this_python(), "-I", str(bundle), "install", str(home), "--build"], environment)


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


def test_rust_is_asked_for_where_something_is_written_in_it(tmp_path: Path) -> None:
    for name, backend in {"rusty": "maturin", "plain": "setuptools.build_meta"}.items():
        text = f'[build-system]\nrequires = ["{backend}"]\n'
        with tarfile.open(tmp_path / f"{name}-1.0.tar.gz", "w:gz") as archive:
            info = tarfile.TarInfo(f"{name}-1.0/pyproject.toml")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    assert [sources.is_in_rust(tmp_path / f"{name}-1.0.tar.gz") for name in ("rusty", "plain")] == [True, False]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "  creating build\n  b.c:1:10: fatal error: ffi.h: No such file\n  compilation terminated\nERROR: Failed",
            "b.c:1:10: fatal error: ffi.h: No such file",
        ),
        ("error: subprocess-exited-with-error\n  │ error: linker `cc` not found\nnote: hm", "error: linker `cc` not found"),
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
