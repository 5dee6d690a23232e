"""The options of `upgrade`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from kallithea.installer import bundle
from kallithea.installer.commands.install import add_build
from kallithea.installer.kept import Wishes
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.unpacking import Unpacking, check_bundle
from kallithea.installer.upgrade import Upgrade


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("home", type=Path, metavar="HOME", help="the folder of the installation")
    parser.add_argument("--merge", action="store_true", help="bring the ini file up to date with the new settings")
    add_build(parser)
    add_restart(parser)


def add_restart(parser: argparse.ArgumentParser) -> None:
    """Declare what upgrade and rollback have in common."""
    parser.add_argument(
        "--restart",
        metavar="COMMAND",
        default=os.environ.get("KALLITHEA_RESTART"),
        help="what restarts the server; without it systemd or launchd is asked, if it runs the server",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")


def run(arguments: argparse.Namespace) -> None:
    """Upgrade, or say what would be done."""
    progress, home, source = Progress(sys.stdout), Home.at(arguments.home), bundle.running()
    check_bundle(source, build=arguments.build)
    wishes = Wishes(merge=arguments.merge, restart=arguments.restart)
    upgrade = Upgrade(
        home,
        home.release(source.version),
        lambda log: Unpacking(source, home, progress, log).steps(),
        wishes,
        progress,
    )
    upgrade.tell_steps() if arguments.dry_run else upgrade.run()
