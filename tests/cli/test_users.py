"""The commands on accounts and on groups of users, on a real instance."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.app import App
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, Unauthenticated
from kallithea.services.actors import Credentials, NamePassword

PASSWORD = "correct horse"


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    """An instance with the administrator admin, and with alice and bob."""
    ini = tmp_path / "my.ini"
    ran("config-create", str(ini))
    ran("db-create", "-c", str(ini), "--user", "admin", "--password", PASSWORD, "--email", "admin@example.com", "--force-yes")
    for name in ("alice", "bob"):
        ran("user-create", name, "--email", f"{name}@example.com", "--password", PASSWORD, "-c", str(ini))
    return ini


def ran(*arguments: str, typed: str = "") -> str:
    result: Result = CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str, with_error: type[KallitheaError]) -> str:
    with pytest.raises(with_error) as refusal:
        CliRunner().invoke(cli, arguments, catch_exceptions=False)
    return refusal.value.message


def can_sign_in(ini: Path, name: str, password: str = PASSWORD) -> bool:
    app = App.build(inifile.load(ini).settings())
    try:
        with app.scope(Credentials(NamePassword(name, password))) as scope:
            return bool(scope.member)
    except Unauthenticated:
        return False
    finally:
        app.close()


def access_of(ini: Path, name: str, path: str) -> Access:
    app = App.build(inifile.load(ini).settings())
    try:
        with app.scope(Credentials(NamePassword(name, PASSWORD))) as scope:
            return scope.access.decide(scope.access.at(path)).access
    finally:
        app.close()


def test_a_password_is_asked_for_twice_and_never_shown(instance: Path) -> None:
    said = ran("user-password", "alice", "-c", str(instance), typed="another good one\nanother good one\n")

    assert "another good one" not in said
    assert not can_sign_in(instance, "alice")
    assert can_sign_in(instance, "alice", "another good one")


def test_a_password_that_cannot_be_taken_is_refused(instance: Path) -> None:
    refused("user-password", "alice", "--password", "short", "-c", str(instance), with_error=Invalid)

    assert can_sign_in(instance, "alice")


def test_an_account_is_disabled_and_enabled(instance: Path) -> None:
    ran("user-disable", "Alice", "-c", str(instance))
    disabled = can_sign_in(instance, "alice")
    listed = ran("user-list", "--disabled", "-c", str(instance))
    ran("user-enable", "alice", "-c", str(instance))

    assert not disabled
    assert listed == "alice  alice@example.com  disabled\n"
    assert can_sign_in(instance, "alice")


@pytest.mark.parametrize("command", ["user-disable", "user-delete"])
def test_the_last_administrator_stays(instance: Path, command: str) -> None:
    assert "last active administrator" in refused(command, "admin", "-c", str(instance), with_error=Conflict)


def test_people_are_listed(instance: Path) -> None:
    assert ran("user-list", "-c", str(instance)).splitlines() == [
        "admin  admin@example.com  administrator",
        "alice  alice@example.com",
        "bob  bob@example.com",
    ]
    assert ran("user-list", "--administrators", "-c", str(instance)).startswith("admin ")
    assert ran("user-list", "--filter", "BO", "-c", str(instance)) == "bob  bob@example.com\n"


def test_an_account_is_shown_with_what_it_owns(instance: Path) -> None:
    ran("repo-create", "web/shop", "--type", "hg", "--owner", "alice", "-c", str(instance))

    said = ran("user-show", "alice", "-c", str(instance))

    assert "active: yes" in said
    assert "administrator: no" in said
    assert "owns repository: web/shop" in said
    assert "owns group: web" in said


def test_what_is_owned_keeps_an_account_until_it_goes_to_somebody_else(instance: Path) -> None:
    ran("repo-create", "web/shop", "--type", "git", "--owner", "alice", "-c", str(instance))
    refused("user-delete", "alice", "-c", str(instance), with_error=Conflict)
    refused("user-delete", "alice", "--transfer-to", "nobody", "-c", str(instance), with_error=NotFound)

    said = ran("user-delete", "alice", "--transfer-to", "bob", "-c", str(instance))

    assert said == "Deleted alice. 2 things went to bob.\n"
    assert not can_sign_in(instance, "alice")
    assert access_of(instance, "bob", "web/shop") is Access.ADMIN


@pytest.mark.parametrize("command", ["user-password", "user-disable", "user-enable", "user-delete", "user-show"])
def test_who_is_not_there_is_said(instance: Path, command: str) -> None:
    more = ["--password", PASSWORD] if command == "user-password" else []
    assert "nobody" in refused(command, "nobody", *more, "-c", str(instance), with_error=NotFound)


# --- groups of users


def test_a_group_is_made_filled_emptied_and_deleted(instance: Path) -> None:
    ini = ("-c", str(instance))
    ran("repo-create", "shop", "--type", "git", "--private", *ini)
    ran("user-group-create", "Sales", "--description", "They sell.", "--owner", "alice", *ini)
    ran("access-grant", "shop", "group:Sales", "write", *ini)

    assert ran("user-group-add", "sales", "alice", "bob", *ini) == "Added to Sales: alice, bob.\n"
    assert ran("user-group-list", *ini) == "Sales  2 members  owner alice\n"
    assert ran("user-group-list", "Sales", *ini) == "alice\nbob\n"
    assert access_of(instance, "bob", "shop") is Access.WRITE
    assert ran("user-group-remove", "Sales", "bob", *ini) == "Removed from Sales: bob.\n"
    assert access_of(instance, "bob", "shop") is Access.NONE
    assert ran("user-group-delete", "Sales", *ini) == "lost: write on shop\nDeleted the group of users Sales.\n"
    assert ran("user-group-list", *ini) == ""


def test_what_an_inactive_group_has_does_not_count(instance: Path) -> None:
    ini = ("-c", str(instance))
    ran("repo-create", "shop", "--type", "hg", "--private", *ini)
    ran("user-group-create", "Sales", "--inactive", *ini)
    ran("user-group-add", "Sales", "bob", *ini)
    ran("access-grant", "shop", "group:Sales", "write", *ini)

    assert access_of(instance, "bob", "shop") is Access.NONE
    assert "not active" in ran("user-group-list", *ini)


@pytest.mark.parametrize("who", ["nobody", "group:Sales", "Sales"])
def test_only_people_are_added(instance: Path, who: str) -> None:
    ran("user-group-create", "Sales", "-c", str(instance))

    refused("user-group-add", "Sales", "bob", who, "-c", str(instance), with_error=Invalid)

    assert ran("user-group-list", "Sales", "-c", str(instance)) == ""


@pytest.mark.parametrize("command", ["user-group-add", "user-group-remove"])
def test_a_group_that_is_not_there_is_said(instance: Path, command: str) -> None:
    refused(command, "missing", "bob", "-c", str(instance), with_error=NotFound)
