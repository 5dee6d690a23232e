"""The options of `install`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from kallithea.installer import bundle
from kallithea.installer.install import Answers, Installation, password_from
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress

OPTIONS = {
    "user": "user name of the administrator (admin)",
    "email": "mail address of the administrator",
    "host": "address to listen on (127.0.0.1)",
    "port": "port to listen on (5000)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them. Each can be said in the environment, too; what is secret only there or in a file."""
    parser.add_argument("home", type=Path, metavar="HOME", help="the folder of the installation; made if it is not there")
    for name, text in OPTIONS.items():
        parser.add_argument(f"--{name}", default=os.environ.get(f"KALLITHEA_{name.upper()}"), help=text)
    parser.add_argument(
        "--password-file",
        type=Path,
        default=os.environ.get("KALLITHEA_PASSWORD_FILE"),
        help="file with the administrator's password; or say it in KALLITHEA_PASSWORD. Else one is generated and printed",
    )
    parser.add_argument(
        "--database-file",
        type=Path,
        default=os.environ.get("KALLITHEA_DATABASE_FILE"),
        help="file with a database URL; or say it in KALLITHEA_DATABASE. Else there is a SQLite database in HOME",
    )
    add_build(parser)
    parser.add_argument("--dry-run", action="store_true", help="check everything, and say what would be done")


def add_build(parser: argparse.ArgumentParser) -> None:
    """Declare what install and upgrade have in common."""
    parser.add_argument("--build", action="store_true", help="compile the sources in this file, where there are no wheels")


def run(arguments: argparse.Namespace) -> None:
    """Install, or say what would be done."""
    progress = Progress(sys.stdout)
    installation = Installation(bundle.running(), Home.at(arguments.home), answers(arguments), progress, build=arguments.build)
    installation.tell_steps() if arguments.dry_run else installation.run()


def answers(arguments: argparse.Namespace) -> Answers:
    """What was said in options, the environment and files."""
    return Answers(
        {name: value for name in OPTIONS if (value := getattr(arguments, name))},
        password=_secret(arguments.password_file, "KALLITHEA_PASSWORD"),
        database=_secret(arguments.database_file, "KALLITHEA_DATABASE"),
    )


def _secret(path: Path | None, variable: str) -> str | None:
    return password_from(Path(path)) if path else os.environ.get(variable) or None
