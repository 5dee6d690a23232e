"""The options of `uninstall`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.steps import tell_steps
from kallithea.installer.uninstall import Removal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("home", type=Path, metavar="HOME", help="the folder of the installation")
    parser.add_argument("--with-data", action="store_true", help="remove database, repositories and settings, too, for good")
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed")


def run(arguments: argparse.Namespace) -> None:
    """Remove, or say what would be removed."""
    progress = Progress(sys.stdout)
    home = Home.at(arguments.home)
    removal = Removal(home, progress, with_data=arguments.with_data)
    if arguments.dry_run:
        removal.check()
        tell_steps(removal.steps(), progress)
        return
    removal.run()
    if home.data.exists():
        progress.say(f"The data are still in {home.data}.")
