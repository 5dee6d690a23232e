"""Who gains and who loses by a command, said before it changes anything: with --dry-run, and to whoever sits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from kallithea.cli.instance import command_name
from kallithea.config.app import App
from kallithea.services.access.grants import GroupFacts
from kallithea.services.previews import MOST_PEOPLE, Preview, Target, words_of
from kallithea.services.scope import Scope

F = TypeVar("F", bound=Callable[..., Any])


def shown_first(command: F) -> F:
    """The options `dry_run` and `ask`, for a command that hands them to `agreed`."""
    asking = click.option("--ask/--no-ask", default=True, help="Whether to ask at a terminal, where somebody gains or loses.")
    trying = click.option("--dry-run", is_flag=True, help="Only say who would gain and who would lose.")
    return trying(asking(command))


def sits_there() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def agreed(app: App, look: Callable[[Scope], tuple[Target, Preview]], *, dry_run: bool, ask: bool) -> bool:
    """Whether to go on, which without a terminal needs no question. Whoever says no ends the command (click.Abort).

    `look` finds out what would change and of what, in a unit of work of its own that changes nothing: pushes must not wait for
    an answer.
    """
    if not dry_run and not (ask and sits_there()):
        return True
    with app.system_scope(command_name()) as scope:
        scope.abandoned = True
        target, preview = look(scope)
    _tell(preview, is_group=isinstance(target.target, GroupFacts))
    if dry_run:
        click.echo("Nothing was changed.")
        return False
    if preview.changes:
        click.confirm("Make this change?", abort=True)
    return True


def _tell(preview: Preview, *, is_group: bool) -> None:
    for gains, title in ((True, "Who gains:"), (False, "Who loses:")):
        if found := [change for change in preview.changes if change.gains is gains]:
            click.echo(title)
            for change in found:
                click.echo(f"  {change.name}: {words_of(change.before)}, then {words_of(change.after)}")
    if not preview.changes:
        click.echo("Nobody gains or loses anything.")
    elif is_group:
        click.echo("The same holds for what is in the group and inherits from it.")
    if preview.is_bounded:
        click.echo(f"More than {MOST_PEOPLE:,} people are concerned; not all of them were looked at.")
