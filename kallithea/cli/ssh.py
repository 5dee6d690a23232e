"""Commands around SSH: keys, the file of keys, and the service."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType
from typing import TextIO

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.config import systemd
from kallithea.config.app import App
from kallithea.config.entry import configure_logging
from kallithea.config.inifile import load
from kallithea.config.limits import allow_many_open_files, let_threads_take_turns
from kallithea.config.ssh import forced_command
from kallithea.config.stopping import GRACE
from kallithea.lib.errors import ConfigError
from kallithea.services.ssh_keys import KeyFacts
from kallithea.wire.ssh.door import SESSIONS, SshDoor
from kallithea.wire.ssh.listener import Listener, open_socket


@click.command("ssh-key-add")
@click.argument("name")
@click.argument("key", type=click.File("r", encoding="utf-8"), metavar="FILE")
@click.option("--comment", default="", help="What to call the key; else the comment in it.")
@config_option
def ssh_key_add(name: str, key: TextIO, comment: str, config_file: Path) -> None:
    """Let the account NAME in with the public SSH key in FILE.

    That is the file whose name ends in .pub, such as id_ed25519.pub; - reads the key from the input.
    """
    with system_scope(config_file) as scope:
        facts = scope.ssh_keys.add(scope.accounts.by_name(name), key.read(), name=comment)
    click.echo(f"{name} now has the key {facts.fingerprint}.")


@click.command("ssh-key-list")
@click.argument("name")
@config_option
def ssh_key_list(name: str, config_file: Path) -> None:
    """Show the SSH keys of the account NAME."""
    with system_scope(config_file) as scope:
        keys = scope.ssh_keys.of(scope.accounts.by_name(name).id)
    for key in keys:
        click.echo(_line(key))


@click.command("ssh-key-delete")
@click.argument("name")
@click.argument("fingerprint")
@config_option
def ssh_key_delete(name: str, fingerprint: str, config_file: Path) -> None:
    """Take an SSH key away from the account NAME.

    FINGERPRINT is what ssh-key-list shows: SHA256: and 43 characters.
    """
    with system_scope(config_file) as scope:
        scope.ssh_keys.remove(scope.accounts.by_name(name), fingerprint)
    click.echo(f"{name} has the key {fingerprint} no more.")


@click.command("ssh-update-authorized-keys")
@config_option
def ssh_update_authorized_keys(config_file: Path) -> None:
    """Write the file ssh_authorized_keys anew; each change of a key does so by itself."""
    with system_scope(config_file) as scope:
        count = scope.ssh_keys.write_file()
    if count is None:
        raise ConfigError("There is no such file to keep.", hint="Set ssh_enabled = true and ssh_authorized_keys = PATH.")
    click.echo(f"{count} {'key' if count == 1 else 'keys'}.")


@click.command("ssh-serve")
@config_option
def ssh_serve(config_file: Path) -> None:
    """Serve hg and git clients that come through OpenSSH.

    Until it is told to stop (SIGTERM); then it serves those that are there to their end.
    """
    loaded = load(config_file)
    settings = loaded.settings()
    if not settings.ssh_enabled:
        raise ConfigError("SSH is switched off.", hint="Set ssh_enabled = true in the ini file.")
    configure_logging(loaded)
    allow_many_open_files()
    let_threads_take_turns()
    listening = systemd.inherited_message_socket() or open_socket(settings.ssh_place)
    app = App.build(settings, threads=SESSIONS)
    try:
        app.vault.warm()
        listener = Listener(SshDoor(app), listening, forced_command(settings).line)

        def stop(_number: int, _frame: FrameType | None) -> None:
            listener.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        systemd.notify("READY=1")
        listener.run()
        systemd.notify("STOPPING=1")
        listening.close()
        if not listener.join(GRACE):
            click.echo("Some clients were not served to their end.", err=True)
    finally:
        app.close()


def _line(key: KeyFacts) -> str:
    used = f"last used {key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never used"
    return f"{key.fingerprint}  {key.algorithm} {key.bits}  {key.name or '-'}  {used}"
