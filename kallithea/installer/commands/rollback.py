"""The options of `rollback`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kallithea.installer.commands.upgrade import add_restart
from kallithea.installer.kept import Wishes
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.rollback import Rollback


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("home", type=Path, metavar="HOME", help="the folder of the installation")
    add_restart(parser)


def run(arguments: argparse.Namespace) -> None:
    """Go back, or say what would be done."""
    rollback = Rollback(Home.at(arguments.home), Wishes(restart=arguments.restart), Progress(sys.stdout))
    rollback.tell_steps() if arguments.dry_run else rollback.run()
