"""kallithea-cli iis-install: files beside the ini file, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli.config import config_create
from kallithea.cli.iis import iis_install
from kallithea.lib.errors import ConfigError, Conflict

STAND_IN = Path(__file__).parents[1] / "deployment" / "iis" / "stand_in"
FILES = ("http-platform/web.config", "isapi/dispatch.py", "isapi/web.config")


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Path:
    path = tmp_path / "my.ini"
    assert CliRunner().invoke(config_create, [str(path)], catch_exceptions=False).exit_code == 0
    return path


def install(ini: Path, *arguments: str) -> Result:
    """Run the command; its errors are raised, for kallithea-cli to tell."""
    return CliRunner().invoke(iis_install, ["-c", str(ini), *arguments], catch_exceptions=False, standalone_mode=False)


def test_files_lie_in_a_folder_of_their_own_beside_the_ini_file(ini: Path) -> None:
    install(ini)

    folder = ini.parent / "iis"
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(FILES)


def test_secrets_of_the_ini_file_are_not_copied(ini: Path) -> None:
    install(ini)

    secret = next(line.split("=")[1].strip() for line in ini.read_text().splitlines() if line.startswith("session.secret"))
    assert not any(secret in (ini.parent / "iis" / name).read_text() for name in FILES)


def test_what_somebody_changed_stays(ini: Path) -> None:
    install(ini)
    changed = ini.parent / "iis" / FILES[0]
    changed.write_text("mine")

    with pytest.raises(Conflict, match="exists already"):
        install(ini, "--virtualdir", "/other")

    assert changed.read_text() == "mine"
    assert "/other" not in (ini.parent / "iis" / FILES[1]).read_text()


def test_what_is_there_is_replaced_by_force(ini: Path) -> None:
    install(ini)

    install(ini, "--virtualdir", "/other", "--force")

    assert "/other" in (ini.parent / "iis" / FILES[1]).read_text()


def test_same_files_are_written_twice_without_a_word(ini: Path) -> None:
    first = install(ini)

    assert install(ini).output == first.output


def test_it_tells_to_list_iis_as_a_proxy(ini: Path) -> None:
    assert "trusted_proxies = 127.0.0.1" in install(ini).output


def test_it_does_not_tell_what_is_done(ini: Path) -> None:
    ini.write_text(ini.read_text().replace("#trusted_proxies =", "trusted_proxies = 127.0.0.0/8"))

    assert "trusted_proxies" not in install(ini).output


def test_a_wrong_virtual_directory_writes_nothing(ini: Path) -> None:
    with pytest.raises(ConfigError):
        install(ini, "--virtualdir", "/a b")

    assert not (ini.parent / "iis").exists()


def test_dispatch_script_installs_itself_as_a_virtual_directory(ini: Path) -> None:
    install(ini, "--virtualdir", "/scm")
    script = ini.parent / "iis" / "isapi" / "dispatch.py"

    done = subprocess.run(
        [sys.executable, str(script), "install"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(STAND_IN)},
        check=True,
    )

    said = json.loads(done.stdout)
    (directory,) = said["params"]["VirtualDirs"]
    assert said["arguments"] == ["install"]
    assert (directory["Name"], directory["Path"]) == ("/scm", str(script.parent))
    assert directory["ScriptMaps"] == [{"Extension": "*", "Flags": 0}]
