"""Commands on the keys and certificates that people sign commits with."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.services.signing_keys import OwnKey


@click.command("signing-key-add")
@click.argument("name")
@click.argument("key", type=click.File("r", encoding="utf-8"), metavar="FILE")
@click.option("--comment", default="", help="What to call the key; else whom it names.")
@config_option
def signing_key_add(name: str, key: TextIO, comment: str, config_file: Path) -> None:
    """Verify what the account NAME signs by the public key or certificate in FILE.

    That is a key of OpenPGP, as gpg --armor --export writes it, or a certificate (X.509) as PEM; - reads it from the input.
    It has to name an e-mail address of the account. Added again, it is replaced: a revocation or a new date counts then.
    """
    with system_scope(config_file) as scope:
        fingerprint = scope.signing_keys.add(scope.accounts.by_name(name), key.read(), name=comment)
    click.echo(f"{name} now signs with {fingerprint}.")


@click.command("signing-key-list")
@click.argument("name")
@config_option
def signing_key_list(name: str, config_file: Path) -> None:
    """Show the signing keys of the account NAME, and the addresses that each signs for."""
    with system_scope(config_file) as scope:
        keys = scope.signing_keys.of(scope.accounts.by_name(name))
    for key in keys:
        click.echo(_line(key))


@click.command("signing-key-delete")
@click.argument("name")
@click.argument("fingerprint")
@config_option
def signing_key_delete(name: str, fingerprint: str, config_file: Path) -> None:
    """Take a signing key away from the account NAME; what was signed with it is not verified any more.

    FINGERPRINT is what signing-key-list shows.
    """
    with system_scope(config_file) as scope:
        scope.signing_keys.remove(scope.accounts.by_name(name), fingerprint)
    click.echo(f"{name} signs with {fingerprint} no more.")


def _line(key: OwnKey) -> str:
    expires = f"expires {key.expires_at:%Y-%m-%d}" if key.expires_at else "never expires"
    kind = f"{key.format.value} {key.algorithm} {key.bits}"
    return f"{key.fingerprint}  {kind}  {key.name or '-'}  {expires}  for {', '.join(key.addresses) or 'no address'}"
