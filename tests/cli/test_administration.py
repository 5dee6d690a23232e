"""The commands of an administrator on a real instance: db-create, user-create, repo-create, group-create, access-grant, …"""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.app import App
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid, KallitheaError, NotFound
from kallithea.services.actors import Credentials, NamePassword

PASSWORD = "correct horse"


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Path:
    """An ini file without a database yet."""
    path = tmp_path / "my.ini"
    ran("config-create", str(path))
    return path


@pytest.fixture(name="instance")
def _instance(ini: Path) -> Path:
    ran("db-create", "-c", str(ini), *FIRST, "--force-yes")
    return ini


FIRST = ("--user", "admin", "--password", PASSWORD, "--email", "admin@example.com")


def ran(*arguments: str, typed: str = "") -> Result:
    """What a command answers that works."""
    result = CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def refused(*arguments: str, with_error: type[KallitheaError]) -> None:
    with pytest.raises(with_error):
        CliRunner().invoke(cli, arguments, catch_exceptions=False)


def access_of(ini: Path, name: str, path: str) -> Access:
    app = App.build(inifile.load(ini).settings())
    try:
        with app.scope(Credentials(NamePassword(name, PASSWORD)) if name else Credentials()) as scope:
            return scope.access.decide(scope.access.at(path)).access
    finally:
        app.close()


def test_db_create_asks_for_what_is_missing(ini: Path) -> None:
    typed = "\n".join(["admin", "admin@example.com", PASSWORD, PASSWORD, ""])

    said = ran("db-create", "-c", str(ini), typed=typed).output

    assert "administrator admin" in said
    assert PASSWORD not in said


def test_db_create_leaves_a_database_alone_without_a_yes(instance: Path) -> None:
    before = (instance.parent / "kallithea.db").read_bytes()

    refused("db-create", "-c", str(instance), *FIRST, "--force-no", with_error=Conflict)

    assert (instance.parent / "kallithea.db").read_bytes() == before


@pytest.mark.parametrize("reuse", ["--reuse", "--no-reuse"])
def test_db_create_begins_anew_after_a_yes(instance: Path, reuse: str) -> None:
    ran("user-create", "bob", "--email", "bob@example.com", "--password", PASSWORD, "-c", str(instance))

    ran("db-create", "-c", str(instance), *FIRST, "--force-yes", reuse)

    ran("user-create", "bob", "--email", "bob@example.com", "--password", PASSWORD, "-c", str(instance))


def test_db_create_writes_the_chosen_folder_into_the_ini_file(ini: Path, tmp_path: Path) -> None:
    ran("db-create", "-c", str(ini), *FIRST, "--force-yes", "--repos", str(tmp_path / "elsewhere"))

    assert inifile.load(ini).settings().repos_path == tmp_path / "elsewhere"
    assert (tmp_path / "elsewhere").is_dir()


def test_db_create_adopts_what_is_there(ini: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "repos/old/project")], check=True)

    said = ran("db-create", "-c", str(ini), *FIRST, "--force-yes").output

    assert "old/project (git): adopted" in said


def test_without_public_access_visitors_see_nothing(ini: Path) -> None:
    ran("db-create", "-c", str(ini), *FIRST, "--force-yes", "--no-public-access")
    ran("repo-create", "shop", "--type", "hg", "-c", str(ini))

    assert access_of(ini, "", "shop") is Access.NONE


def test_after_a_refused_password_the_database_is_still_to_be_made(ini: Path, tmp_path: Path) -> None:
    (tmp_path / "repos").mkdir()
    refused(
        *("db-create", "-c", str(ini), "--user", "admin", "--email", "a@example.com", "--password", "short", "--force-yes"),
        with_error=Invalid,
    )

    # No to every question: there is none left to answer, as nothing was made.
    ran("db-create", "-c", str(ini), *FIRST, "--force-no")


@pytest.mark.parametrize("kind", ["hg", "git"])
def test_repositories_are_created_with_their_groups(instance: Path, kind: str) -> None:
    said = ran("repo-create", "web/deep/shop", "--type", kind, "-c", str(instance)).output

    assert said == f"Created the {kind} repository web/deep/shop.\n"
    assert access_of(instance, "", "web/deep/shop") is Access.READ


def test_a_private_repository_is_created_private(instance: Path) -> None:
    ran("repo-create", "secret", "--type", "git", "--private", "-c", str(instance))

    assert access_of(instance, "", "secret") is Access.NONE


@pytest.mark.parametrize("level", ["read", "write", "admin"])
def test_access_is_given_and_taken(instance: Path, level: str) -> None:
    ran("user-create", "bob", "--email", "bob@example.com", "--password", PASSWORD, "-c", str(instance))
    ran("repo-create", "shop", "--type", "git", "--private", "-c", str(instance))

    ran("access-grant", "shop", "user:bob", level, "-c", str(instance))
    given = access_of(instance, "bob", "shop")
    ran("access-grant", "shop", "user:bob", "none", "-c", str(instance))

    assert given is Access[level.upper()]
    assert access_of(instance, "bob", "shop") is Access.NONE


@pytest.mark.parametrize(("principal", "error"), [("user:nobody", NotFound), ("bob", Invalid), ("group:", Invalid)])
def test_an_unknown_principal_is_refused(instance: Path, principal: str, error: type[KallitheaError]) -> None:
    ran("repo-create", "shop", "--type", "git", "-c", str(instance))

    refused("access-grant", "shop", principal, "read", "-c", str(instance), with_error=error)


def test_access_on_nothing_is_refused(instance: Path) -> None:
    refused("access-grant", "missing", "anyone", "read", "-c", str(instance), with_error=NotFound)


def test_the_right_to_create_at_the_top_is_given_and_taken(instance: Path) -> None:
    ran("access-grant", "/", "members", "none", "-c", str(instance))
    ran("access-grant", "/", "members", "none", "--may-create", "-c", str(instance))

    refused("access-grant", "/", "members", "read", "-c", str(instance), with_error=Invalid)


def test_an_administrator_may_do_everything(instance: Path) -> None:
    ran("user-create", "boss", "--email", "boss@example.com", "--password", PASSWORD, "--admin", "-c", str(instance))
    ran("repo-create", "secret", "--type", "hg", "--private", "-c", str(instance))

    assert access_of(instance, "boss", "secret") is Access.ADMIN


def test_groups_are_made_moved_and_deleted(instance: Path) -> None:
    ini = ("-c", str(instance))
    assert ran("group-create", "web/shops", "--description", "For shops", *ini).output == "Created the group web/shops.\n"
    ran("repo-create", "web/shops/one", "--type", "hg", *ini)

    refused("group-delete", "web/shops", *ini, with_error=Conflict)
    assert ran("group-rename", "web", "stores", *ini).output == "The group web is stores now.\n"

    assert access_of(instance, "", "stores/shops/one") is Access.READ
    assert access_of(instance, "", "web/shops/one") is Access.NONE
    ran("group-create", "empty", *ini)
    assert ran("group-delete", "empty", *ini).output == "Deleted the group empty.\n"


@pytest.mark.parametrize("path", ["missing", "/", "shop"])
def test_what_is_no_group_is_not_moved_or_deleted(instance: Path, path: str) -> None:
    ran("repo-create", "shop", "--type", "git", "-c", str(instance))

    refused("group-rename", path, "elsewhere", "-c", str(instance), with_error=NotFound)
    refused("group-delete", path, "-c", str(instance), with_error=NotFound)


def test_inheriting_is_switched_off_and_on(instance: Path) -> None:
    ran("repo-create", "web/shop", "--type", "git", "-c", str(instance))

    ran("access-inherit", "web/shop", "no", "-c", str(instance))
    cut = access_of(instance, "", "web/shop")
    ran("access-inherit", "web/shop", "yes", "-c", str(instance))

    assert (cut, access_of(instance, "", "web/shop")) == (Access.NONE, Access.READ)
    assert "All is right" in ran("access-repair", "-c", str(instance)).output
    refused("access-inherit", "/", "no", "-c", str(instance), with_error=Invalid)


def test_lists_of_addresses_are_ended(instance: Path) -> None:
    ran("repo-create", "shop", "--type", "git", "-c", str(instance))
    app = App.build(inifile.load(instance).settings())
    with app.system_scope() as scope:
        for user in (None, scope.accounts.by_name("admin")):
            scope.address_lists.set(user, "192.0.2.0/24", by=scope.actor, origin=scope.credentials.origin)
    app.close()
    shut = access_of(instance, "", "shop")

    ran("address-clear", "--user", "admin", "-c", str(instance))
    still_shut = access_of(instance, "", "shop")
    ran("address-clear", "-c", str(instance))

    assert (shut, still_shut, access_of(instance, "admin", "shop")) == (Access.NONE, Access.NONE, Access.ADMIN)
    assert access_of(instance, "", "shop") is Access.READ


def test_a_scan_adopts_and_names_what_it_cannot(instance: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "repos/fine")], check=True)
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "repos/_reserved")], check=True)

    result = ran("repo-scan", "-c", str(instance))

    assert "adopted: fine (git)" in result.output
    assert "not adopted: _reserved (git)" in result.output
    assert result.output.endswith("1 adopted, 1 problem.\n")


def test_the_ini_file_is_for_its_owner_alone(instance: Path) -> None:
    assert stat.S_IMODE(instance.stat().st_mode) == 0o600


def test_second_factor_is_wanted_and_reset(instance: Path) -> None:
    said = ran("second-factor-demand", "administrators", "-c", str(instance)).output
    assert said == "A second factor is wanted of administrators.\n"
    with pytest.raises(Forbidden):
        access_of(instance, "admin", "")
    ran("second-factor-demand", "nobody", "-c", str(instance))

    had = ran("user-reset-second-factor", "admin", "-c", str(instance)).output

    assert had == "admin had no second factor, and signs in with the password alone now.\n"
    refused("user-reset-second-factor", "nobody-of-this-name", "-c", str(instance), with_error=NotFound)
