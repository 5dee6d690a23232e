"""Commands that look after repositories: maintaining, checking, and what becomes of deleted ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import command_name, opened
from kallithea.cli.restore import tell_what_is_missing
from kallithea.cli.spans import span
from kallithea.config.app import App
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import KallitheaError, NotFound, Unavailable
from kallithea.lib.vcs import Backend, Discarded, Maintained
from kallithea.services.repositories import Place
from kallithea.services.scope import Scope


@click.command("repo-maintain")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--all", "everything", is_flag=True, help="Every repository.")
@click.option("--thorough", is_flag=True, help="Also what is not needed yet: pack everything anew, fill every cache.")
@click.option("--upgrade", is_flag=True, help="Bring the format of Mercurial repositories up to date; pushes wait meanwhile.")
@config_option
def repo_maintain(*, paths: Sequence[str], everything: bool, thorough: bool, upgrade: bool, config_file: Path) -> None:
    """Keep repositories fast and small, now; the server does so by itself after pushes."""

    def maintain(backend: Backend) -> tuple[str, ...]:
        return _told(backend.keeper.maintain(thorough=thorough, upgrade=upgrade))

    def measure(app: App, place: Place, backend: Backend) -> None:
        size = backend.keeper.size()
        with app.system_scope(command_name()) as scope:
            scope.repositories.measured(place.id, size)

    _for_each(config_file, paths, everything=everything, act=maintain, then=measure, when_nothing="nothing to do")


@click.command("repo-verify")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--all", "everything", is_flag=True, help="Every repository.")
@config_option
def repo_verify(*, paths: Sequence[str], everything: bool, config_file: Path) -> None:
    """Check every object of repositories; the exit code says whether all are sound."""

    def verify(backend: Backend) -> tuple[str, ...]:
        if found := backend.keeper.verify():
            raise Unavailable("\n  ".join(("broken:", *found)))
        return ("sound",)

    _for_each(config_file, paths, everything=everything, act=verify, when_nothing="")


@click.command("repo-list-deleted")
@config_option
def repo_list_deleted(config_file: Path) -> None:
    """List the deleted repositories that can be restored or purged."""
    with opened(config_file) as app:
        for found in app.vault.discarded():
            by = f" by {found.by}" if found.by else ""
            size = f"{app.vault.size_of(found):,} bytes"
            click.echo(f"{found.folder}  {found.path}  deleted {found.at:%Y-%m-%d %H:%M}{by}  {size}")


@click.command("repo-restore-deleted")
@click.argument("name")
@click.option("--path", help="Where it shall be; its former path if left out.")
@click.option("--owner", help="Whose it shall be; who had it if left out, or the first administrator where they are gone.")
@config_option
def repo_restore_deleted(*, name: str, path: str | None, owner: str | None, config_file: Path) -> None:
    """Serve the deleted repository NAME again, as it is listed or by its former path: with its rights and pushes."""
    with opened(config_file) as app, app.system_scope(command_name()) as scope:
        heir, new_owner = scope.accounts.first_administrator(), scope.accounts.by_name(owner) if owner else None
        restored = scope.deleted_repositories.restore(_the_one(scope, name), heir=heir, owner=new_owner, path=path)
    if restored.with_rights:
        click.echo(f"Restored {restored.path}, owned by {restored.owner}, with its rights and its record of pushes.")
    else:
        click.echo(f"Restored {restored.path}, private and owned by {restored.owner}; who had access is not known any more.")
    tell_what_is_missing(restored)


@click.command("repo-purge-deleted")
@click.option("--ask/--no-ask", default=True, help="Whether to ask before each.")
@click.option("--older-than", metavar="N{d,h,m,s}", default="0s", help="Only those deleted longer ago, such as 30d.")
@config_option
def repo_purge_deleted(*, ask: bool, older_than: str, config_file: Path) -> None:
    """Remove deleted repositories for good."""
    horizon = utc_now() - span(older_than)
    purged = 0
    with opened(config_file) as app:
        for found in app.vault.discarded():
            if found.at > horizon:
                continue
            if ask and not click.confirm(f"Remove {found.path}, deleted {found.at:%Y-%m-%d %H:%M}, for good?"):
                continue
            with app.system_scope(command_name()) as scope:
                scope.deleted_repositories.purge(found)
            purged += 1
            click.echo(f"removed: {found.path}")
    click.echo(f"{purged} removed.")


def _for_each(
    config_file: Path,
    paths: Sequence[str],
    *,
    everything: bool,
    act: Callable[[Backend], tuple[str, ...]],
    when_nothing: str,
    then: Callable[[App, Place, Backend], None] | None = None,
) -> None:
    """Do something with repositories, a line each; goes on after one that fails, and tells in the end."""
    failed = 0
    with opened(config_file) as app:
        places = list(_chosen(app, paths, everything=everything))
        for number, place in enumerate(places, start=1):
            try:
                backend = app.vault.open(place.kind, place.location)
                told = "; ".join(act(backend)) or when_nothing
                if then:
                    then(app, place, backend)
            except KallitheaError as error:
                failed += 1
                told = f"error: {error.message}" + (f" {error.hint}" if error.hint else "")
            click.echo(f"[{number}/{len(places)}] {place.path} ({place.kind.value}): {told}")
    click.echo(f"{len(places)} done, {failed} {'problem' if failed == 1 else 'problems'}.")
    if failed:
        raise Unavailable(f"{failed} of {len(places)} repositories have problems.")


def _chosen(app: App, paths: Sequence[str], *, everything: bool) -> Iterator[Place]:
    if bool(paths) == everything:
        raise click.UsageError("Name repositories, or say --all.")
    with app.system_scope(command_name()) as scope:
        if everything:
            yield from scope.repositories.places()
            return
        for path in paths:
            located = scope.access.locate_path(path.strip("/"))
            place = scope.repositories.place_of(located.repository.id) if located and located.repository else None
            if place is None:
                raise NotFound(f"There is no repository {path}.")
            yield place


def _the_one(scope: Scope, name: str) -> Discarded:
    """The deleted repository of this name. Raises NotFound."""
    try:
        return scope.deleted_repositories.named(name)
    except NotFound as error:
        raise NotFound(error.message, hint="kallithea-cli repo-list-deleted shows all of them.") from None


def _told(maintained: Maintained) -> tuple[str, ...]:
    return (*maintained.done, *maintained.offered)
