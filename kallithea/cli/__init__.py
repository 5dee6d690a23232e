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
    "access-repair": Row(
        "kallithea.cli.access:access_repair",
        "Put right by what lists are made of what one may see; needed only after something else wrote to the database.",
    ),
    "address-clear": Row(
        "kallithea.cli.access:address_clear",
        "Let everybody come from anywhere again: ends the lists of addresses, for when they shut people out.",
    ),
    "audit-prune": Row(
        "kallithea.cli.audit:audit_prune", "Delete old entries of the audit log; that it was done is written down."
    ),
    "backup-create": Row(
        "kallithea.cli.backup:backup_create",
        "Make a backup of database, repositories and settings while people go on working.",
    ),
    "backup-drill": Row(
        "kallithea.cli.backup:backup_drill", "Restore the newest backup into a scratch folder, and compare every head."
    ),
    "backup-list": Row("kallithea.cli.backup:backup_list", "List the backups that are there."),
    "backup-restore": Row(
        "kallithea.cli.restore:backup_restore",
        "Restore everything of a backup into a place where nothing is, or one repository into a running instance.",
    ),
    "backup-verify": Row(
        "kallithea.cli.backup:backup_verify", "Check every byte of backups; the exit code says whether all are sound."
    ),
    "celery-run": Row("kallithea.cli.jobs:celery_run", "Do the background jobs with Celery, where use_celery is set."),
    "config-check": Row(
        "kallithea.cli.config_check:config_check",
        "Show where an ini file differs from the settings of this release; --merge brings it up to date.",
    ),
    "config-create": Row("kallithea.cli.config:config_create", "Write a new ini file."),
    "db-create": Row("kallithea.cli.db:db_create", "Create the database of an ini file and its first administrator."),
    "db-rehearse": Row(
        "kallithea.cli.migrations:db_rehearse",
        "Try db-upgrade on a copy of the database, tell how long it takes, and remove the copy.",
    ),
    "db-snapshot": Row(
        "kallithea.cli.migrations:db_snapshot",
        "Write a copy of a SQLite database to FILE while it is served, or put the database back to it.",
    ),
    "db-upgrade": Row(
        "kallithea.cli.migrations:db_upgrade",
        "Bring the database to the tables of this release; the release before still runs on them.",
    ),
    "deployment-create": Row(
        "kallithea.cli.deployment:deployment_create",
        "Write the configuration of Apache, nginx, HAProxy, Varnish, OpenSSH or systemd that fits an ini file.",
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
    "mail-test": Row("kallithea.cli.mail:mail_test", "Send a test mail to ADDRESS, now."),
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
        "Serve the deleted repository NAME again, as it is listed or by its former path: with its rights and pushes.",
    ),
    "repo-verify": Row(
        "kallithea.cli.maintenance:repo_verify",
        "Check every object of repositories; the exit code says whether all are sound.",
    ),
    "repo-scan": Row(
        "kallithea.cli.repo:repo_scan", "Adopt the repositories that lie in the folder of repositories and are not known yet."
    ),
    "self-check": Row(
        "kallithea.cli.self_check:self_check",
        "Try the instance as a user, as an attacker, and as a machine; it cleans up after itself.",
    ),
    "token-create": Row("kallithea.cli.tokens:token_create", "Make an access token of USER and print it, this once."),
    "token-list": Row(
        "kallithea.cli.tokens:token_list",
        "List the access tokens of everybody, or of USER: what they may do, until when, and when they were last used.",
    ),
    "token-revoke": Row("kallithea.cli.tokens:token_revoke", "Revoke the access token with this NUMBER, as token-list has it."),
    "signing-key-add": Row(
        "kallithea.cli.signing_keys:signing_key_add",
        "Verify what the account NAME signs by the public key or certificate in FILE.",
    ),
    "signing-key-delete": Row(
        "kallithea.cli.signing_keys:signing_key_delete",
        "Take a signing key away from the account NAME; what was signed with it is not verified any more.",
    ),
    "signing-key-list": Row(
        "kallithea.cli.signing_keys:signing_key_list",
        "Show the signing keys of the account NAME, and the addresses that each signs for.",
    ),
    "ssh-key-add": Row("kallithea.cli.ssh:ssh_key_add", "Let the account NAME in with the public SSH key in FILE."),
    "ssh-key-delete": Row("kallithea.cli.ssh:ssh_key_delete", "Take an SSH key away from the account NAME."),
    "ssh-key-list": Row("kallithea.cli.ssh:ssh_key_list", "Show the SSH keys of the account NAME."),
    "ssh-serve": Row("kallithea.cli.ssh:ssh_serve", "Serve hg and git clients that come through OpenSSH."),
    "ssh-update-authorized-keys": Row(
        "kallithea.cli.ssh:ssh_update_authorized_keys",
        "Write the file ssh_authorized_keys anew; each change of a key does so by itself.",
    ),
    "user-create": Row("kallithea.cli.user:user_create", "Create the account NAME."),
    "user-delete": Row("kallithea.cli.user:user_delete", "Delete the account NAME; what it owns goes to somebody else first."),
    "user-disable": Row("kallithea.cli.user:user_disable", "Disable the account NAME and sign it out everywhere."),
    "user-enable": Row("kallithea.cli.user:user_enable", "Enable the account NAME again."),
    "user-group-add": Row("kallithea.cli.user_group:user_group_add", "Let USERS belong to the group GROUP."),
    "user-group-create": Row("kallithea.cli.user_group:user_group_create", "Create the group of users GROUP."),
    "user-group-delete": Row(
        "kallithea.cli.user_group:user_group_delete", "Delete the group of users GROUP, with what was granted to it."
    ),
    "user-group-list": Row("kallithea.cli.user_group:user_group_list", "List the groups of users, or the members of GROUP."),
    "user-group-remove": Row("kallithea.cli.user_group:user_group_remove", "Let USERS belong to the group GROUP no more."),
    "user-invite": Row(
        "kallithea.cli.invitation:user_invite",
        "Mail EMAIL a link with which somebody makes an own account; one that was mailed before works no more.",
    ),
    "user-invitation-list": Row(
        "kallithea.cli.invitation:user_invitation_list", "List the invitations that nobody accepted yet."
    ),
    "user-invitation-withdraw": Row(
        "kallithea.cli.invitation:user_invitation_withdraw", "Let the link that was mailed to EMAIL work no more."
    ),
    "user-list": Row("kallithea.cli.user:user_list", "List the accounts."),
    "user-password": Row("kallithea.cli.user:user_password", "Set the password of the account NAME, and sign it out."),
    "user-show": Row("kallithea.cli.user:user_show", "Show the account NAME: what it is, and what it owns."),
    "second-factor-demand": Row(
        "kallithea.cli.user:second_factor_demand",
        "Say who has to have a second factor: nobody, administrators or everybody.",
    ),
    "user-reset-second-factor": Row(
        "kallithea.cli.user:user_reset_second_factor",
        "Take app, passkeys and recovery codes from NAME, who lost them, and sign NAME out everywhere.",
    ),
    "writes-pause": Row(
        "kallithea.cli.writes:writes_pause",
        "Let pushes and other changes wait while reading goes on, as for an upgrade; it ends by itself.",
    ),
    "writes-resume": Row("kallithea.cli.writes:writes_resume", "Let pushes and other changes go on."),
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
