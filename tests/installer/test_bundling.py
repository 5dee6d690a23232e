"""What bundles are made of, and that they are made the same way each time."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from bundling import locks, pack, wheels
from bundling.locks import pins
from bundling.own_wheel import LOCK, settled
from bundling.targets import PLATFORMS, PYTHONS, SOURCES
from kallithea.installer import service_files
from kallithea.installer.bundle import Bundle
from kallithea.installer.layout import Home
from kallithea.installer.platforms import Machine
from tests.installer import standin
from tests.installer.machines import FULL_SIZE, this_series

TOP = Path(__file__).parents[2]
PAIRS = [(platform, python) for platform in PLATFORMS for python in PYTHONS]
# What depends most on the platform; everything at full size.
COMPILED = {"mercurial", "dulwich", "sqlalchemy", "nh3"}
# What macOS on Intel has in older versions: docs/adr/0048.
OLDER = {"argon2-cffi-bindings", "cbor2", "cryptography", "pyopenssl", "webauthn"}
TRIED = PAIRS if FULL_SIZE else [("macos-arm64", "3.14"), ("windows-x86_64", "3.10")]


def test_the_lock_has_what_setup_py_asks_for() -> None:
    locks.check_current()


def test_the_lock_names_no_registry() -> None:
    assert "://" not in LOCK.read_text(encoding="utf-8")


@pytest.mark.parametrize(("platform", "python"), PAIRS)
def test_everything_is_locked_with_hashes(platform: str, python: str) -> None:
    locked = pins(PLATFORMS[platform], python)
    assert {"mercurial", "dulwich", "pip", "sqlalchemy"} <= {pin.name for pin in locked}
    assert len({pin.name for pin in locked}) == len(locked)
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for pin in locked for each in pin.hashes)
    assert all(pin.hashes for pin in locked)


@pytest.mark.parametrize(("platform", "python"), PAIRS)
def test_older_versions_are_for_macos_on_intel_alone(platform: str, python: str) -> None:
    here, usual = ({pin.name: Version(pin.version) for pin in pins(each, python)} for each in (PLATFORMS[platform], SOURCES))
    differing = {name for name in here.keys() & usual.keys() if here[name] != usual[name]}
    assert differing == (OLDER if platform == locks.LEFT_BEHIND.name else set())
    assert all(here[name] < usual[name] for name in differing)


@pytest.mark.parametrize(("platform", "python"), TRIED)
def test_there_are_wheels_for_the_platform(platform: str, python: str, tmp_path: Path) -> None:
    wanted = [pin for pin in pins(PLATFORMS[platform], python) if FULL_SIZE or pin.name in COMPILED]
    folder = TOP / "build" / "bundling" if FULL_SIZE else tmp_path
    downloaded = wheels.bring(wanted, PLATFORMS[platform], python, folder)
    there = {canonicalize_name(wheel.name.partition("-")[0]) for wheel in downloaded.wheels}
    assert {pin.name for pin in wanted} - there <= wheels.LEFT_OUT
    assert (len(downloaded.wheels), list(downloaded.missing)) == (len(there), [])
    assert {wheel.name for wheel in downloaded.wheels if not _fits(wheel, platform, python)} == set()


def _fits(wheel: Path, platform: str, python: str) -> bool:
    tags = parse_tag("-".join(wheel.stem.split("-")[-3:]))
    known = set(PLATFORMS[platform].tags)
    machine = platform.partition("-")[2]
    of_macos = re.compile(rf"macosx_\d+_\d+_(universal2|{machine})")
    return any(
        (tag.platform in known or tag.platform == "any" or (platform.startswith("macos") and of_macos.fullmatch(tag.platform)))
        and (tag.abi in {"none", "abi3", f"cp{python.replace('.', '')}"})
        for tag in tags
    )


def test_two_bundles_of_the_same_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = (_made(tmp_path / name) for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def _made(folder: Path) -> Path:
    """A bundle; at full size a real one, with a wheel of Kallithea that is built anew."""
    if not FULL_SIZE:
        return standin.bundle(folder)
    return pack.make(PLATFORMS[Machine.this().platform], [this_series()], TOP / "build" / "bundling", folder)


def test_a_wheel_is_the_same_bytes_whenever_it_was_built(tmp_path: Path) -> None:
    paths = []
    for number, names in enumerate((("b.py", "a.py"), ("a.py", "b.py"))):
        with zipfile.ZipFile(tmp_path / f"built-{number}.whl", "w") as archive:
            for name in (*names, "x.dist-info/RECORD"):
                archive.writestr(zipfile.ZipInfo(name, (2000 + number, 1, 1, 0, 0, 0)), name)
        paths.append(settled(tmp_path / f"built-{number}.whl", tmp_path / f"settled-{number}.whl"))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_bundle_holds_what_its_manifest_says(bundle: Path) -> None:
    manifest = Bundle(bundle).manifest
    with zipfile.ZipFile(bundle) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if name.startswith("wheels/")}
    said = {name: (facts["sha256"], facts["size"]) for name, facts in manifest["files"].items()}
    assert {name: (hashlib.sha256(content).hexdigest(), len(content)) for name, content in found.items()} == said


def test_the_wheel_holds_the_built_front_end(bundle: Path, tmp_path: Path) -> None:
    name = next(name for name in Bundle(bundle).manifest["files"] if name.startswith("wheels/kallithea-"))
    with zipfile.ZipFile(bundle) as archive:
        (tmp_path / "own.whl").write_bytes(archive.read(name))
    names = zipfile.ZipFile(tmp_path / "own.whl").namelist()
    assert any(re.fullmatch(r"kallithea/public/assets/.*\.css", name) for name in names)
    assert "kallithea/config/development.ini.tmpl" in names
    assert not [name for name in names if name.startswith(("tests/", "bundling/"))]


def test_the_bill_of_materials_names_every_wheel(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        bill = json.loads(archive.read("sbom.cdx.json"))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    told = {component["bom-ref"]: component["hashes"][0]["content"] for component in bill["components"]}
    assert told == {name.removeprefix("wheels/"): facts["sha256"] for name, facts in Bundle(bundle).manifest["files"].items()}
    assert all(component["purl"].startswith("pkg:pypi/") for component in bill["components"])
    assert set(bill["dependencies"][0]["dependsOn"]) == set(told)


def test_the_bill_of_materials_is_what_its_format_says(bundle: Path) -> None:
    """As the published schema has it, with nothing that it does not know."""
    with zipfile.ZipFile(bundle) as archive:
        bill = archive.read("sbom.cdx.json").decode()
    validator = JsonStrictValidator(SchemaVersion.V1_5)
    assert validator.validate_str(bill) is None
    assert validator.validate_str(bill.replace('"SHA-256"', '"SHA-255"')) is not None


def test_files_for_services_name_the_current_release(tmp_path: Path) -> None:
    home = Home(tmp_path / "it's 100 here")
    assert "current/bin/gearbox" in service_files.launchd(home)
    assert "current/bin/gearbox' serve" in service_files.start_script(home)
    assert "%release%" in service_files.windows_start(home)
    assert "it''s" in service_files.windows_task(home)


def test_units_name_a_user_of_their_own_where_the_owner_of_the_data_has_no_name(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.data.mkdir()
    home.ini.touch()
    program = home.release("1").program("kallithea-cli")
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    log = io.StringIO()
    if os.geteuid() == 0:
        os.chown(home.ini, 61_234, 61_234)
    service_files.write_systemd(home, home.release("1"), log)
    assert ("--user kallithea --group kallithea" in log.getvalue()) == (os.geteuid() == 0)


def test_the_start_script_of_windows_says_which_python_to_install() -> None:
    lines = pack.windows_start("kallithea.pyz", ["3.10", "3.11"]).split("\r\n")
    assert lines[1] == 'py -3.11 -c "" >nul 2>nul && (py -3.11 "%~dp0kallithea.pyz" %* & exit /b)'
    assert "error: Kallithea needs Python 3.10 to 3.11" in lines[3]


def test_the_start_script_is_one_of_a_shell(tmp_path: Path) -> None:
    script = tmp_path / "start"
    script.write_text(service_files.start_script(Home(tmp_path / "it's here")))
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
