"""What cannot be installed: one clear sentence, and nothing is changed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from kallithea.config.deployment import wishes
from kallithea.installer.bundle import Bundle
from kallithea.installer.errors import Refused
from kallithea.installer.install import UNFIT
from kallithea.installer.layout import Home
from kallithea.installer.platforms import Machine
from tests.installer.machines import FULL_SIZE

TOO_OLD = ("3.6", "3.7", "3.8", "3.9")


def install(bundle: Path, home: Path, *, python: str = sys.executable, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [python, str(bundle), "install", str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def refused(ended: subprocess.CompletedProcess[str]) -> str:
    """The sentence of a refusal, which is all that was said."""
    assert ended.returncode not in (0, 70), ended.stdout
    assert "Traceback" not in ended.stderr
    lines = ended.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] in (["error"], ["error", "hint"]), ended.stderr
    return lines[0].removeprefix("error: ")


@pytest.fixture(name="copy")
def _copy(small_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_bundle, tmp_path / small_bundle.name))


def flip(path: Path, position: int) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 0x10]))


def where(path: Path, name: str) -> int:
    """A place in the middle of the content of an entry."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
        return info.header_offset + 30 + len(name) + info.compress_size // 2


@pytest.mark.parametrize("name", ["manifest.json", "wheel", "kallithea/installer/install.py", "sbom.cdx.json"])
def test_another_byte(copy: Path, tmp_path: Path, name: str) -> None:
    if name == "wheel":
        name = f"wheels/{Bundle(copy).installing_wheel}"
    flip(copy, where(copy, name))
    assert refused(install(copy, tmp_path / "home")) == f"{copy.name} is damaged or not complete."
    assert not (tmp_path / "home").exists()


def test_another_byte_anywhere_behind_the_first_lines(copy: Path) -> None:
    """What Python itself reads before anything of ours runs is the rest: that file does not start."""
    chance = random.Random(7)
    with zipfile.ZipFile(copy) as archive:
        begin = archive.infolist()[1].header_offset
    for _ in range(2000 if FULL_SIZE else 200):
        position = chance.randrange(begin, copy.stat().st_size)
        flip(copy, position)
        with pytest.raises(Refused, match="damaged or not complete"):
            Bundle(copy)
        flip(copy, position)


def test_a_manifest_that_was_written_anew(copy: Path) -> None:
    """Its checksum fits, and the wheels do not."""
    bundle = Bundle(copy)
    wheel = bundle.installing_wheel
    bundle.manifest["files"][f"wheels/{wheel}"]["sha256"] = "0" * 64
    with pytest.raises(Refused, match="damaged or not complete"):
        bundle.extract([wheel], copy.parent)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_not_all_there_never_starts(copy: Path, tmp_path: Path, share: float) -> None:
    """Python itself does not take it for a program."""
    never_starts(copy, tmp_path, int(copy.stat().st_size * share))


@pytest.mark.parametrize("further", [0, 100, 40_000])
def test_one_that_ends_behind_a_wheel_is_not_taken_for_that(copy: Path, tmp_path: Path, further: int) -> None:
    """A wheel is a zip too, and Python looks for the end of one in the last 64 kB."""
    with zipfile.ZipFile(copy) as archive:
        infos = archive.infolist()
        wheel, behind = next(pair for pair in pairwise(infos) if pair[0].filename.endswith(".whl"))
        assert wheel.compress_size
    never_starts(copy, tmp_path, min(behind.header_offset + further, copy.stat().st_size - 1))


def never_starts(copy: Path, tmp_path: Path, size: int) -> None:
    with copy.open("r+b") as file:
        file.truncate(size)
    ended = install(copy, tmp_path / "home")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith("this-file-is-damaged-or-not-complete.copy-or-download-it-again")
    with pytest.raises(Refused, match="damaged or not complete"):
        Bundle(copy)


def test_another_platform(small_bundle: Path) -> None:
    with pytest.raises(Refused, match=r"This file is for \S+, and this is macos-arm64\."):
        Bundle(small_bundle).check_machine(Machine("macos-arm64", "3.11"))


def test_a_python_that_it_has_no_wheels_for(small_bundle: Path) -> None:
    bundle = Bundle(small_bundle)
    with pytest.raises(Refused, match=r"no wheels for Python 3\.15") as refusal:
        bundle.check_machine(Machine(bundle.platform, "3.15"))
    assert refusal.value.hint


def test_a_package_that_is_missing_is_named(small_bundle: Path) -> None:
    bundle = Bundle(small_bundle)
    bundle.manifest["pythons"]["3.14"] = {"wheels": [], "missing": ["mercurial"]}
    with pytest.raises(Refused, match="there are no wheels of mercurial"):
        bundle.check_machine(Machine(bundle.platform, "3.14"))


def test_a_system_that_is_too_old(small_bundle: Path) -> None:
    bundle = Bundle(small_bundle)
    python = next(iter(bundle.pythons))
    bundle.manifest["oldest_libc"] = [2, 28]
    with pytest.raises(Refused, match=r"it has glibc 2\.17, and 2\.28 is needed"):
        bundle.check_machine(Machine(bundle.platform, python, (2, 17)))


@pytest.mark.parametrize("series", TOO_OLD)
def test_too_old_a_python(small_bundle: Path, tmp_path: Path, series: str) -> None:
    """In syntax that it reads; where none is found here, this one reads it as that one would."""
    found = sorted(Path.home().glob(f".pyenv/versions/{series}.*/bin/python{series}"))
    if found:
        said = refused(install(small_bundle, tmp_path / "home", python=str(found[0])))
        assert said == f"Kallithea needs Python 3.10 or newer, and this is {series}."
    else:
        import ast

        with zipfile.ZipFile(small_bundle) as archive:
            minor = max(7, int(series.split(".")[1]))
            ast.parse(archive.read("__main__.py"), feature_version=(3, minor))


def test_a_folder_that_holds_something_else(small_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    assert refused(install(small_bundle, tmp_path)) == f"{tmp_path} holds something else (thesis.txt)."
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_the_folder(small_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    assert refused(install(small_bundle, tmp_path / "file")) == f"{tmp_path / 'file'} is not a folder."


@pytest.mark.parametrize(
    "name", ["a b", "a(b)", "it's", 'the "first"', "100%", "$HOME", "a;b", "a:b", "a\nb", "a\\b", os.fsdecode(b"\xe9")]
)
def test_a_path_that_not_everything_can_express(small_bundle: Path, tmp_path: Path, name: str) -> None:
    said = refused(install(small_bundle, tmp_path / name))
    assert said.startswith(f"{str(tmp_path / name)!r} has ")
    assert said.endswith(" in it, which not all of ini files, shells and services can express.")
    assert list(tmp_path.iterdir()) == []


def test_what_service_files_cannot_hold_is_refused_from_the_beginning() -> None:
    unfit = [chr(number) for number in range(0x110000) if wishes.UNWRITABLE.search(chr(number))]
    assert unfit
    assert [each for each in unfit if not UNFIT.search(each)] == []


@pytest.mark.parametrize("name", ["café", "日本", "a+b@c_d-e.f"])
def test_a_path_with_letters_of_any_language(small_bundle: Path, tmp_path: Path, name: str) -> None:
    """Whatever the locale; the programs in it start."""
    home = Home(tmp_path / name)
    ended = install(small_bundle, home.path, LC_ALL="C")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    subprocess.run([str(home.current_link / "bin" / "kallithea-cli"), "self-check", "-c", str(home.ini)], check=True)


def test_a_password_that_others_may_read(small_bundle: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a long secret phrase\n")
    secret.chmod(0o644)
    said = refused(install(small_bundle, tmp_path / "home", KALLITHEA_PASSWORD_FILE=str(secret)))
    assert said == f"Others may read the password in {secret}."


def test_data_of_a_newer_version(small_bundle: Path, tmp_path: Path) -> None:
    """As an uninstall leaves them; they stay as they are."""
    home = tmp_path / "home"
    assert install(small_bundle, home).returncode == 0
    assert subprocess.run([sys.executable, str(small_bundle), "uninstall", str(home)], check=False).returncode == 0
    (home / "data" / "kallithea.ini").write_text("2\n")
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    said = refused(install(small_bundle, home))
    assert said == "The database was made by a newer release (2) that this one cannot work with."
    assert {path for path in home.rglob("*") if path.stat().st_mtime_ns != before.get(path)} <= {home}


def test_no_permission(small_bundle: Path, tmp_path: Path) -> None:
    """Also where the tests are root, who may write everywhere: there it is a disk that nobody may write to."""
    disk = tmp_path / "disk"
    disk.mkdir()
    unshare = shutil.which("unshare")
    assert unshare
    script = 'mount -t tmpfs -o ro tmpfs "$1" && "$2" "$3" install "$1/home"'
    command = [unshare, "-rm", "sh", "-c", script, "sh", str(disk), sys.executable, str(small_bundle)]
    said = refused(subprocess.run(command, capture_output=True, text=True, check=False))
    assert said == f"This user may not write there ({disk / 'home'})."


def test_too_small_a_disk(small_bundle: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    unshare = shutil.which("unshare")
    assert unshare
    script = 'mount -t tmpfs -o size=8m tmpfs "$1" && "$2" "$3" install "$1/home"; code=$?; ls -A "$1"; exit $code'
    command = [unshare, "-rm", "sh", "-c", script, "sh", str(disk), sys.executable, str(small_bundle)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (refused(ended), ended.stdout) == (f"16 MB are needed in {disk}, and 8 MB are free.", "")
