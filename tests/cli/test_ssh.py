"""The commands around SSH: keys, the file of keys, and what is written for sshd and systemd."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.ssh import client_program, forced_command
from kallithea.lib.errors import ConfigError, KallitheaError, NotFound
from kallithea.lib.ssh_keys import BadKey, parse
from tests.services.test_ssh_keys import new_key

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin") or "sshd"


def ran(*arguments: str, typed: str = "") -> str:
    result = CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str, with_error: type[KallitheaError]) -> None:
    with pytest.raises(with_error):
        CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Path:
    """An instance that keeps a file of keys."""
    path = tmp_path / "my.ini"
    ran("config-create", str(path), "ssh_enabled=true", f"ssh_authorized_keys={tmp_path}/ssh/authorized_keys")
    ran(
        "db-create",
        "-c",
        str(path),
        "--user",
        "admin",
        "--password",
        "correct horse",
        "--email",
        "a@example.com",
        "--force-yes",
    )
    return path


def test_a_key_is_added_listed_and_removed(ini: Path, tmp_path: Path) -> None:
    text = new_key("me@laptop")
    fingerprint = parse(text).fingerprint
    (tmp_path / "key.pub").write_text(text)
    file = tmp_path / "ssh" / "authorized_keys"

    assert fingerprint in ran("ssh-key-add", "admin", str(tmp_path / "key.pub"), "-c", str(ini))
    listed = ran("ssh-key-list", "admin", "-c", str(ini))
    was_in_file = text.split()[1] in file.read_text()
    ran("ssh-key-delete", "admin", fingerprint, "-c", str(ini))

    assert (fingerprint in listed, "me@laptop" in listed, "never used" in listed) == (True, True, True)
    assert (was_in_file, text.split()[1] in file.read_text()) == (True, False)
    assert ran("ssh-key-list", "admin", "-c", str(ini)) == ""


def test_a_key_comes_from_the_input_too(ini: Path) -> None:
    ran("ssh-key-add", "admin", "-", "--comment", "backup", "-c", str(ini), typed=new_key())

    assert "backup" in ran("ssh-key-list", "admin", "-c", str(ini))


def test_what_is_no_key_is_refused(ini: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")

    refused("ssh-key-add", "admin", str(tmp_path / "key"), "-c", str(ini), with_error=BadKey)


def test_nobody_has_an_unknown_key(ini: Path) -> None:
    refused("ssh-key-delete", "admin", f"SHA256:{'x' * 43}", "-c", str(ini), with_error=NotFound)


def test_the_file_is_written_anew(ini: Path, tmp_path: Path) -> None:
    ran("ssh-key-add", "admin", "-", "-c", str(ini), typed=new_key())
    (tmp_path / "ssh" / "authorized_keys").unlink()

    assert ran("ssh-update-authorized-keys", "-c", str(ini)) == "1 key.\n"

    assert (tmp_path / "ssh" / "authorized_keys").read_text().count("restrict,") == 1


@pytest.fixture(name="switched_off")
def _switched_off(ini: Path) -> Path:
    inifile.set_value(ini, "ssh_enabled", "false")
    return ini


NEED_SSH = [("ssh-serve",), ("ssh-update-authorized-keys",), ("deployment-create", "ssh", "--user", "nobody")]


@pytest.mark.parametrize("command", NEED_SSH)
def test_without_ssh_there_is_nothing_to_serve_or_write(switched_off: Path, command: tuple[str, ...]) -> None:
    refused(*command, "-c", str(switched_off), with_error=ConfigError)


def test_a_socket_with_too_long_a_path_is_refused(ini: Path, tmp_path: Path) -> None:
    inifile.set_value(ini, "ssh_socket", str(tmp_path / ("x" * 120)))

    refused("ssh-serve", "-c", str(ini), with_error=ConfigError)


def test_something_else_in_the_place_of_the_socket_is_left_alone(ini: Path, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("mine")
    inifile.set_value(ini, "ssh_socket", str(tmp_path / "s"))

    refused("ssh-serve", "-c", str(ini), with_error=ConfigError)

    assert (tmp_path / "s").read_text() == "mine"


@pytest.mark.parametrize("keeps_file", [False, True])
def test_sshd_accepts_what_is_written_for_it(ini: Path, tmp_path: Path, keeps_file: bool) -> None:
    if not keeps_file:
        inifile.set_value(ini, "ssh_authorized_keys", "")
    made = tmp_path / "made"
    made.mkdir()

    ran("deployment-create", "ssh", "-c", str(ini), "--user", "nobody", "--output", str(made))

    subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", str(tmp_path / "host_key")], check=True)
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {tmp_path}/host_key\nInclude {made}/kallithea.conf\n")
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run([SSHD, "-t", "-f", str(config)], check=True)
    shown = subprocess.run(
        [SSHD, "-T", "-f", str(config), "-C", "user=nobody,host=x,addr=127.0.0.1"], capture_output=True, text=True, check=True
    ).stdout
    assert "acceptenv GIT_PROTOCOL" in shown
    assert "disableforwarding yes" in shown
    assert "permittty no" in shown
    assert ("authorizedkeyscommand none" in shown) == keeps_file
    assert (f"authorizedkeysfile {tmp_path}/ssh/authorized_keys" in shown) == keeps_file


def test_the_units_are_for_the_user_and_the_socket_of_the_instance(ini: Path, tmp_path: Path) -> None:
    ran("deployment-create", "ssh", "-c", str(ini), "--user", "nobody", "--output", str(tmp_path))
    service, socket = ((tmp_path / f"kallithea-ssh.{kind}").read_text() for kind in ("service", "socket"))

    assert f"ssh-serve -c {ini}" in service
    assert "User=nobody" in service
    assert f"ListenSequentialPacket={tmp_path}/ssh.sock" in socket
    assert "SocketMode=0600" in socket


def test_the_client_program_imports_next_to_nothing(ini: Path) -> None:
    command = forced_command(inifile.load(ini).settings())
    code = f"import sys; sys.path.insert(0, {str(client_program().parent)!r}); import client; print(*sys.modules)"

    said = subprocess.run([str(command.python), "-I", "-S", "-c", code], capture_output=True, text=True, check=True).stdout

    assert not {"kallithea", "json", "subprocess", "threading", "asyncio", "logging", "typing"} & set(said.split())
