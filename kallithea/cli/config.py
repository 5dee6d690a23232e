"""kallithea-cli config-create: a new ini file with secrets of its own."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import click

from kallithea.config import inifile
from kallithea.config.settings import check_names
from kallithea.config.template import DATABASES, SERVERS, stored_template
from kallithea.lib.errors import ConfigError, Conflict

DEFAULTS: Mapping[str, str] = {"http_server": "waitress", "database_engine": "sqlite", "host": "127.0.0.1", "port": "5000"}


@dataclass(frozen=True, slots=True)
class Change:
    """One `key = value` for one section."""

    section: str
    key: str
    value: str


@dataclass(slots=True)
class Wishes:
    """What the arguments ask for: variables of the template, and changes to what it gives."""

    variables: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    changes: list[Change] = field(default_factory=list)


@click.command("config-create")
@click.option("--show-defaults", is_flag=True, help="Show the variables of the template and end.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.argument("config_file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.argument("key_values", nargs=-1, metavar="[KEY=VALUE | [SECTION]]...")
def config_create(*, show_defaults: bool, force: bool, config_file: Path | None, key_values: tuple[str, ...]) -> None:
    """Write a new ini file.

    KEY=VALUE sets a variable of the template (see --show-defaults) or a key of the section [app:main]; an argument such as
    "[server:main]" chooses the section for the keys that follow it.
    """
    if show_defaults:
        _show_defaults()
        return
    if config_file is None:
        raise click.UsageError("Missing argument 'CONFIG_FILE'.")
    write_new(config_file, parse_wishes(key_values), replace=force)
    click.echo(f"Wrote {config_file}. Next: kallithea-cli db-create -c {config_file}")


def parse_wishes(arguments: Iterable[str]) -> Wishes:
    """Sort the arguments of config-create into template variables and changes."""
    wishes = Wishes()
    section = None
    for argument in arguments:
        if header := re.fullmatch(r"\[([^]\n]+)\]", argument.strip()):
            section = header[1]
            continue
        key, separator, value = (part.strip() for part in argument.partition("="))
        if not separator or not re.fullmatch(r"[^\s#;\[=:][^=:\x00-\x1f]*", key):
            raise ConfigError(f"{argument!r} is not of the form key=value or [section].")
        if section is None and key in DEFAULTS:
            wishes.variables[key] = value
        else:
            wishes.changes.append(Change(section or "app:main", key, value))
    _check_variables(wishes.variables)
    check_names(_plain_name(change.key) for change in wishes.changes if change.section == "app:main")
    return wishes


def write_new(path: Path, wishes: Wishes, *, replace: bool = False) -> None:
    """Write the ini file, readable by its owner alone, if it will work; an existing file stays unless it may be replaced."""
    if path.exists() and not replace:
        raise Conflict(
            f"{path} exists already.", hint="Choose another name, or use --force to replace it; its secrets would be lost."
        )
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"There is no folder {path.absolute().parent}.", hint="Create it first.")
    text = rendered(wishes)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        # Read it as the server will, from the folder where it will be: a wrong value is told now.
        inifile.load(draft).settings()
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def rendered(wishes: Wishes) -> str:
    """The text of a new ini file, with secrets that no other file has."""
    variables = wishes.variables
    address = {"host": inifile.escaped(variables["host"]), "port": variables["port"]}
    text = stored_template().substitute(
        server_section=Template(SERVERS[variables["http_server"]]).substitute(address),
        database_url=DATABASES[variables["database_engine"]],
        session_secret=secrets.token_hex(32),
    )
    for change in wishes.changes:
        text = inifile.edited(text, change.key, inifile.escaped(change.value, section=change.section), section=change.section)
    return text


def _plain_name(key: str) -> str:
    form, _, rest = key.partition(" ")
    return rest.strip() if form in {"get", "set"} and rest else key


def _check_variables(variables: Mapping[str, str]) -> None:
    _check_choice("http_server", variables, SERVERS)
    _check_choice("database_engine", variables, DATABASES)
    if not re.fullmatch(r"[A-Za-z0-9_.:*\[\]-]+", variables["host"]):
        raise ConfigError(f"host={variables['host']} cannot be used.", hint="Accepted is an IP address or a host name.")
    port = variables["port"]
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ConfigError(f"port={port} cannot be used.", hint="Accepted is a whole number from 1 to 65535.")


def _check_choice(name: str, variables: Mapping[str, str], known: Iterable[str]) -> None:
    choices: Sequence[str] = list(known)
    if variables[name] not in choices:
        raise ConfigError(f"{name}={variables[name]} is not known.", hint=f"Choose one of {', '.join(choices)}.")


def _show_defaults() -> None:
    choices = {"http_server": SERVERS, "database_engine": DATABASES}
    for name, value in DEFAULTS.items():
        others = f"  (one of {', '.join(choices[name])})" if name in choices else ""
        click.echo(f"{name}={value}{others}")
