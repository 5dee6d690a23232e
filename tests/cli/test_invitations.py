"""user-invite, user-invitation-list and user-invitation-withdraw on a real instance."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.app import App
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid, KallitheaError, NotFound, Unavailable
from kallithea.model import Mail
from kallithea.services.actors import Credentials, NamePassword
from kallithea.services.invitations import NewMember

PASSWORD = "correct horse"
MAIL = ["smtp_server=127.0.0.1", "app_email_from=code@example.com", "canonical_url=https://code.example.com"]


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    """An instance that sends mail, with two administrators, the group of users devs, and the repository web/shop."""
    return made(tmp_path / "my.ini", *MAIL)


def made(ini: Path, *settings: str) -> Path:
    ran("config-create", str(ini), *settings)
    ran("db-create", "-c", str(ini), "--user", "admin", "--password", PASSWORD, "--email", "a@example.com", "--force-yes")
    ran("user-create", "boss", "--admin", "--email", "boss@example.com", "--password", PASSWORD, "-c", str(ini))
    ran("user-create", "alice", "--email", "alice@example.com", "--password", PASSWORD, "-c", str(ini))
    ran("user-group-create", "devs", "-c", str(ini))
    ran("repo-create", "-c", str(ini), "--type", "hg", "web/shop")
    return ini


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str, with_error: type[KallitheaError]) -> str:
    with pytest.raises(with_error) as refusal:
        CliRunner().invoke(cli, arguments, catch_exceptions=False)
    return refusal.value.message


def mailed(ini: Path) -> str:
    """The token in the newest mail."""
    app = App.build(inifile.load(ini).settings())
    try:
        with app.system_scope() as scope:
            text = scope._session.query(Mail).order_by(Mail.id.desc()).first().text
        (link,) = [word for word in text.split() if "/_admin/invitation" in word]
        assert link.startswith("https://code.example.com/_admin/invitation")
        return str(link.rpartition("/")[2].rpartition("=")[2])
    finally:
        app.close()


def test_who_accepts_gets_what_was_promised(instance: Path) -> None:
    said = ran(
        "user-invite", "bob@example.com", "--group", "devs", "--path", "web/shop", "--access", "write", "-c", str(instance)
    )
    token = mailed(instance)
    app = App.build(inifile.load(instance).settings())
    try:
        with app.system_scope() as scope:
            scope.invitations.accept(token, NewMember("bob", "a quite long one"), network="192.0.2.1")
        with app.scope(Credentials(NamePassword("bob", "a quite long one"))) as scope:
            decision = scope.access.decide(scope.access.at("web/shop"))
    finally:
        app.close()

    assert said.startswith("Invited bob@example.com, until ")
    assert decision.access is Access.WRITE
    assert ran("user-group-list", "devs", "-c", str(instance)).split() == ["bob"]


def test_invitations_are_listed_and_withdrawn(instance: Path) -> None:
    ran("user-invite", "bob@example.com", "--by", "boss", "-c", str(instance))
    ran("user-invite", "carol@example.com", "--group", "devs", "--path", "web", "-c", str(instance))
    before = ran("user-invitation-list", "-c", str(instance)).splitlines()

    said = ran("user-invitation-withdraw", "Bob@Example.com", "-c", str(instance))

    assert [line.split("  ")[0] for line in before] == ["carol@example.com", "bob@example.com"]
    assert before[0].endswith("group devs  read on web")
    assert "by boss" in before[1]
    assert said == "The invitation of bob@example.com works no more.\n"
    assert [line.split()[0] for line in ran("user-invitation-list", "-c", str(instance)).splitlines()] == ["carol@example.com"]


def test_a_second_invitation_takes_the_place_of_the_first(instance: Path) -> None:
    for _ in range(2):
        ran("user-invite", "bob@example.com", "-c", str(instance))

    assert len(ran("user-invitation-list", "-c", str(instance)).splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["alice@example.com"], Conflict),
        (["no address"], Invalid),
        (["bob@example.com", "--group", "nobody"], Invalid),
        (["bob@example.com", "--path", "no/where"], Invalid),
        (["bob@example.com", "--by", "alice"], Forbidden),
        (["bob@example.com", "--by", "nobody"], NotFound),
    ],
)
def test_what_cannot_be_is_refused_and_nobody_is_invited(
    instance: Path, arguments: list[str], error: type[KallitheaError]
) -> None:
    refused("user-invite", *arguments, "-c", str(instance), with_error=error)

    assert ran("user-invitation-list", "-c", str(instance)) == ""


def test_who_is_not_invited_cannot_be_withdrawn(instance: Path) -> None:
    assert refused("user-invitation-withdraw", "x@example.com", "-c", str(instance), with_error=NotFound)


def test_without_mail_nobody_is_invited(tmp_path: Path) -> None:
    ini = made(tmp_path / "other.ini")

    refused("user-invite", "bob@example.com", "-c", str(ini), with_error=Unavailable)
