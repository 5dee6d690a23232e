"""access-grant: who may do what with a repository or a group."""

from __future__ import annotations

from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound


@click.command("access-grant")
@click.argument("path")
@click.argument("principal")
@click.argument("access", type=click.Choice([access.word for access in reversed(Access)]))
@click.option("--may-create", is_flag=True, help="Also let them make repositories and groups directly in this group.")
@config_option
def access_grant(path: str, principal: str, access: str, may_create: bool, config_file: Path) -> None:
    """Give PRINCIPAL this access on PATH, in place of what it had there; none takes it away.

    PATH is a repository or a group, or / for the top, where only --may-create means something. PRINCIPAL is user:NAME,
    group:NAME, anyone (visitors too) or members (every account).
    """
    level = Access[access.upper()]
    with system_scope(config_file) as scope:
        located = scope.access.root() if path == "/" else scope.access.locate_path(path.strip("/"))
        if located is None:
            raise NotFound(f"There is no repository or group {path}.")
        grant = scope.access.administer_repository(located) if located.repository else scope.access.administer_group(located)
        scope.granting.give(grant, principal, level, may_create=may_create)
    extra = " and may create" if may_create else ""
    click.echo(f"{principal} now has {level.word}{extra} on {path}.")
