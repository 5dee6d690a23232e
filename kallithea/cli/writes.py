"""kallithea-cli writes-pause and writes-resume: changes of an instance wait, on every process of every server."""

from __future__ import annotations

from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.config import inifile
from kallithea.lib.pausing import LONGEST, WriteGate


@click.command("writes-pause")
@config_option
@click.option(
    "--for",
    "seconds",
    type=click.IntRange(1, LONGEST),
    default=600,
    show_default=True,
    help="Seconds after which it ends by itself.",
)
@click.option("--why", default="", help="What people are told, such as: an upgrade is under way.")
@click.option(
    "--drain",
    type=click.IntRange(0, LONGEST),
    default=300,
    show_default=True,
    help="Seconds that pushes under way get; if they need more, nothing is paused.",
)
def writes_pause(config_file: Path, seconds: int, why: str, drain: int) -> None:
    """Let pushes and other changes wait while reading goes on, as for an upgrade; it ends by itself.

    Comes back when those under way are made. Clients wait for pause_patience seconds and are then told to come again.
    """
    _gate(config_file).close(seconds, " ".join(why.split())[:100], drain=drain)
    click.echo(f"Pushes and other changes wait, for {seconds} s at most; writes-resume lets them go on.")


@click.command("writes-resume")
@config_option
def writes_resume(config_file: Path) -> None:
    """Let pushes and other changes go on."""
    was_paused = _gate(config_file).open()
    click.echo("Pushes and other changes go on." if was_paused else "Nothing was paused.")


def _gate(config_file: Path) -> WriteGate:
    # Of the database nothing is asked: it may be the one of another release just now.
    return WriteGate(inifile.load(config_file).settings().repos_path, patience=0, places=1)
