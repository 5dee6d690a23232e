"""Who may do what with a repository or a group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.consent import agreed, lines_of, shown_first
from kallithea.cli.instance import command_name, opened, system_scope
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound
from kallithea.services.previews import Target
from kallithea.services.scope import Scope


@click.command("access-grant")
@click.argument("path")
@click.argument("principal")
@click.argument("access", type=click.Choice([access.word for access in reversed(Access)]))
@click.option("--may-create", is_flag=True, help="Also let them make repositories and groups directly in this group.")
@shown_first
@config_option
def access_grant(
    *, path: str, principal: str, access: str, may_create: bool, dry_run: bool, ask: bool, config_file: Path
) -> None:
    """Give PRINCIPAL this access on PATH, in place of what it had there; none takes it away.

    PATH is a repository or a group, or / for the top, where only --may-create means something. PRINCIPAL is user:NAME,
    group:NAME, anyone (visitors too) or members (every account).
    """
    level = Access[access.upper()]

    def look(scope: Scope) -> Sequence[str]:
        grant, whom = _grant(scope, path), scope.granting.principal(principal)
        return lines_of(grant, scope.previews.of_grant(grant, whom, level, may_create=may_create))

    with opened(config_file) as app:
        if not agreed(app, look, dry_run=dry_run, ask=ask):
            return
        with app.system_scope(command_name()) as scope:
            scope.granting.give(_grant(scope, path), principal, level, may_create=may_create)
    extra = " and may create" if may_create else ""
    click.echo(f"{principal} now has {level.word}{extra} on {path}.")


@click.command("access-inherit")
@click.argument("path")
@click.argument("inherits", metavar="yes|no", type=click.Choice(["yes", "no"]))
@shown_first
@config_option
def access_inherit(*, path: str, inherits: str, dry_run: bool, ask: bool, config_file: Path) -> None:
    """Say whether what is granted above PATH counts there and below it too.

    PATH is a repository or a group.
    """

    def look(scope: Scope) -> Sequence[str]:
        grant = _grant(scope, path)
        return lines_of(grant, scope.previews.of_inheriting(grant, inherits=inherits == "yes"))

    with opened(config_file) as app:
        if not agreed(app, look, dry_run=dry_run, ask=ask):
            return
        with app.system_scope(command_name()) as scope:
            scope.granting.set_inherits(_grant(scope, path), inherits == "yes")
    click.echo(f"{path} now inherits {'what is granted above it' if inherits == 'yes' else 'nothing'}.")


@click.command("access-repair")
@config_option
def access_repair(config_file: Path) -> None:
    """Put right by what lists are made of what one may see; needed only after something else wrote to the database."""
    with system_scope(config_file) as scope:
        differing = scope.grant_sources.repair() + scope.search_index.repair()
    click.echo(f"{differing:,} entries were wrong or missing, and are right now." if differing else "All is right.")


@click.command("address-clear")
@click.option("--user", "name", help="End the list of this person alone.")
@config_option
def address_clear(name: str | None, config_file: Path) -> None:
    """Let everybody come from anywhere again: ends the lists of addresses, for when they shut people out."""
    with system_scope(config_file) as scope:
        if name:
            user = scope.accounts.by_name(name)
            scope.address_lists.set(user, "", by=scope.actor, origin=scope.credentials.origin)
        else:
            scope.address_lists.clear()
    click.echo(f"{name} has no list of addresses any more." if name else "There are no lists of addresses any more.")


def _grant(scope: Scope, path: str) -> Target:
    """Raises NotFound."""
    located = scope.access.root() if path == "/" else scope.access.locate_path(path.strip("/"))
    if located is None:
        raise NotFound(f"There is no repository or group {path}.")
    return scope.access.administer_repository(located) if located.repository else scope.access.administer_group(located)
