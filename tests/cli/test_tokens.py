"""token-create, token-list, token-revoke on a real instance."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.app import App
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, Unauthenticated
from kallithea.services.actors import Actor, Credentials, Limit, Member, ShownToken

PASSWORD = "correct horse"


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    """An instance with the account admin and the repository web/shop."""
    ini = tmp_path / "my.ini"
    ran("config-create", str(ini))
    ran("db-create", "-c", str(ini), "--user", "admin", "--password", PASSWORD, "--email", "a@example.com", "--force-yes")
    ran("repo-create", "-c", str(ini), "--type", "git", "web/shop")
    return ini


def ran(*arguments: str) -> str:
    """What a command prints that works."""
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str, with_error: type[KallitheaError]) -> None:
    with pytest.raises(with_error):
        CliRunner().invoke(cli, arguments, catch_exceptions=False)


def actor_of(ini: Path, token: str) -> Actor:
    app = App.build(inifile.load(ini).settings())
    try:
        with app.scope(Credentials(ShownToken(token))) as scope:
            return scope.actor
    finally:
        app.close()


def test_a_token_is_printed_listed_and_revoked(instance: Path) -> None:
    config = ("-c", str(instance))
    printed = ran("token-create", "admin", "--name", "build", "--scope", "write", "--scope", "api", "--expires", "30", *config)
    token = printed.strip()

    actor = actor_of(instance, token)
    assert isinstance(actor, Member)
    assert (actor.name, actor.limit) == ("admin", Limit(Access.WRITE, None, may_use_api=True))
    listed = ran("token-list", "admin", *config)
    assert "build  write api" in listed
    assert token not in listed

    ran("token-revoke", listed.split()[0], *config)

    with pytest.raises(Unauthenticated):
        actor_of(instance, token)
    assert ran("token-list", *config) == "0 tokens.\n"


def test_a_token_reads_unless_more_is_said(instance: Path) -> None:
    actor = actor_of(instance, ran("token-create", "admin", "-c", str(instance)).strip())

    assert isinstance(actor, Member)
    assert actor.limit == Limit(Access.READ)


def test_a_token_may_be_bound_and_never_expire(instance: Path) -> None:
    config = ("-c", str(instance))
    ran("token-create", "admin", "--only", "web/shop", "--only", "web", "--expires", "never", *config)

    assert "only web, web/shop  expires never  used never" in ran("token-list", *config)


@pytest.mark.parametrize("expires", ["soon", "-1", "1.5", "9999999"])
def test_a_wrong_expiry_is_wrong_usage(instance: Path, expires: str) -> None:
    result = CliRunner().invoke(cli, ["token-create", "admin", "--expires", expires, "-c", str(instance)])

    assert result.exit_code == 2
    assert "kal_" not in result.output


def test_what_cannot_be_is_said(instance: Path) -> None:
    config = ("-c", str(instance))
    refused("token-create", "nobody", *config, with_error=NotFound)
    refused("token-create", "admin", "--only", "no/such/thing", *config, with_error=Invalid)
    refused("token-create", "admin", "--expires", "0", *config, with_error=Invalid)
    refused("token-revoke", "77", *config, with_error=NotFound)
    ran("token-create", "admin", "--name", "build", *config)
    refused("token-create", "admin", "--name", "build", *config, with_error=Conflict)
