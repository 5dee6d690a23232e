"""Commands on repository groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.consent import agreed, lines_of, shown_first
from kallithea.cli.instance import command_name, opened, system_scope
from kallithea.lib.errors import NotFound
from kallithea.services.access.grants import AdminGrant, GroupFacts
from kallithea.services.scope import Scope


@click.command("group-create")
@click.argument("path")
@click.option("--description", default="", help="What it is for.")
@click.option("--owner", help="User name of the owner; the first administrator if left out.")
@config_option
def group_create(path: str, description: str, owner: str | None, config_file: Path) -> None:
    """Create the group PATH, such as web/shops, with those above it."""
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(owner) if owner else scope.accounts.first_administrator()
        created = scope.groups.create(path.strip("/"), owner=user, description=description).namespace.path
    click.echo(f"Created the group {created}.")


@click.command("group-rename")
@click.argument("path")
@click.argument("new")
@shown_first
@config_option
def group_rename(*, path: str, new: str, dry_run: bool, ask: bool, config_file: Path) -> None:
    """Give the group PATH, with all that is in it, the path NEW; old addresses lead there."""

    def look(scope: Scope) -> Sequence[str]:
        grant = _grant(scope, path)
        return lines_of(grant, scope.previews.of_doing(grant, lambda: scope.groups.rename(grant, new.strip("/")).text))

    with opened(config_file) as app:
        if not agreed(app, look, dry_run=dry_run, ask=ask):
            return
        with app.system_scope(command_name()) as scope:
            moved = scope.groups.rename(_grant(scope, path), new.strip("/"))
    click.echo(f"The group {path} is {moved} now.")


@click.command("group-delete")
@click.argument("path")
@config_option
def group_delete(path: str, config_file: Path) -> None:
    """Delete the group PATH, in which there must be nothing."""
    with system_scope(config_file) as scope:
        scope.groups.delete(_grant(scope, path))
    click.echo(f"Deleted the group {path}.")


def _grant(scope: Scope, path: str) -> AdminGrant[GroupFacts]:
    located = scope.access.at(path.strip("/"))
    if located is None or located.repository or not path.strip("/"):
        raise NotFound(f"There is no group {path}.")
    return scope.access.administer_group(located)
