"""backup-create, backup-list, backup-verify, backup-drill, backup-restore, and the jobs that call them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.app import App
from kallithea.config.inifile import load
from kallithea.jobs.table import KINDS
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, Unavailable
from kallithea.services.jobs import Claim

FIRST = ("--user", "admin", "--password", "correct horse", "--email", "admin@example.com")


@pytest.fixture(name="ini", scope="module")
def _ini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with a repository of each kind, and a folder for backups."""
    path = tmp_path_factory.mktemp("instance") / "my.ini"
    ran("config-create", str(path), "backup_path=%(here)s/backups")
    ran("db-create", "-c", str(path), *FIRST, "--force-yes")
    for kind in ("hg", "git"):
        ran("repo-create", f"web/{kind}", "--type", kind, "-c", str(path))
    ran("backup-create", "-c", str(path))
    return path


def ran(*arguments: str) -> Result:
    """What a command answers that works."""
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def refused(*arguments: str, with_error: type[KallitheaError]) -> str:
    """What a command prints before it fails, and why it did."""
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, with_error), result.output
    return result.stdout + result.exception.message


def listed(ini: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(ran("backup-list", "--json", "-c", str(ini)).stdout)
    return found


def test_a_backup_is_made_listed_checked_and_tried_out(ini: Path) -> None:
    made = json.loads(ran("backup-create", "--json", "-c", str(ini)).stdout)

    assert made["repositories"] == 2
    assert listed(ini)[-1]["name"] == made["name"]
    assert ran("backup-verify", "--deep", "-c", str(ini)).stdout == f"{made['name']}: sound\n"
    assert ran("backup-verify", str(made["folder"])).stdout == f"{made['name']}: sound\n"
    said = ran("backup-drill", "-c", str(ini)).stdout
    assert said == f"{made['name']} was restored: 2 repositories, every head as it was.\n"
    assert sorted(path.name for path in (ini.parent / "backups").iterdir() if path.name.startswith(".")) == []


def test_without_a_terminal_progress_is_plain_lines_beside_the_answer(ini: Path) -> None:
    result = ran("backup-create", "-c", str(ini))

    assert "saving repositories (2) …\n" in result.stderr
    assert "\r" not in result.stderr
    assert result.stdout.startswith("Made the backup ")


def test_only_the_newest_are_kept(ini: Path) -> None:
    said = ran("backup-create", "--keep", "1", "-c", str(ini)).stdout

    assert "removed: " in said
    assert len(listed(ini)) == 1


def test_a_broken_backup_is_told_and_cannot_be_restored(ini: Path, tmp_path: Path) -> None:
    folder = tmp_path / str(listed(ini)[-1]["name"])
    shutil.copytree(str(listed(ini)[-1]["folder"]), folder)
    (folder / "database/user.jsonl").write_text("{}\n")

    said = refused("backup-verify", "--json", "--all", "--folder", str(tmp_path), with_error=Unavailable)
    assert "database/user.jsonl has " in said
    said = refused("backup-restore", str(folder), "--home", str(tmp_path / "home"), with_error=Unavailable)
    assert "database/user.jsonl is not what it was" in said
    assert not (tmp_path / "home/my.ini").exists()


def test_everything_is_restored_into_an_empty_home(ini: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"

    said = ran("backup-restore", "--home", str(home), "-c", str(ini)).stdout

    assert f"Next: gearbox serve -c {home}/my.ini" in said
    assert (home / "my.ini").stat().st_mode & 0o777 == 0o600
    assert load(home / "my.ini").settings().repos_path == home / "repos"
    assert load(home / "my.ini").settings().session_secret == load(ini).settings().session_secret
    assert ran("repo-verify", "--all", "-c", str(home / "my.ini")).stdout.endswith("2 done, 0 problems.\n")
    refused("backup-restore", "--home", str(home), "-c", str(ini), with_error=Invalid)
    refused(
        "backup-restore",
        "--everything",
        "-c",
        str(home / "my.ini"),
        "--folder",
        str(ini.parent / "backups"),
        with_error=Conflict,
    )


SECRET, PASSWORD, TITLE = (f"KALLITHEA__APP_MAIN__{name}" for name in ("SESSION_SECRET", "SMTP_PASSWORD", "TITLE"))


def test_secrets_that_lie_in_files_are_saved_and_restored(ini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And settings that variables give: without them the restored server would be another one, or would not start."""
    bare, secret, backups = ini.with_name("bare.ini"), tmp_path / "session", tmp_path / "backups"
    bare.write_text(
        "".join(line for line in ini.read_text().splitlines(keepends=True) if not line.startswith("session.secret"))
    )
    secret.write_text("0123456789abcdef" * 4 + "\n")
    with monkeypatch.context() as environment:
        environment.setenv(f"{SECRET}__FILE", str(secret))
        environment.setenv(PASSWORD, "a b$c'd")
        environment.setenv("KALLITHEA__APP_MAIN__CACHE_DIR", str(ini.parent / "cache"))
        ran("backup-create", "--folder", str(backups), "-c", str(bare))
        before = load(bare).settings()
    secret.unlink()
    (backup,) = backups.glob("2*")
    saved = {path.name: path for path in (backup / "settings/variables").iterdir()}
    assert set(saved) == {SECRET, PASSWORD}
    assert {path.stat().st_mode & 0o777 for path in saved.values()} == {0o600}
    assert SECRET in (backup / "manifests/settings.jsonl").read_text()
    ran("backup-verify", str(backup))

    home = tmp_path / "my home"
    said = ran("backup-restore", str(backup), "--home", str(home)).stdout

    assert f"It needs the variables in {home}/environment" in said
    assert {path.stat().st_mode & 0o777 for path in (home / "environment", *(home / "variables").iterdir())} == {0o600}
    refused("repo-verify", "--all", "-c", str(home / "bare.ini"), with_error=KallitheaError)
    given = subprocess.run(
        ["sh", "-c", 'set -a; . "$0"; exec "$@"', home / "environment", sys.executable, "-c", _PRINT, home / "bare.ini"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(given) == [before.session_secret, before.smtp_password, str(home / "cache")]


_PRINT = """
import json, sys
from kallithea.config.inifile import load
found = load(sys.argv[1]).settings()
print(json.dumps([found.session_secret, found.smtp_password, str(found.cache_dir)]))
"""


def test_a_variable_that_is_set_goes_before_the_one_that_was_saved(
    ini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TITLE, "Saved")
    ran("backup-create", "--folder", str(tmp_path / "backups"), "-c", str(ini))
    monkeypatch.setenv(TITLE, "Another")
    ran("backup-restore", "--folder", str(tmp_path / "backups"), "--home", str(tmp_path / "home"))
    assert (tmp_path / "home/variables" / TITLE).read_text() == "Saved"


def test_a_flipped_byte_in_a_secret_is_found(ini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TITLE, "Saved")
    ran("backup-create", "--folder", str(tmp_path / "backups"), "-c", str(ini))
    (backup,) = (tmp_path / "backups").glob("2*")
    (backup / "settings/variables" / TITLE).write_text("saved")
    assert f"settings/variables/{TITLE} has another content" in refused("backup-verify", str(backup), with_error=Unavailable)
    refused("backup-restore", str(backup), "--home", str(tmp_path / "home"), with_error=Unavailable)
    assert not (tmp_path / "home/my.ini").exists()


def test_one_repository_is_restored_under_another_name(ini: Path) -> None:
    said = ran("backup-restore", "--repository", "web/hg", "--as", "web/back", "-c", str(ini)).stdout

    assert said.startswith("Restored web/back as of ")
    assert ran("repo-verify", "web/back", "-c", str(ini)).stdout.endswith("0 problems.\n")
    refused("backup-restore", "--repository", "web/hg", "-c", str(ini), with_error=Conflict)
    refused("backup-restore", "--repository", "web/other", "-c", str(ini), with_error=NotFound)


@pytest.mark.parametrize("wrong", [(), ("--home", "x", "--everything"), ("--everything",)])
def test_what_to_restore_must_be_said(wrong: tuple[str, ...]) -> None:
    assert CliRunner().invoke(cli, ["backup-restore", *wrong]).exit_code == 2


def test_where_backups_lie_must_be_said() -> None:
    refused("backup-list", with_error=Invalid)
    refused("backup-verify", "--folder", "/nowhere/at/all", with_error=NotFound)


def test_a_backup_that_is_not_there_is_another_thing_than_half_of_one(tmp_path: Path) -> None:
    assert refused("backup-verify", str(tmp_path / "none"), with_error=NotFound) == f"{tmp_path / 'none'} is not there."
    assert refused("backup-verify", str(tmp_path), with_error=NotFound) == f"{tmp_path} is not a whole backup."


def test_jobs_make_backups_and_try_them_out_when_it_is_time(ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # At the lowest priority a busy machine would let this wait for minutes.
    monkeypatch.setattr("kallithea.lib.vcs.background.step_back", lambda *_: None)
    inifile.set_value(ini, "backup_every", "24")
    inifile.set_value(ini, "backup_drill_every", "7")
    inifile.set_value(ini, "backup_keep", "1")
    shutil.rmtree(ini.parent / "backups")
    app = App.build(load(ini).settings())

    def done(kind: str) -> str:
        return KINDS[kind].run(app.job_tools(), Claim(0, kind, 1, 1, "a test"), threading.Event())

    assert done("backup-drill") == "the last one was tried lately, or there is none"
    assert done("backup-create").startswith("Made the backup ")
    assert done("backup-create") == "the newest one is young enough"
    assert done("backup-drill").endswith("every head as it was.")
    assert done("backup-drill") == "the last one was tried lately, or there is none"
    app.close()
    broken = next((ini.parent / "backups").glob("2*/repositories/*/HEAD"))
    broken.write_text("ref: refs/heads/else\n")
    assert "could not be restored" in refused("backup-drill", "-c", str(ini), with_error=Unavailable)
    assert json.loads((ini.parent / "backups/drill.json").read_text())["problems"]
