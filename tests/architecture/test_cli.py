"""The tables of the command line fit what they describe."""

import subprocess
import sys

import click
import pytest

from kallithea.cli import COMMANDS, EXIT_CODES, LazyGroup
from kallithea.lib import errors


def test_each_kind_of_error_has_an_exit_code() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.KallitheaError)}
    assert set(EXIT_CODES) == kinds


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    command = LazyGroup().get_command(click.Context(click.Command("x")), name)
    assert command is not None
    assert (command.name, command.get_short_help_str(limit=200)) == (name, COMMANDS[name].help)


def test_asking_for_help_imports_no_command() -> None:
    code = "import sys; from kallithea.cli import cli; cli.main(['--help'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"sqlalchemy", "tg", "mercurial", "dulwich", "alembic", "jinja2"}
    assert heavy & set(loaded) == set()
