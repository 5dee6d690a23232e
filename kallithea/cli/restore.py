"""backup-restore: everything into a place where nothing is, or one repository into a running instance."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from kallithea.cli import restored_variables
from kallithea.cli.backup import chosen_backup, folder_option, optional_config
from kallithea.cli.instance import command_name, opened
from kallithea.cli.progress import ShownProgress
from kallithea.config import inifile
from kallithea.config.backups import target_of
from kallithea.config.inifile import load
from kallithea.config.settings import Settings
from kallithea.lib.errors import Invalid
from kallithea.services.backups.copying import restore_file
from kallithea.services.backups.format import BackupBroken, Summary, read_manifest, read_summary
from kallithea.services.backups.one_repository import RestoredRepository, copy_tables, filling
from kallithea.services.backups.restoring import JOURNAL, Restoration


@click.command("backup-restore")
@click.argument("name", required=False)
@click.option("--home", type=click.Path(path_type=Path), help="An empty folder for the whole instance, with its ini file.")
@click.option("--everything", is_flag=True, help="Restore everything into the instance of the ini file.")
@click.option("--repository", metavar="PATH", help="Restore this repository alone, into the running instance of the ini file.")
@click.option("--as", "as_path", metavar="PATH", help="Where that repository shall be; where it was if left out.")
@click.option("--owner", help="Whose it shall be if its owner is gone; the first administrator if left out.")
@click.option("--overwrite", is_flag=True, help="Put repositories aside that are there, and drop what is in the database.")
@folder_option
@optional_config
def backup_restore(
    *,
    name: str | None,
    home: Path | None,
    everything: bool,
    repository: str | None,
    as_path: str | None,
    owner: str | None,
    overwrite: bool,
    folder: Path | None,
    config_file: Path | None,
) -> None:
    """Restore everything of a backup into a place where nothing is, or one repository into a running instance.

    NAME is one of backup-list, or the path of a backup; the newest one if left out. Cut off, it goes on when it is run again.
    """
    if bool(home) + bool(repository) + everything != 1:
        raise click.UsageError("Say one of --home, --everything and --repository.")
    if not home and config_file is None:
        raise click.UsageError("Name the ini file of the instance with -c.")
    settings = load(config_file).settings() if config_file else None
    backup = chosen_backup(settings, folder, name).folder
    progress = ShownProgress()
    if repository is not None and config_file is not None:
        _restore_repository(backup, repository, config_file, progress, as_path=as_path, owner=owner)
        return
    if home is not None:
        summary, ini_file = _restore_home(backup, home.absolute(), progress)
    else:
        assert settings is not None
        summary, ini_file = _restore(backup, settings, progress, overwrite=overwrite), Path(settings.ini_file)
    progress.end()
    said = f"Restored {len(summary.repositories)} repositories and the database as of {summary.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    click.echo(f"{said}. Next: gearbox serve -c {ini_file}")
    if home is not None and (variables := home / restored_variables.ENVIRONMENT).exists():
        click.echo(f"It needs the variables in {variables}, which holds their names, and the folder beside it their values.")


def tell_what_is_missing(restored: RestoredRepository) -> None:
    """Say what did not come back, a line for each."""
    for gone in restored.left_out:
        click.echo(f"not there any more, and so without its access: {gone}", err=True)
    for opener in restored.to_make_again:
        click.echo(f"to be made again, as it does not come back: {opener}", err=True)


def _restore_repository(
    backup: Path, path: str, config_file: Path, progress: ShownProgress, *, as_path: str | None, owner: str | None
) -> None:
    summary = read_summary(backup)
    saved = summary.repository(path)
    progress.begin("restoring the repository")
    with opened(config_file) as app, tempfile.TemporaryDirectory(prefix="kallithea-") as scratch:
        tables = Path(scratch) / "tables"
        copy_tables(backup, summary, tables)
        with (
            app.vault.taken_in(filling(backup, saved, tell=progress.tell)) as location,
            app.system_scope(command_name()) as scope,
        ):
            user = scope.accounts.by_name(owner) if owner else scope.accounts.first_administrator()
            restored = scope.repository_return.bring_back(
                saved.id, tables, location=location, path=as_path or saved.path, heir=user
            )
    progress.end()
    click.echo(f"Restored {restored.path} as of {summary.taken_at:%Y-%m-%d %H:%M:%S} UTC, with its grants and its ledger.")
    tell_what_is_missing(restored)


def _restore(
    backup: Path, settings: Settings, progress: ShownProgress, *, overwrite: bool, settle: Callable[[], None] = lambda: None
) -> Summary:
    with target_of(settings) as target:
        return Restoration(backup, target, progress=progress, overwrite=overwrite, settle=settle).run()


def _restore_home(backup: Path, home: Path, progress: ShownProgress) -> tuple[Summary, Path]:
    """Restore into an empty folder; the ini file gets its name when all else is there. Raises Invalid for a folder in use."""
    summary = read_summary(backup)
    part = summary.settings
    if part is None:
        raise BackupBroken("There is no ini file in this backup.")
    entries = read_manifest(backup, part)
    entry = next(entry for entry in entries if entry.path == Path(summary.ini_file).name)
    written, draft = home / entry.path, home / f".{entry.path}.restoring"
    is_begun = (home / "repos" / JOURNAL).is_file()
    if not is_begun:
        _check_home(home, draft.name)
        draft.unlink(missing_ok=True)
    (home / "repos").mkdir(parents=True, exist_ok=True, mode=0o700)
    environ = {**restored_variables.put(backup / part.folder, entries, home), **os.environ}
    if not (is_begun and (draft.exists() or written.exists())):
        restore_file(backup / part.folder, draft, entry, tell=lambda _size: None)
        _move_in(draft, environ)
    settings = load(draft if draft.exists() else written).settings(environ)

    def settle() -> None:
        if draft.exists():
            draft.rename(written)

    return _restore(backup, settings, progress, overwrite=False, settle=settle), written


def _check_home(home: Path, draft: str) -> None:
    """Raises Invalid for a folder that holds more than a restoration that was cut off at its very beginning."""
    if home.exists() and not home.is_dir():
        raise Invalid(f"{home} is no folder.")
    allowed = {draft, *restored_variables.PLACES, "repos", "kallithea.db", "kallithea.db-wal", "kallithea.db-shm"}
    if home.is_dir() and any(path.name not in allowed for path in home.iterdir()):
        raise Invalid(f"{home} is not empty; nothing was changed.", hint="Name a folder that is empty or missing.")


def _move_in(ini_file: Path, environ: Mapping[str, str]) -> None:
    """Let an ini file name places beside itself. A database that is not a file stays the one that it is."""
    inifile.set_value(ini_file, "repos_path", "%(here)s/repos")
    inifile.set_value(ini_file, "cache_dir", "%(here)s/cache")
    if make_url(load(ini_file).settings(environ).sqlalchemy_url).get_backend_name() == "sqlite":
        inifile.set_value(ini_file, "sqlalchemy.url", "sqlite:///%(here)s/kallithea.db")
