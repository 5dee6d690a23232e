"""Commands on repositories."""

from __future__ import annotations

from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.services.repositories import NewRepository


@click.command("repo-create")
@click.argument("path")
@click.option("--type", "kind", type=click.Choice(["hg", "git"]), required=True, help="The kind of repository.")
@click.option("--description", default="", help="What it is for.")
@click.option(
    "--private/--public",
    "is_private",
    default=None,
    help="Only for those who are granted access by name, or not; what the site says if left out.",
)
@click.option("--owner", help="User name of the owner; the first administrator if left out.")
@config_option
def repo_create(path: str, kind: str, description: str, is_private: bool | None, owner: str | None, config_file: Path) -> None:
    """Create an empty repository at PATH, such as web/shop, with the groups above it."""
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(owner) if owner else scope.accounts.first_administrator()
        new = NewRepository(path, kind, description, is_private)
        repository = scope.repositories.create(new, owner=user)
        created = repository.namespace.path
    click.echo(f"Created the {kind} repository {created}.")


@click.command("repo-scan")
@config_option
@click.option("--owner", help="User name of the owner of what is found; the first administrator if left out.")
def repo_scan(config_file: Path, owner: str | None) -> None:
    """Adopt the repositories that lie in the folder of repositories and are not known yet.

    Also names repositories whose folder is gone.
    """
    adopted = problems = 0
    with system_scope(config_file) as scope:
        user = scope.accounts.by_name(owner) if owner else scope.accounts.first_administrator()
        for adoption in scope.repositories.adopt_all(owner=user):
            if adoption.problem:
                problems += 1
                click.echo(f"not adopted: {adoption.location} ({adoption.kind}): {adoption.problem}", err=True)
            else:
                adopted += 1
                click.echo(f"adopted: {adoption.location} ({adoption.kind})")
        for path in scope.repositories.missing_on_disk():
            problems += 1
            click.echo(f"missing on disk: {path}", err=True)
    click.echo(f"{adopted} adopted, {problems} {'problem' if problems == 1 else 'problems'}.")
