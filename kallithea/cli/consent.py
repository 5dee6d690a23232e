"""Who gains and who loses by a command, said before it changes anything: with --dry-run, and to whoever sits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from kallithea.cli.instance import command_name
from kallithea.config.app import App
from kallithea.services.access.grants import GroupFacts
from kallithea.services.previews import MOST_PEOPLE, Preview, Target, words_of
from kallithea.services.scope import Scope

GAINS, LOSES = "Who gains:", "Who loses:"

F = TypeVar("F", bound=Callable[..., Any])


def shown_first(command: F) -> F:
    """The options `dry_run` and `ask`, for a command that hands them to `agreed`."""
    asking = click.option("--ask/--no-ask", default=True, help="Whether to ask at a terminal, where somebody gains or loses.")
    trying = click.option("--dry-run", is_flag=True, help="Only say who would gain and who would lose.")
    return trying(asking(command))


def sits_there() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def agreed(app: App, look: Callable[[Scope], Sequence[str]], *, dry_run: bool, ask: bool) -> bool:
    """Whether to go on, which without a terminal needs no question. Whoever says no ends the command (click.Abort).

    `look` says in lines who gains and who loses, none where nobody does. It has a unit of work of its own that changes nothing,
    whatever it does: pushes must not wait for an answer.
    """
    if not dry_run and not (ask and sits_there()):
        return True
    with app.system_scope(command_name()) as scope:
        scope.abandoned = True
        lines = look(scope)
    for line in lines or ["Nobody gains or loses anything."]:
        click.echo(line)
    if dry_run:
        click.echo("Nothing was changed.")
        return False
    if lines:
        click.confirm("Make this change?", abort=True)
    return True


def lines_of(target: Target, preview: Preview) -> Sequence[str]:
    """What a preview says; nothing where nobody is concerned."""
    lines = []
    for gains, title in ((True, GAINS), (False, LOSES)):
        if found := [change for change in preview.changes if change.gains is gains]:
            lines += [title, *(f"  {one.name}: {words_of(one.before)}, then {words_of(one.after)}" for one in found)]
    if lines and isinstance(target.target, GroupFacts):
        lines.append("The same holds for what is in the group and inherits from it.")
    if preview.is_bounded:
        lines.append(f"More than {MOST_PEOPLE:,} people are concerned; not all of them were looked at.")
    return lines
