"""Commands on accounts."""

from __future__ import annotations

from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.services.accounts import NewAccount
from kallithea.services.factor_rules import Demand


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


@click.command("user-reset-second-factor")
@click.argument("name")
@config_option
def user_reset_second_factor(name: str, config_file: Path) -> None:
    """Take app, passkeys and recovery codes from NAME, who lost them, and sign NAME out everywhere.

    Make sure first that it is NAME who asks: the password alone opens the account afterwards.
    """
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(name)
        had = scope.second_factors.reset(user)
    what = [*(["the authenticator app"] if had.has_app else []), *([f"{had.passkeys} passkeys"] if had.passkeys else [])]
    click.echo(f"{user.name} had {' and '.join(what) or 'no second factor'}, and signs in with the password alone now.")


@click.command("second-factor-demand")
@click.argument("whom", type=click.Choice([demand.value for demand in Demand]))
@config_option
def second_factor_demand(whom: str, config_file: Path) -> None:
    """Say who has to have a second factor: nobody, administrators or everybody.

    Who has none sets it up after signing in, before anything else.
    """
    with system_scope(config_file) as scope:
        scope.site_settings.demand_second_factor(Demand(whom))
    click.echo(f"A second factor is wanted of {whom}.")
