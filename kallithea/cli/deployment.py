"""kallithea-cli deployment-create: the configuration of the programs around Kallithea, from the ini file of the instance."""

from __future__ import annotations

import grp
import pwd
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kallithea.cli import config_option
from kallithea.config.deployment import apache, haproxy, nginx, openssh, systemd, varnish
from kallithea.config.deployment.site import Deployment, File, Site
from kallithea.config.deployment.wishes import Wishes, checked_address, checked_path, checked_user, instance_of, site_of
from kallithea.config.inifile import load
from kallithea.config.ssh import forced_command
from kallithea.lib.errors import ConfigError, Conflict

F = TypeVar("F", bound=Callable[..., Any])

PORT = click.IntRange(1, 65535)


@click.group("deployment-create")
def deployment_create() -> None:
    """Write the configuration of Apache, nginx, HAProxy, Varnish, OpenSSH or systemd that fits an ini file.

    It knows from there where Kallithea listens, what the site is called (canonical_url), who serves style sheets. Without
    --output it is only shown.
    """


def site_options(function: F) -> F:
    """The options of everything that visitors talk to."""
    options = (
        click.option("--server-name", help="The host name of the site; else the one in canonical_url."),
        click.option("--prefix", help="The path below which the site is, such as /scm; else the one in canonical_url."),
        click.option("--listen", multiple=True, metavar="ADDRESS", help="Listen on this address only; may be repeated."),
        click.option("--port", type=PORT, help="Listen on this port; else 443 with https, 80 without, or as in canonical_url."),
        click.option("--https/--no-https", default=None, help="Whether the site has https; else as in canonical_url."),
    )
    return _with(options, function)


def tls_options(function: F) -> F:
    """The options of what ends https."""
    options = (
        click.option("--certificate", metavar="FILE", help="The certificate; else where certbot puts it."),
        click.option("--key", metavar="FILE", help="Its key; else where certbot puts it."),
        click.option(
            "--redirect-port",
            type=click.IntRange(0, 65535),
            default=80,
            show_default=True,
            help="Send visitors who come to this port without https over to it; 0: listen to https alone.",
        ),
    )
    return _with(options, function)


def server_option(function: F) -> F:
    """The option of what stands in front of Kallithea's own server."""
    option = click.option(
        "--server",
        "servers",
        multiple=True,
        metavar="HOST:PORT",
        help="Where Kallithea listens; may be repeated for several machines. Else what the ini file says.",
    )
    return _with((option,), function)


def user_options(function: F) -> F:
    """The options of what runs Kallithea itself."""
    options = (
        click.option("--user", help="Who Kallithea runs as; else who owns the ini file."),
        click.option("--group", help="Else the main group of that user."),
        click.option("--python-home", metavar="FOLDER", help="Where Kallithea is installed; else the place of this command."),
    )
    return _with(options, function)


def output_options(function: F) -> F:
    """The options of every program."""
    options = (
        click.option("--output", type=click.Path(path_type=Path), metavar="PATH", help="Write to this file or folder."),
        click.option("--force", is_flag=True, help="Replace files that exist."),
    )
    return _with(options, function)


def _with(options: tuple[Callable[[F], F], ...], function: F) -> F:
    for option in reversed(options):
        function = option(function)
    return function


@deployment_create.command("apache")
@config_option
@site_options
@tls_options
@user_options
@click.option("--script", metavar="FILE", help="The script that mod_wsgi runs; else beside the ini file.")
@output_options
def apache_command(
    *, user: str | None, group: str | None, python_home: str | None, script: str | None, config_file: Path, **options: Any
) -> None:
    """Apache httpd with Kallithea inside (mod_wsgi)."""
    site = _site(config_file, options)
    user, group = _owner(site.instance.ini, user, group)
    made = apache.deployment(
        site,
        user=user,
        group=group,
        python_home=checked_path(Path(python_home or sys.prefix)),
        script=checked_path(Path(script) if script else site.instance.ini.with_suffix(".wsgi")),
    )
    _put_out(made, options)


@deployment_create.command("nginx")
@config_option
@site_options
@tls_options
@server_option
@output_options
def nginx_command(*, config_file: Path, **options: Any) -> None:
    """nginx in front of Kallithea, over HTTP or uWSGI's protocol."""
    _put_out(nginx.deployment(_site(config_file, options)), options)


@deployment_create.command("haproxy")
@config_option
@site_options
@click.option("--certificate", metavar="FILE", help="Certificate and key in one file; else /etc/haproxy/NAME.pem.")
@click.option("--redirect-port", type=click.IntRange(0, 65535), default=80, show_default=True, help="As for nginx.")
@server_option
@click.option("--user", default="haproxy", show_default=True, help="Who HAProxy runs as.")
@click.option("--group", default="haproxy", show_default=True)
@output_options
def haproxy_command(*, user: str, group: str, config_file: Path, **options: Any) -> None:
    """HAProxy in front of Kallithea, on one machine or several."""
    site = _site(config_file, {**options, "default_certificate": "/etc/haproxy/{name}.pem"})
    _put_out(haproxy.deployment(site, user=checked_user(user), group=checked_user(group)), options)


@deployment_create.command("varnish")
@config_option
@site_options
@server_option
@click.option(
    "--in-front",
    multiple=True,
    metavar="ADDRESS",
    default=("127.0.0.1", "::1"),
    show_default=True,
    help="What ends https in front of Varnish, which does not do that itself.",
)
@output_options
def varnish_command(*, in_front: tuple[str, ...], config_file: Path, **options: Any) -> None:
    """Varnish in front of Kallithea, which remembers style sheets and scripts."""
    trusted = [checked_address(text) for text in in_front]
    site, port = _site(config_file, options), options["port"]
    if site.tls:
        # Visitors see the port of what ends https, not the one of Varnish behind it.
        site = _site(config_file, {**options, "port": None})
    _put_out(varnish.deployment(site, port=port, in_front=trusted), options)


@deployment_create.command("systemd")
@config_option
@user_options
@output_options
def systemd_command(*, user: str | None, group: str | None, python_home: str | None, config_file: Path, **options: Any) -> None:
    """Kallithea's own server as a service of systemd, with its socket."""
    instance = instance_of(config_file)
    user, group = _owner(instance.ini, user, group)
    home = checked_path(Path(python_home or sys.prefix))
    _put_out(systemd.deployment(instance, user=user, group=group, python_home=home), options)


@deployment_create.command("ssh")
@config_option
@user_options
@output_options
def ssh_command(*, user: str | None, group: str | None, python_home: str | None, config_file: Path, **options: Any) -> None:
    """OpenSSH in front of Kallithea, and the service behind it (ssh-serve)."""
    instance, settings = instance_of(config_file), load(config_file).settings()
    if not settings.ssh_enabled:
        raise ConfigError("SSH is switched off.", hint="Set ssh_enabled = true in the ini file.")
    user, group = _owner(instance.ini, user, group)
    command, key_file = forced_command(settings), settings.ssh_authorized_keys
    for path in (command.python, command.program, command.socket, *((key_file,) if key_file else ())):
        checked_path(path)
    home = checked_path(Path(python_home or sys.prefix))
    made = openssh.deployment(instance, command=command, key_file=key_file, user=user, group=group, python_home=home)
    _put_out(made, options)


def _site(ini: Path, options: dict[str, Any]) -> Site:
    wishes = Wishes(**{name: value for name, value in options.items() if name in Wishes.__dataclass_fields__})
    return site_of(instance_of(ini), wishes)


def _owner(ini: Path, user: str | None, group: str | None) -> tuple[str, str]:
    """The user and the group that Kallithea runs as: who owns the ini file, which holds its secrets."""
    try:
        account = pwd.getpwnam(user) if user else pwd.getpwuid(ini.stat().st_uid)
    except KeyError:
        account = None
    name = user or (account.pw_name if account else "")
    if not name or (account and account.pw_uid == 0):
        raise ConfigError(
            f"Kallithea must not run as {name or 'nobody known'}, who owns {ini}.",
            hint="Give the folder to a user of its own (chown -R kallithea: …), or say who with --user.",
        )
    if not group:
        group = grp.getgrgid(account.pw_gid).gr_name if account else name
    return checked_user(name), checked_user(group)


def _put_out(made: Deployment, options: dict[str, Any]) -> None:
    output: Path | None = options["output"]
    if output is None:
        _show(made)
        return
    places = _places(made, output)
    for path, _ in places:
        if path.exists() and not options["force"]:
            raise Conflict(f"{path} exists already.", hint="Choose another name, or use --force to replace it.")
    for path, file in places:
        _write(path, file.text)
        click.echo(f"Wrote {path}.")
    click.echo("Next:")
    for number, step in enumerate(made.next_steps, 1):
        click.echo(f"  {number}. {step}")


def _show(made: Deployment) -> None:
    for number, file in enumerate(made.files):
        if number:
            click.echo(f"\n# ---- The next file: {file.path} ----\n")
        click.echo(file.text, nl=False)


def _places(made: Deployment, output: Path) -> list[tuple[Path, File]]:
    """Where each file goes: one that has a place of its own there, the others to the output or into it."""
    main, *others = made.files
    is_folder = output.is_dir()
    folder = output if is_folder else output.parent
    rest = [(file.path if file.path.is_absolute() else folder / file.path, file) for file in others]
    return [(output / main.path if is_folder else output, main), *rest]


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f".{path.name}.part")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
