"""mail-test says whether mail works, in the words of the mail server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.lib.errors import ConfigError, Invalid, Unavailable
from kallithea.lib.smtp import MailRefused
from tests.mail_server import MailServer, mail_server
from tests.ports import free_port

FIRST = ("--user", "admin", "--password", "correct horse", "--email", "admin@example.com")


@pytest.fixture(name="instance")
def _instance(tmp_path: Path) -> Path:
    path = tmp_path / "my.ini"
    _ran("config-create", str(path))
    _ran("db-create", "-c", str(path), *FIRST, "--force-yes")
    return path


@pytest.fixture(name="server")
def _server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def _ran(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def _set_up(ini: Path, port: int, **values: str) -> None:
    lines = {
        "smtp_server": "localhost",
        "smtp_port": str(port),
        "app_email_from": "kallithea@example.com",
        "canonical_url": "https://code.example.com",
        **values,
    }
    added = "".join(f"{name} = {value}\n" for name, value in lines.items())
    ini.write_text(ini.read_text().replace("[app:main]\n", f"[app:main]\n{added}", 1))


def test_mail_test_sends_a_mail_at_once(instance: Path, server: MailServer) -> None:
    _set_up(instance, server.port)

    told = _ran("mail-test", "alice@example.com", "-c", str(instance)).output

    assert told == f"localhost:{server.port} took a mail to alice@example.com.\n"
    assert server.only().recipients == ["alice@example.com"]


def test_mail_test_says_what_the_mail_server_said(instance: Path, server: MailServer) -> None:
    _set_up(instance, server.port)
    server.handler.answers["alice@example.com"] = "550 no such user here"

    with pytest.raises(MailRefused, match="no such user here"):
        _ran("mail-test", "alice@example.com", "-c", str(instance))


def test_mail_test_says_that_the_mail_server_is_away(instance: Path) -> None:
    _set_up(instance, free_port())
    with pytest.raises(Unavailable, match="cannot be used"):
        _ran("mail-test", "alice@example.com", "-c", str(instance))


def test_mail_test_says_which_settings_are_missing(instance: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        _ran("mail-test", "alice@example.com", "-c", str(instance))
    assert "smtp_server, app_email_from and canonical_url" in str(refusal.value.hint)

    _set_up(instance, 25, canonical_url="")
    with pytest.raises(ConfigError) as refusal:
        _ran("mail-test", "alice@example.com", "-c", str(instance))
    assert "Set canonical_url in" in str(refusal.value.hint)


def test_mail_test_takes_addresses_only(instance: Path, server: MailServer) -> None:
    _set_up(instance, server.port)
    with pytest.raises(Invalid):
        _ran("mail-test", "alice@example.com\nBcc: eve@example.com", "-c", str(instance))


@pytest.mark.parametrize(
    ("name", "value"),
    [("app_email_from", "nobody"), ("smtp_server", "mail.example.com:25"), ("smtp_port", "70000"), ("smtp_use_tls", "perhaps")],
)
def test_settings_of_mail_that_cannot_be_used_are_named(instance: Path, name: str, value: str) -> None:
    _set_up(instance, 25, **{name: value})
    with pytest.raises(ConfigError, match=name):
        _ran("mail-test", "alice@example.com", "-c", str(instance))


def test_empty_settings_of_an_old_ini_file_are_taken(instance: Path, server: MailServer) -> None:
    _set_up(instance, server.port, smtp_username="", smtp_password="", email_prefix="", smtp_use_ssl="false")

    _ran("mail-test", "alice@example.com", "-c", str(instance))
