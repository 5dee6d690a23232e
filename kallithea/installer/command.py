"""The command line of a bundle: `python3 kallithea-VERSION-PLATFORM.pyz COMMAND HOME`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.installer.errors import Refused, of_the_machine

EXIT_REFUSED = 3


@dataclass(frozen=True)
class Row:
    """A command: its module has `add_arguments(parser)` and `run(arguments)`."""

    module: str
    help: str


COMMANDS: Mapping[str, Row] = {
    "install": Row("kallithea.installer.commands.install", "Install Kallithea into HOME, with a new instance."),
    "status": Row("kallithea.installer.commands.status", "Say what is installed in HOME."),
    "uninstall": Row(
        "kallithea.installer.commands.uninstall", "Remove Kallithea from HOME; the data stay unless told otherwise."
    ),
    "rollback": Row("kallithea.installer.commands.rollback", "Go back to the release before, with all that came since."),
    "upgrade": Row("kallithea.installer.commands.upgrade", "Upgrade what is in HOME to this release, or leave it as it was."),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. What went wrong is one sentence on stderr."""
    try:
        chosen = _parser().parse_args(arguments)
        importlib.import_module(COMMANDS[chosen.command].module).run(chosen)
    except Refused as error:
        return told(error)
    except OSError as error:
        return told(of_the_machine(error))
    except KeyboardInterrupt:
        return told(Refused("Interrupted; everything is as it was."))
    return 0


def told(error: Refused) -> int:
    """Tell a person; the exit code."""
    print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 - this is the command line
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)  # noqa: T201
    return EXIT_REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kallithea", description="Install Kallithea, and look after the installation.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, row in COMMANDS.items():
        own = commands.add_parser(name, help=row.help, description=row.help)
        importlib.import_module(row.module).add_arguments(own)
    return parser
