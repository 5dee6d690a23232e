"""kallithea-cli config-check: an ini file against the settings of this release."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

import kallithea
from kallithea.config import inifile
from kallithea.config.ini_merge import Difference, differences, merged
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import ConfigError


@click.command("config-check")
@click.option("--merge", is_flag=True, help="Bring the file up to date; the old one stays beside it.")
@click.argument("config_file", type=click.Path(dir_okay=False, path_type=Path))
def config_check(*, merge: bool, config_file: Path) -> None:
    """Show where an ini file differs from the settings of this release; --merge brings it up to date.

    Ends with an error where the server would not start with it. Merging renames what was renamed, makes comments of what has
    no effect any more, and adds new keys as comments with their default; comments, order and values stay.
    """
    path = config_file.resolve()
    text = inifile.text_of(path)
    ini = inifile.read_as(path, text)
    found = differences(ini, text)
    for difference in found:
        click.echo(f"{difference.kind.value:8} {difference.name} {difference.text}")
    if merge:
        _merge(path, ini, text)
    elif found:
        click.echo(f"\nkallithea-cli config-check --merge {config_file} brings the file up to date.")
    else:
        click.echo(f"{config_file} fits Kallithea {kallithea.__version__}.")
    _stop_for([difference for difference in found if difference.kind.stops])
    inifile.load(path).settings()


def _merge(path: Path, ini: inifile.IniFile, text: str) -> None:
    after = merged(ini, text)
    if after == text:
        click.echo(f"{path} has nothing to merge.")
        return
    inifile.read_as(path, after)  # whatever could be wrong with it is told before anything is written
    kept = _keep(path, text, utc_now())
    inifile.replace(path, after)
    click.echo(f"Merged {path}; as it was it is {kept.name}.")


def _keep(path: Path, text: str, now: datetime) -> Path:
    """The same text beside the file, under a name that nothing has, for the same people to read."""
    before = path.stat()
    number = 0
    while True:
        kept = path.with_name(f"{path.name}.{now:%Y%m%d-%H%M%S}" + (f"-{number}" if number else ""))
        try:
            handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, before.st_mode & 0o777)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise ConfigError(f"{kept} cannot be written: {error.strerror}.") from error
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return kept


def _stop_for(stopping: list[Difference]) -> None:
    if stopping:
        names = ", ".join(difference.name for difference in stopping)
        raise ConfigError(f"The server does not start with this file: {names}.", hint="Change it there by hand, as said above.")
