"""kallithea-cli: the commands of an administrator. A command is one row of COMMANDS and one function in the module it names."""

import importlib
import logging
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

import kallithea
from kallithea.cli.encoding import ensure_utf8
from kallithea.lib import errors

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Row:
    """Where a command is, and what the list of commands says about it; the module is imported when the command is used."""

    target: str
    help: str
    hidden: bool = False


COMMANDS: Mapping[str, Row] = {
    "access-grant": Row(
        "kallithea.cli.access:access_grant",
        "Give PRINCIPAL this access on PATH, in place of what it had there; none takes it away.",
    ),
    "access-inherit": Row(
        "kallithea.cli.access:access_inherit", "Say whether what is granted above PATH counts there and below it too."
    ),
    "address-clear": Row(
        "kallithea.cli.access:address_clear",
        "Let everybody come from anywhere again: ends the lists of addresses, for when they shut people out.",
    ),
    "celery-run": Row("kallithea.cli.jobs:celery_run", "Do the background jobs with Celery, where use_celery is set."),
    "config-create": Row("kallithea.cli.config:config_create", "Write a new ini file."),
    "db-create": Row("kallithea.cli.db:db_create", "Create the database of an ini file and its first administrator."),
    "deployment-create": Row(
        "kallithea.cli.deployment:deployment_create",
        "Write the configuration of Apache, nginx, HAProxy, Varnish or systemd that fits an ini file.",
    ),
    "front-end-build": Row("kallithea.cli.front_end:front_end_build", "Build the style sheets and scripts of the pages."),
    "group-create": Row("kallithea.cli.group:group_create", "Create the group PATH, such as web/shops, with those above it."),
    "group-delete": Row("kallithea.cli.group:group_delete", "Delete the group PATH, in which there must be nothing."),
    "group-rename": Row(
        "kallithea.cli.group:group_rename",
        "Give the group PATH, with all that is in it, the path NEW; old addresses lead there.",
    ),
    "iis-install": Row("kallithea.cli.iis:iis_install", "Write what IIS needs: web.config files and an ISAPI script."),
    "instance-create": Row("kallithea.cli.serve:instance_create", "Make a folder with a ready instance.", hidden=True),
    "job-list": Row(
        "kallithea.cli.jobs:job_list", "Show the background jobs: what runs, waits, failed, and when each was last done."
    ),
    "job-retry": Row("kallithea.cli.jobs:job_retry", "Have background jobs tried now, whatever became of them."),
    "repo-create": Row(
        "kallithea.cli.repo:repo_create", "Create an empty repository at PATH, such as web/shop, with the groups above it."
    ),
    "repo-list-deleted": Row(
        "kallithea.cli.maintenance:repo_list_deleted", "List the deleted repositories that can be restored or purged."
    ),
    "repo-maintain": Row(
        "kallithea.cli.maintenance:repo_maintain",
        "Keep repositories fast and small, now; the server does so by itself after pushes.",
    ),
    "repo-purge-deleted": Row("kallithea.cli.maintenance:repo_purge_deleted", "Remove deleted repositories for good."),
    "repo-restore-deleted": Row(
        "kallithea.cli.maintenance:repo_restore_deleted",
        "Serve the deleted repository NAME again, as it is listed or by its former path; private until its owner shares it.",
    ),
    "repo-verify": Row(
        "kallithea.cli.maintenance:repo_verify",
        "Check every object of repositories; the exit code says whether all are sound.",
    ),
    "repo-scan": Row(
        "kallithea.cli.repo:repo_scan", "Adopt the repositories that lie in the folder of repositories and are not known yet."
    ),
    "user-create": Row("kallithea.cli.user:user_create", "Create the account NAME."),
}

# What a command ends with; 1 and 2 are click's own (interrupted, wrong usage).
EXIT_CODES: Mapping[type[errors.KallitheaError], int] = {
    errors.KallitheaError: 3,
    errors.Invalid: 4,
    errors.NotFound: 5,
    errors.Conflict: 6,
    errors.Forbidden: 7,
    errors.Unauthenticated: 8,
    errors.TooLarge: 9,
    errors.Unavailable: 10,
    errors.ConfigError: 11,
    errors.TooManyAttempts: 12,
}
EXIT_DEFECT = 70


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports only the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if not (row := COMMANDS.get(cmd_name)):
            return None
        module, _, function = row.target.partition(":")
        command = getattr(importlib.import_module(module), function)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in sorted(COMMANDS.items()) if not row.hidden])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(kallithea.__version__, prog_name="Kallithea", message="%(prog)s %(version)s")
def cli() -> None:
    """Manage a Kallithea server."""


def config_option(function: F) -> F:
    """Give a command the option `-c`; it gets the path of the ini file as `config_file`."""
    option = click.option(
        "-c",
        "--config_file",
        "--config-file",
        "config_file",
        required=True,
        type=click.Path(path_type=Path),
        help="The ini file of the instance.",
    )
    return option(function)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command; ends the process with 0, or with the exit code of what went wrong."""
    if arguments is None:
        ensure_utf8()
    try:
        cli.main(args=None if arguments is None else list(arguments), prog_name="kallithea-cli")
    except errors.KallitheaError as error:
        _tell(error)
        sys.exit(exit_code(error))
    # The outermost net of the command line: what arrives here is a defect, or a machine that does not work.
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("incident %s: %s", incident, " ".join(_safe_arguments()))
        click.echo(f"error: something went wrong that should not (incident {incident}).", err=True)
        click.echo("hint: The log above says more; please report it.", err=True)
        sys.exit(EXIT_DEFECT)
    sys.exit(0)


def exit_code(error: errors.KallitheaError) -> int:
    """The exit code of the nearest class in the table."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def _tell(error: errors.KallitheaError) -> None:
    click.echo(f"error: {error.message}", err=True)
    if isinstance(error, errors.Invalid):
        for field, reason in error.fields.items():
            click.echo(f"  {field}: {reason}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)


def _safe_arguments() -> list[str]:
    """The program and the command, without the options: they may hold passwords."""
    return [os.path.basename(sys.argv[0]), *(argument for argument in sys.argv[1:2] if argument in COMMANDS)]  # noqa: PTH119 - no path is meant
