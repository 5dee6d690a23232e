"""Commands on accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.consent import GAINS, agreed, shown_first
from kallithea.cli.instance import command_name, opened, system_scope
from kallithea.model import User
from kallithea.services.accounts import NewAccount
from kallithea.services.belongings import OwnedKind
from kallithea.services.factor_rules import Demand
from kallithea.services.keysets import Start
from kallithea.services.people import People, PeopleFilter, PersonLine, WhichPeople
from kallithea.services.scope import Scope

AT_ONCE = 500
"""Accounts that a list reads at once."""


@click.command("user-create")
@click.argument("name")
@click.option("--email", required=True, help="E-mail address.")
@click.option("--password", help="Password; asked for if left out.")
@click.option("--admin", is_flag=True, help="Make an administrator of the whole site.")
@config_option
def user_create(name: str, email: str, password: str | None, admin: bool, config_file: Path) -> None:
    """Create the account NAME."""
    chosen = _chosen(password)
    with system_scope(config_file) as scope:
        user = scope.accounts.create(NewAccount(name, email, chosen, is_administrator=admin))
    click.echo(f"Created the {'administrator' if admin else 'user'} {user.name}.")


@click.command("user-password")
@click.argument("name")
@click.option("--password", help="Password; asked for if left out.")
@config_option
def user_password(name: str, password: str | None, config_file: Path) -> None:
    """Set the password of the account NAME, and sign it out."""
    chosen = _chosen(password)
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(name)
        scope.people.set_password(user, chosen)
    click.echo(f"{user.name} has a new password.")


@click.command("user-disable")
@click.argument("name")
@config_option
def user_disable(name: str, config_file: Path) -> None:
    """Disable the account NAME and sign it out everywhere."""
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(name)
        scope.people.set_active(user, False)
    click.echo(f"Disabled {user.name}.")


@click.command("user-enable")
@click.argument("name")
@config_option
def user_enable(name: str, config_file: Path) -> None:
    """Enable the account NAME again."""
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(name)
        scope.people.set_active(user, True)
    click.echo(f"Enabled {user.name}.")


@click.command("user-delete")
@click.argument("name")
@click.option("--transfer-to", metavar="NAME", help="Who shall own what the account owns.")
@shown_first
@config_option
def user_delete(*, name: str, transfer_to: str | None, dry_run: bool, ask: bool, config_file: Path) -> None:
    """Delete the account NAME; what it owns goes to somebody else first."""

    def look(scope: Scope) -> Sequence[str]:
        owned = scope.belongings.of(scope.accounts.by_name(name))
        _delete(scope, name, transfer_to)
        return [GAINS, *(f"  {transfer_to} owns {line}" for line in _owned(owned))] if owned else []

    with opened(config_file) as app:
        if not agreed(app, look, dry_run=dry_run, ask=ask):
            return
        with app.system_scope(command_name()) as scope:
            user, given = _delete(scope, name, transfer_to)
    gone = f" {given} {'thing' if given == 1 else 'things'} went to {transfer_to}." if transfer_to else ""
    click.echo(f"Deleted {user.name}.{gone}")


@click.command("user-list")
@click.option("--filter", "text", default="", help="Only those with this in the name or the address.")
@click.option("--administrators", "which", flag_value="administrators", help="Only administrators.")
@click.option("--disabled", "which", flag_value="disabled", help="Only disabled accounts.")
@config_option
def user_list(text: str, which: str | None, config_file: Path) -> None:
    """List the accounts."""
    wanted = PeopleFilter(text, WhichPeople(which or ""))
    with system_scope(config_file) as scope:
        for person in _all(scope.people, wanted):
            click.echo("  ".join([person.name, person.email, *_marks(person)]))


@click.command("user-show")
@click.argument("name")
@config_option
def user_show(name: str, config_file: Path) -> None:
    """Show the account NAME: what it is, and what it owns."""
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(name)
        owned, sessions = scope.belongings.of(user), scope.people.sessions(user)
    click.echo(f"name: {user.name}\ne-mail: {user.email}\nsince: {user.created_at:%Y-%m-%d %H:%M}")
    click.echo(f"administrator: {'yes' if user.is_administrator else 'no'}\nactive: {'yes' if user.is_active else 'no'}")
    click.echo(f"signed in: {sessions} {'browser' if sessions == 1 else 'browsers'}")
    for line in _owned(owned):
        click.echo(f"owns {line}")


def _delete(scope: Scope, name: str, transfer_to: str | None) -> tuple[User, int]:
    """Delete an account; which one it was, and how many things went to somebody else."""
    user = scope.accounts.by_name(name)
    given = scope.belongings.give_all(user, scope.accounts.by_name(transfer_to)) if transfer_to else 0
    scope.people.delete(user)
    return user, given


def _owned(owned: Sequence[OwnedKind]) -> Iterator[str]:
    """A line for each thing that is named, and one for the others of its kind."""
    for kind in owned:
        yield from (f"{kind.noun}: {name}" for name in kind.names)
        if kind.count > len(kind.names):
            yield f"{kind.noun}: {kind.count - len(kind.names)} more"


def _chosen(password: str | None) -> str:
    if password is not None:
        return password
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _all(people: People, wanted: PeopleFilter) -> Iterator[PersonLine]:
    start: Start[str] = Start()
    while True:
        found = people.page(wanted, start, size=AT_ONCE)
        yield from found.rows
        if not found.has_next:
            return
        start = Start(after=found.rows[-1].name.casefold())


def _marks(person: PersonLine) -> list[str]:
    marks = {"administrator": person.is_administrator, "disabled": not person.is_active}
    return [word for word, holds in marks.items() if holds]


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
