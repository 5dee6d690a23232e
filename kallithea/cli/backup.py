"""Commands that make, list and check backups."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from kallithea.cli import config_option
from kallithea.cli.instance import opened
from kallithea.cli.progress import ShownProgress
from kallithea.config.backups import generations_of, scratch_target, scratch_vault, source_of
from kallithea.config.inifile import load
from kallithea.config.settings import Settings
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import Invalid, Unavailable
from kallithea.services.backups.creating import Creation
from kallithea.services.backups.drill import Drill
from kallithea.services.backups.format import Summary, read_summary
from kallithea.services.backups.generations import SCRATCH, Generation, Generations
from kallithea.services.backups.verifying import Verification, deep_problems

F = TypeVar("F", bound=Callable[..., Any])


def folder_option(function: F) -> F:
    """The option `--folder`, in place of what the ini file says."""
    text = "The folder with the backups; backup_path of the ini file if left out."
    return click.option("--folder", type=click.Path(path_type=Path), help=text)(function)


def optional_config(function: F) -> F:
    """The option `-c` of commands that work without an ini file too, when everything else is lost."""
    text = "The ini file of the instance; not needed where a folder is named."
    names = ("-c", "--config_file", "--config-file", "config_file")
    return click.option(*names, type=click.Path(path_type=Path), help=text)(function)


@click.command("backup-create")
@folder_option
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Remove all but the newest N backups afterwards.")
@click.option("--anew", is_flag=True, help="Copy everything, and share nothing with the backup before.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@config_option
def backup_create(*, folder: Path | None, keep: int | None, anew: bool, as_json: bool, config_file: Path) -> None:
    """Make a backup of database, repositories and settings while people go on working."""
    progress = ShownProgress()
    with opened(config_file) as app:
        source = source_of(app.settings, app.engine, app.vault, app.clock)
        creation = Creation(source, generations_of(app.settings, folder), progress=progress, anew=anew)
        created = creation.run(keep=keep)
    progress.end()
    summary = created.generation.summary
    assert summary is not None
    if as_json:
        more = {"copied": created.copied, "pruned": created.pruned, "missing": summary.missing}
        click.echo(json.dumps({**_facts(created.generation), **more}))
    else:
        click.echo(f"Made the backup {created.generation.folder}: {_told(summary)}, {created.copied:,} bytes of it new.")
        for name in created.pruned:
            click.echo(f"removed: {name}")
        for path in summary.missing:
            click.echo(f"missing on disk: {path}", err=True)
    if summary.missing:
        raise Unavailable(f"{len(summary.missing)} repositories are not on the disk, and not in the backup.")


@click.command("backup-drill")
@folder_option
@config_option
def backup_drill(*, folder: Path | None, config_file: Path) -> None:
    """Restore the newest backup into a scratch folder, and compare every head."""
    settings = load(config_file).settings()
    progress = ShownProgress()
    open_vault = partial(scratch_vault, settings)
    result = Drill(generations_of(settings, folder), scratch_target, open_vault, utc_now, progress).run()
    progress.end()
    if result.problems:
        raise Unavailable("\n  ".join((f"The backup {result.backup} could not be restored:", *result.problems)))
    click.echo(f"{result.backup} was restored: {result.repositories} repositories, every head as it was.")


@click.command("backup-list")
@folder_option
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@optional_config
def backup_list(*, folder: Path | None, as_json: bool, config_file: Path | None) -> None:
    """List the backups that are there."""
    found = _generations(config_file, folder).all()
    if as_json:
        click.echo(json.dumps([_facts(generation) for generation in found]))
        return
    for generation in found:
        said = _told(generation.summary) if generation.summary else f"broken: {generation.problem}"
        click.echo(f"{generation.name}  {said}")


@click.command("backup-verify")
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Every backup; the newest one if neither this nor a NAME is given.")
@click.option("--deep", is_flag=True, help="Let git and hg check every repository, too, and compare with the record of pushes.")
@folder_option
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@optional_config
def backup_verify(
    *, name: str | None, everything: bool, deep: bool, folder: Path | None, as_json: bool, config_file: Path | None
) -> None:
    """Check every byte of backups; the exit code says whether all are sound.

    NAME is one of backup-list, or the path of a backup.
    """
    if name and everything:
        raise click.UsageError("Name a backup, or say --all.")
    settings = load(config_file).settings() if config_file else None
    chosen = _generations(config_file, folder).all() if everything else (chosen_backup(settings, folder, name),)
    progress = ShownProgress()
    verification = Verification(progress=progress)
    found: dict[str, list[str]] = {}
    for generation in chosen:
        problems = found[generation.name] = list(verification.problems(generation.folder))
        if deep and not problems:
            problems += _deep(settings, generation.folder, progress)
    progress.end()
    _tell(found, as_json)


def chosen_backup(settings: Settings | None, folder: Path | None, name: str | None) -> Generation:
    """The backup of a name, at a path, or the newest one. Raises NotFound."""
    if name and "/" in name:
        place = Path(name).absolute()
        return Generation(place.name, place, read_summary(place))
    return _folder(settings, folder).find(name)


def _tell(found: dict[str, list[str]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([{"name": name, "problems": problems} for name, problems in found.items()]))
    else:
        for name, problems in found.items():
            click.echo("\n  ".join((f"{name}: {'broken' if problems else 'sound'}", *problems)))
    if broken := sum(bool(problems) for problems in found.values()):
        raise Unavailable(f"{broken} of {len(found)} backups {'is' if broken == 1 else 'are'} not sound.")


def _deep(settings: Settings | None, backup: Path, progress: ShownProgress) -> Iterator[str]:
    """What git and hg say. They look at second names beside the backup, so no backup is made meanwhile."""
    with Generations(backup.parent).held(), tempfile.TemporaryDirectory(prefix=SCRATCH, dir=backup.parent) as scratch:
        open_vault = partial(scratch_vault, settings)
        yield from deep_problems(backup, read_summary(backup), Path(scratch), open_vault, progress)


def _generations(config_file: Path | None, folder: Path | None) -> Generations:
    return _folder(load(config_file).settings() if config_file else None, folder)


def _folder(settings: Settings | None, folder: Path | None) -> Generations:
    if settings is not None:
        return generations_of(settings, folder)
    if folder is None:
        raise Invalid("It is not known where backups lie.", hint="Name the ini file with -c, or a folder with --folder.")
    return Generations(folder.absolute())


def _facts(generation: Generation) -> dict[str, Any]:
    summary = generation.summary
    if summary is None:
        return {"name": generation.name, "folder": str(generation.folder), "problem": generation.problem}
    return {
        "name": generation.name,
        "folder": str(generation.folder),
        "taken_at": summary.taken_at.isoformat(),
        "release": summary.release,
        "engine": summary.engine,
        "repositories": len(summary.repositories),
        "files": sum(part.files for part in summary.parts),
        "bytes": sum(part.size for part in summary.parts),
    }


def _told(summary: Summary) -> str:
    size = sum(part.size for part in summary.parts)
    files = sum(part.files for part in summary.parts)
    number = len(summary.repositories)
    return f"{number} {'repository' if number == 1 else 'repositories'}, {files:,} files, {size:,} bytes"
