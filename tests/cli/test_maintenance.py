"""repo-maintain, repo-verify, what becomes of deleted repositories, and job-list."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.config.app import App
from kallithea.config.inifile import load
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, Unavailable
from kallithea.services.actors import Credentials
from kallithea.services.deploy_tokens import NewDeployToken

FIRST = ("--user", "admin", "--password", "correct horse", "--email", "admin@example.com")


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Path:
    """An instance with a repository of each kind."""
    path = tmp_path / "my.ini"
    ran("config-create", str(path))
    ran("db-create", "-c", str(path), *FIRST, "--force-yes")
    for kind in ("hg", "git"):
        ran("repo-create", f"web/{kind}", "--type", kind, "-c", str(path))
    return path


def ran(*arguments: str, typed: str = "") -> Result:
    """What a command answers that works."""
    result = CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def refused(*arguments: str, with_error: type[KallitheaError]) -> str:
    """What a command prints before it fails."""
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, with_error), result.output
    return result.output


def place(ini: Path, path: str) -> Path:
    app = App.build(load(ini).settings())
    try:
        with app.system_scope() as scope:
            located = scope.access.at(path)
            assert located is not None
            assert located.repository is not None
            return app.vault.open(located.repository.kind, located.repository.location).path
    finally:
        app.close()


def delete(ini: Path, path: str) -> None:
    app = App.build(load(ini).settings())
    try:
        with app.system_scope() as scope:
            scope.repositories.delete(scope.access.administer_repository(scope.access.at(path)))
    finally:
        app.close()


def broken(folder: Path) -> None:
    """Let a git repository have a branch to a commit that it does not have."""
    (folder / "refs/heads").mkdir(parents=True, exist_ok=True)
    (folder / "refs/heads/main").write_text("1" * 40 + "\n")


def test_every_repository_is_maintained(ini: Path) -> None:
    said = ran("repo-maintain", "--all", "-c", str(ini)).output

    assert said.splitlines() == [
        "[1/2] web/git (git): nothing to do",
        "[2/2] web/hg (hg): nothing to do",
        "2 done, 0 problems.",
    ]


def test_one_repository_is_maintained(ini: Path) -> None:
    said = ran("repo-maintain", "web/hg", "--thorough", "-c", str(ini)).output

    assert said.startswith("[1/1] web/hg (hg):")


@pytest.mark.parametrize("command", ["repo-maintain", "repo-verify"])
def test_an_unknown_repository_is_named(ini: Path, command: str) -> None:
    refused(command, "web/missing", "-c", str(ini), with_error=NotFound)


@pytest.mark.parametrize("arguments", [(), ("web/hg", "--all")])
def test_which_repositories_must_be_said(ini: Path, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, ["repo-verify", *arguments, "-c", str(ini)])

    assert result.exit_code == 2


def test_sound_repositories_verify(ini: Path) -> None:
    assert ran("repo-verify", "--all", "-c", str(ini)).output.endswith("web/hg (hg): sound\n2 done, 0 problems.\n")


def test_verifying_goes_on_after_what_is_broken_and_says_so_in_the_end(ini: Path) -> None:
    broken(place(ini, "web/git"))

    said = refused("repo-verify", "--all", "-c", str(ini), with_error=Unavailable)

    assert "web/git (git): error: broken:" in said
    assert "web/hg (hg): sound" in said
    assert said.endswith("2 done, 1 problem.\n")


def test_a_folder_that_is_gone_is_a_problem_of_its_repository(ini: Path, tmp_path: Path) -> None:
    place(ini, "web/hg").rename(tmp_path / "elsewhere")

    said = refused("repo-verify", "--all", "-c", str(ini), with_error=Unavailable)

    assert "web/hg (hg): error: The repository is not on the disk" in said


@pytest.mark.parametrize("kind", ["hg", "git"])
def test_what_was_deleted_is_listed_and_can_be_restored(ini: Path, kind: str) -> None:
    path = f"web/{kind}"
    (place(ini, path) / "mark").touch()
    delete(ini, path)
    listed = ran("repo-list-deleted", "-c", str(ini)).output
    assert f"  {path}  deleted 20" in listed
    assert " by system  " in listed

    ran("repo-restore-deleted", path, "-c", str(ini))

    assert (place(ini, path) / "mark").exists()
    assert ran("repo-list-deleted", "-c", str(ini)).output == ""
    assert ran("repo-verify", path, "-c", str(ini)).output.endswith("0 problems.\n")


def test_what_is_restored_has_the_rights_that_it_had(ini: Path) -> None:
    ran("access-grant", "web/git", "anyone", "write", "-c", str(ini))
    delete(ini, "web/git")
    said = ran("repo-restore-deleted", "web/git", "--path", "again", "-c", str(ini)).output
    assert said == "Restored again, owned by admin, with its rights and its record of pushes.\n"
    assert access_of_anyone(ini, "again") is Access.WRITE


def test_tokens_of_what_is_restored_are_named_as_they_have_to_be_made_again(ini: Path) -> None:
    app = App.build(load(ini).settings())
    with app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at("web/git"))
        scope.deploy_tokens.create(grant, NewDeployToken("ci"))
    app.close()
    delete(ini, "web/git")
    said = ran("repo-restore-deleted", "web/git", "-c", str(ini)).stderr
    assert said == "to be made again, as it does not come back: deploy token ci (read)\n"


def test_what_an_older_release_deleted_is_private(ini: Path) -> None:
    delete(ini, "web/git")
    (grave,) = (ini.parent / "repos/.discarded").iterdir()
    shutil.rmtree(grave / "kallithea-deleted")
    said = ran("repo-restore-deleted", "web/git", "--path", "again", "-c", str(ini)).output
    assert said == "Restored again, private and owned by admin; who had access is not known any more.\n"
    assert access_of_anyone(ini, "again") is Access.NONE


def access_of_anyone(ini: Path, path: str) -> Access:
    app = App.build(load(ini).settings())
    with app.scope(Credentials()) as scope:
        access = scope.access.decide(scope.access.at(path)).access
    app.close()
    return access


def test_nothing_is_restored_over_something_else(ini: Path) -> None:
    delete(ini, "web/git")
    ran("repo-create", "web/git", "--type", "hg", "-c", str(ini))

    refused("repo-restore-deleted", "web/git", "-c", str(ini), with_error=Conflict)

    assert "web/git" in ran("repo-list-deleted", "-c", str(ini)).output


def test_purging_asks_before_each(ini: Path) -> None:
    for kind in ("hg", "git"):
        delete(ini, f"web/{kind}")

    said = ran("repo-purge-deleted", "-c", str(ini), typed="y\nn\n").output

    assert said.endswith("1 removed.\n")
    assert ran("repo-list-deleted", "-c", str(ini)).output.count("\n") == 1


def test_purging_leaves_what_was_deleted_lately(ini: Path) -> None:
    delete(ini, "web/hg")

    said = ran("repo-purge-deleted", "--no-ask", "--older-than", "1h", "-c", str(ini)).output
    assert said == "0 removed.\n"

    said = ran("repo-purge-deleted", "--no-ask", "--older-than", "0s", "-c", str(ini)).output
    assert said == "removed: web/hg\n1 removed.\n"
    assert ran("repo-list-deleted", "-c", str(ini)).output == ""


def test_a_time_that_is_none_is_refused(ini: Path) -> None:
    refused("repo-purge-deleted", "--older-than", "soon", "-c", str(ini), with_error=Invalid)


def test_repositories_deleted_by_an_older_release_are_known_by_their_folders(ini: Path) -> None:
    delete(ini, "web/hg")
    (grave,) = (ini.parent / "repos/.discarded").iterdir()
    (grave / "kallithea-deleted.json").unlink()

    assert "  web/hg  " in ran("repo-list-deleted", "-c", str(ini)).output


def test_jobs_are_listed(ini: Path) -> None:
    assert ran("job-list", "-c", str(ini)).output == "0 running, 0 waiting, 0 failed, 0 done.\n"
    app = App.build(load(ini).settings())
    with app.system_scope() as scope:
        scope.jobs.ask("clean-files")
    app.close()

    assert ran("job-list", "-c", str(ini)).output.startswith("waiting   clean-files  due 20")
    assert ran("job-list", "--failed", "-c", str(ini)).output == "0 running, 1 waiting, 0 failed, 0 done.\n"
    assert ran("job-retry", "clean-files", "-c", str(ini)).output == "1 job will be tried.\n"


def test_the_exit_code_says_that_something_is_broken(ini: Path) -> None:
    broken(place(ini, "web/git"))

    cli_of_this_python = Path(sys.executable).with_name("kallithea-cli")
    ended = subprocess.run([cli_of_this_python, "repo-verify", "--all", "-c", str(ini)], capture_output=True, check=False)

    assert ended.returncode == 10
