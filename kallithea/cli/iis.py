"""kallithea-cli iis-install: what IIS needs to run Kallithea."""

from __future__ import annotations

import ipaddress
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import click

import kallithea
from kallithea.cli import config_option
from kallithea.config import inifile
from kallithea.config.iis.files import Installation, mount_of, written
from kallithea.lib.errors import ConfigError, Conflict

LOOPBACK = ipaddress.ip_address("127.0.0.1")


@click.command("iis-install")
@config_option
@click.option("--virtualdir", default="/", show_default=True, metavar="PATH", help="The virtual directory in the IIS site.")
@click.option("--force", is_flag=True, help="Replace the files that are there.")
def iis_install(*, config_file: Path, virtualdir: str, force: bool) -> None:
    """Write what IIS needs: web.config files and an ISAPI script.

    They go into the folder iis beside the ini file: iis/http-platform for HttpPlatformHandler, which runs a process beside IIS,
    and iis/isapi for an ISAPI extension inside it. Nothing in IIS is changed.
    """
    ini = inifile.load(config_file)
    settings = ini.settings()
    folder = ini.path.parent / "iis"
    mount = mount_of(virtualdir)
    texts = written(Installation(ini.path, folder, mount, Path(sys.executable), _packages()))
    _write(folder, texts, replace=force)
    click.echo(f"Wrote {', '.join(str(folder / name) for name in texts)}.")
    if not any(not isinstance(entry, str) and LOOPBACK in entry for entry in settings.trusted_proxies):
        click.echo(f"For HttpPlatformHandler, set in {ini.path}: trusted_proxies = 127.0.0.1")
    click.echo("Next: docs/deployment/iis.md says how to add one of the two folders to a site.")


def _write(folder: Path, texts: Mapping[str, str], *, replace: bool) -> None:
    """Write all files or none; one that has another text is somebody's work."""
    for name, text in texts.items():
        path = folder / name
        if path.exists() and not replace and path.read_text(encoding="utf-8") != text:
            raise Conflict(f"{path} exists already and says something else.", hint="--force replaces it.")
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{error.filename} cannot be written: {error.strerror}.") from error


def _packages() -> tuple[Path, ...]:
    """Where this Kallithea, and what it is installed with, is imported from."""
    ours = Path(kallithea.__file__).parents[1]
    return tuple(dict.fromkeys((Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("platlib")), ours)))
