"""kallithea-cli instance-create: one folder with everything that an instance needs, for `make serve`."""

import configparser
import contextlib
import io
import socket
from dataclasses import dataclass
from pathlib import Path

import click

from kallithea.cli.config import parse_wishes, write_new
from kallithea.config import inifile
from kallithea.lib.errors import Conflict, KallitheaError, Unavailable
from kallithea.lib.names import email_address, user_name
from kallithea.lib.passwords import generated_password


@dataclass(frozen=True, slots=True)
class Administrator:
    """The administrator of a new instance."""

    user: str
    password: str
    email: str


@click.command("instance-create")
@click.option("--data", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder of the instance.")
@click.option("--host", help="The address to listen on.")
@click.option("--port", help="The port to listen on.")
@click.option("--require-free-port", is_flag=True, help="Stop if something listens there already.")
@click.option("--user", default="admin", show_default=True, help="User name of the administrator.")
@click.option("--email", default="admin@localhost", show_default=True, help="The administrator's address.")
@click.option("--password", envvar="KALLITHEA_PASSWORD", help="The administrator's password; else one is generated.")
@click.option("--database", envvar="KALLITHEA_DATABASE", help="The URL of an empty database; else a SQLite one is made.")
def instance_create(
    *,
    data: Path,
    host: str | None,
    port: str | None,
    require_free_port: bool,
    user: str,
    email: str,
    password: str | None,
    database: str | None,
) -> None:
    """Make a folder with a ready instance.

    Of an instance that is there only the address changes, if another one is asked for.
    """
    ini = data / "kallithea.ini"
    address = {name: value for name, value in (("host", host), ("port", port)) if value}
    is_new = not ini.exists()
    given = bool(password)
    password = password or generated_password()
    if is_new:
        _create(ini, address, database, Administrator(user_name(user), password, email_address(email)))
    else:
        _listen_at(ini, address)
    bound = _bound_address(ini)
    site = _site(*bound) if bound else f"configured in {ini}"
    account = f"  user: {user}  password: {'as given' if given else password}" if is_new else ""
    click.echo(f"Kallithea: {site}{account}")
    # Last, as the password is told only once.
    if bound and require_free_port:
        _require_free(*bound)


def _create(ini: Path, address: dict[str, str], database_url: str | None, administrator: Administrator) -> None:
    """Make the instance under a draft name of the ini file, so that one that was interrupted is made again from the start."""
    draft = ini.with_name("kallithea.ini.part")
    database = ini.with_name("kallithea.db")
    if database.exists() and not draft.exists():
        raise Conflict(
            f"{database} is there, but no {ini.name} beside it.", hint="Put the ini file back, or choose another folder."
        )
    if database_url and not draft.exists():
        _require_empty(database_url)
    # A folder that is made here is for its owner alone: the database holds what passwords are checked with.
    ini.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    address |= {"sqlalchemy.url": database_url} if database_url else {}
    wishes = parse_wishes(f"{name}={value}" for name, value in address.items())
    write_new(draft, wishes, replace=True)
    settings = inifile.load(draft).settings()
    settings.repos_path.mkdir(exist_ok=True)
    settings.cache_dir.mkdir(exist_ok=True)
    _create_database(draft, settings.repos_path, administrator)
    draft.rename(ini)


def _require_empty(database_url: str) -> None:
    """Stop before anything is written: from the draft of the ini file on, tables that are there are those of a first try."""
    from kallithea.cli.db import existing_tables  # imported late, as below
    from kallithea.config.database import make_engine

    engine = make_engine(database_url)
    try:
        if tables := existing_tables(engine):
            raise Conflict(
                f"The database holds {len(tables)} tables already.",
                hint="Name an empty one: a new instance never empties a database.",
            )
    finally:
        engine.dispose()


def _create_database(ini: Path, repositories: Path, administrator: Administrator) -> None:
    from kallithea.cli.db import db_create  # imported late: a second run, which creates nothing, starts without it

    account = ["--user", administrator.user, "--password", administrator.password, "--email", administrator.email]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            db_create.main(["-c", str(ini), *account, "--repos", str(repositories), "--force-yes"], standalone_mode=False)
    except (KallitheaError, click.ClickException):
        click.echo(said.getvalue(), err=True, nl=False)
        raise


def _listen_at(ini: Path, address: dict[str, str]) -> None:
    parse_wishes(f"{name}={value}" for name, value in address.items())
    for name, value in address.items():
        inifile.set_value(ini, name, value, section="server:main")


def _bound_address(ini: Path) -> tuple[str, int] | None:
    """Where the server will listen; None where the ini file says it in a way of its own."""
    parser = inifile.load(ini).parser
    try:
        return parser.get("server:main", "host"), parser.getint("server:main", "port")
    except (configparser.Error, ValueError):
        return None


def _site(host: str, port: int) -> str:
    if host in {"0.0.0.0", "*"}:  # noqa: S104 - nothing is bound here: this is what a browser cannot open
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host and not host.startswith("[") else f"http://{host}:{port}/"


def _require_free(host: str, port: int) -> None:
    """Stop with a sentence where the server would stop with a traceback."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            None if host == "*" else host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As servers do: a port that was left a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Unavailable(
            f"Nothing can listen at {host}:{port}: {error.strerror}.", hint="Choose another one: make serve PORT=5001"
        ) from error
