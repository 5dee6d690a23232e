"""The commands on keys for signing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kallithea.cli import cli
from kallithea.lib.errors import NotFound
from kallithea.lib.ssh_keys import BadKey
from tests.functional.test_x509_signatures import certificate


def ran(*arguments: str, typed: str = "") -> str:
    result = CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> str:
    path = str(tmp_path / "my.ini")
    person = ("--user", "admin", "--password", "correct horse", "--email", "a@example.com")
    ran("config-create", path)
    ran("db-create", "-c", path, *person, "--force-yes")
    return path


def test_a_key_is_added_listed_and_removed(ini: str, tmp_path: Path) -> None:
    certificate(tmp_path, "ann", "a@example.com")

    added = ran("signing-key-add", "admin", str(tmp_path / "ann.pem"), "--comment", "work card", "-c", ini)
    listed = ran("signing-key-list", "admin", "-c", ini)
    fingerprint = listed.split()[0]
    ran("signing-key-delete", "admin", fingerprint, "-c", ini)

    assert fingerprint in added
    assert "X.509 ECDSA 256  work card  expires " in listed
    assert listed.endswith("for a@example.com\n")
    assert ran("signing-key-list", "admin", "-c", ini) == ""


def test_a_key_of_somebody_else_is_refused(ini: str, tmp_path: Path) -> None:
    text = certificate(tmp_path, "bob", "b@example.com")

    with pytest.raises(BadKey):
        CliRunner().invoke(cli, ("signing-key-add", "admin", "-", "-c", ini), input=text, catch_exceptions=False)


def test_nobody_has_an_unknown_key(ini: str) -> None:
    with pytest.raises(NotFound):
        CliRunner().invoke(cli, ("signing-key-delete", "admin", "A" * 64, "-c", ini), catch_exceptions=False)
