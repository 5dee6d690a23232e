"""Commands on the audit log."""

from __future__ import annotations

from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.cli.spans import span
from kallithea.lib.clock import utc_now


@click.command("audit-prune")
@click.option("--older-than", metavar="N{d,h,m,s}", required=True, help="Only entries of longer ago, such as 400d.")
@config_option
def audit_prune(older_than: str, config_file: Path) -> None:
    """Delete old entries of the audit log; that it was done is written down."""
    horizon = utc_now() - span(older_than)
    with system_scope(config_file) as scope:
        pruned = scope.audit_pruning.prune(horizon)
    click.echo(f"{pruned} {'entry' if pruned == 1 else 'entries'} deleted.")
