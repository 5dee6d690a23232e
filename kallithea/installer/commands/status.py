"""The options of `status`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.status import as_json, lines, status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("home", type=Path, metavar="HOME", help="the folder of the installation")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> None:
    """Tell what is installed."""
    facts = status(Home.at(arguments.home))
    Progress(sys.stdout).say(as_json(facts) if arguments.json else "\n".join(lines(facts)))
