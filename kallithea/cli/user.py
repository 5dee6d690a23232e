"""Commands on accounts."""

from __future__ import annotations

from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.services.accounts import NewAccount


@click.command("user-create")
@click.argument("name")
@click.option("--email", required=True, help="E-mail address.")
@click.option("--password", help="Password; asked for if left out.")
@click.option("--admin", is_flag=True, help="Make an administrator of the whole site.")
@config_option
def user_create(name: str, email: str, password: str | None, admin: bool, config_file: Path) -> None:
    """Create the account NAME."""
    chosen = password if password is not None else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with system_scope(config_file) as scope:
        user = scope.accounts.create(NewAccount(name, email, chosen, is_administrator=admin))
    click.echo(f"Created the {'administrator' if admin else 'user'} {user.name}.")
