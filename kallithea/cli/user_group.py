"""Commands on groups of users."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.services.access.grants import UserGroupGrant
from kallithea.services.keysets import Start
from kallithea.services.scope import Scope
from kallithea.services.user_groups import AboutUserGroup

AT_ONCE = 500
"""Lines that a list reads at once."""


@click.command("user-group-create")
@click.argument("group")
@click.option("--description", default="", help="What it is for.")
@click.option("--owner", help="User name of who adds and removes members; the first administrator if left out.")
@click.option("--inactive", is_flag=True, help="What is granted to it does not count yet.")
@config_option
def user_group_create(group: str, description: str, owner: str | None, inactive: bool, config_file: Path) -> None:
    """Create the group of users GROUP."""
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(owner) if owner else scope.accounts.first_administrator()
        row = scope.user_groups.create(AboutUserGroup(group, description, not inactive), owner=user)
    click.echo(f"Created the group of users {row.name}, owned by {user.name}.")


@click.command("user-group-delete")
@click.argument("group")
@config_option
def user_group_delete(group: str, config_file: Path) -> None:
    """Delete the group of users GROUP, with what was granted to it."""
    with system_scope(config_file) as scope:
        grant = _grant(scope, group)
        for reach in scope.user_groups.reach(grant):
            may = f"{reach.access.word}{', create' if reach.may_create else ''}"
            click.echo(f"lost: {may} on {reach.path or '/'}")
        scope.user_groups.delete(grant)
    click.echo(f"Deleted the group of users {grant.target.name}.")


@click.command("user-group-add")
@click.argument("group")
@click.argument("users", nargs=-1, required=True)
@config_option
def user_group_add(group: str, users: Sequence[str], config_file: Path) -> None:
    """Let USERS belong to the group GROUP."""
    with system_scope(config_file) as scope:
        grant = _grant(scope, group)
        added = scope.user_groups.add(grant, users)
    click.echo(f"Added to {grant.target.name}: {', '.join(added) or 'nobody new'}.")


@click.command("user-group-remove")
@click.argument("group")
@click.argument("users", nargs=-1, required=True)
@config_option
def user_group_remove(group: str, users: Sequence[str], config_file: Path) -> None:
    """Let USERS belong to the group GROUP no more."""
    with system_scope(config_file) as scope:
        grant = _grant(scope, group)
        removed = [scope.user_groups.remove(grant, scope.accounts.by_name(name).id) for name in users]
    click.echo(f"Removed from {grant.target.name}: {', '.join(removed)}.")


@click.command("user-group-list")
@click.argument("group", required=False)
@config_option
def user_group_list(group: str | None, config_file: Path) -> None:
    """List the groups of users, or the members of GROUP."""
    with system_scope(config_file) as scope:
        start: Start[str] | None = Start()
        while start is not None:
            start = _members(scope, _grant(scope, group), start) if group else _groups(scope, start)


def _groups(scope: Scope, start: Start[str]) -> Start[str] | None:
    """Print some groups; where the next ones begin."""
    found = scope.user_groups.page("", start, size=AT_ONCE)
    for line in found.rows:
        state = "" if line.is_active else "  not active"
        click.echo(f"{line.name}  {line.members} {'member' if line.members == 1 else 'members'}  owner {line.owner}{state}")
    return Start(after=found.rows[-1].name.casefold()) if found.has_next else None


def _members(scope: Scope, grant: UserGroupGrant, start: Start[str]) -> Start[str] | None:
    """Print some members; where the next ones begin."""
    found = scope.user_groups.members(grant, "", start, size=AT_ONCE)
    for line in found.rows:
        click.echo(line.name + ("" if line.is_active else "  disabled"))
    return Start(after=found.rows[-1].name.casefold()) if found.has_next else None


def _grant(scope: Scope, name: str) -> UserGroupGrant:
    return scope.access.administer_user_group(scope.user_groups.id_of(name))
