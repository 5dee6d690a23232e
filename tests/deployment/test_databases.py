"""An instance on each database server, from config-create to the first page, with what the commands say on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from kallithea.config import inifile, refusals
from tests import databases
from tests.clients.server import CHECKOUT

ON_SERVERS = pytest.mark.parametrize("engine_name", ["postgresql", "mariadb"])
CREATE = ("--user", "admin", "--password", "correct horse", "--email", "admin@example.com", "--force-yes")


def cli(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "kallithea-cli"
    return subprocess.run([str(program), *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def ini(folder: Path, engine_name: str, url: str) -> Path:
    """An ini file as config-create writes it, with the URL of a private server."""
    path = folder / "my.ini"
    done = cli("config-create", "my.ini", f"database_engine={engine_name}", cwd=folder)
    assert done.returncode == 0, done.stderr
    inifile.set_value(path, "sqlalchemy.url", url)
    return path


@ON_SERVERS
def test_db_create_fills_an_empty_database_and_asks_before_it_drops_tables(tmp_path: Path, engine_name: str) -> None:
    url = databases.new_database(tmp_path, engine_name)
    ini(tmp_path, engine_name, url)

    first = cli("db-create", "-c", "my.ini", *CREATE, cwd=tmp_path)
    second = cli("db-create", "-c", "my.ini", *CREATE[:-1], "--force-no", cwd=tmp_path)
    third = cli("db-create", "-c", "my.ini", *CREATE, cwd=tmp_path)

    assert first.returncode == 0, first.stderr
    assert second.returncode != 0
    assert "not empty" in second.stderr
    assert third.returncode == 0, third.stderr
    databases.discard(url)


@ON_SERVERS
@pytest.mark.parametrize("wrong", ["database", "password", "server", "charset"])
def test_db_create_says_what_is_wrong_with_the_database(tmp_path: Path, engine_name: str, wrong: str) -> None:
    server = databases.shared(engine_name)
    url = databases.new_database(tmp_path, engine_name)
    name = str(make_url(url).database)
    if wrong == "charset":
        server.discard(url)
        server.run(latin(server, name))
    changed = {
        "database": make_url(url).set(database="nowhere"),
        "password": make_url(url).set(password="wrong"),
        "server": make_url(url).set(port=1),
        "charset": make_url(url),
    }[wrong]
    ini(tmp_path, engine_name, changed.render_as_string(hide_password=False))

    done = cli("db-create", "-c", "my.ini", *CREATE, cwd=tmp_path)

    expected = {
        "database": ("There is no database nowhere", "Make it with: sudo"),
        "password": ("refuses the user kallithea", "Check user and password"),
        "server": ("does not answer", "Start it"),
        "charset": ("no room for every character", "make it again with: sudo"),
    }[wrong]
    assert done.returncode == 11, done.stderr
    assert all(text in done.stderr for text in expected), done.stderr
    assert "Traceback" not in done.stderr
    databases.discard(url)


def latin(server: databases.Server, name: str) -> list[str]:
    """The statements that make a database that cannot keep every character."""
    made = server.creation(name)
    if isinstance(server, databases.PostgreSQL):
        return [made[0].replace("ENCODING 'UTF8'", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")]
    return [made[0].replace("utf8mb4 COLLATE utf8mb4_bin", "latin1"), *made[1:]]


@ON_SERVERS
def test_a_server_does_not_start_without_its_database(tmp_path: Path, engine_name: str) -> None:
    url = make_url(databases.new_database(tmp_path, engine_name)).set(port=1)
    ini(tmp_path, engine_name, url.render_as_string(hide_password=False))
    gearbox = Path(sys.executable).parent / "gearbox"

    done = subprocess.run(
        [str(gearbox), "serve", "-c", "my.ini"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode != 0
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://kallithea:x@localhost/kallithea", "mysql+pymysql://kallithea:x@localhost/kallithea"]
)
def test_the_documentation_has_the_commands_that_messages_name(url: str) -> None:
    page = (CHECKOUT / "docs" / "databases.md").read_text(encoding="utf-8")

    assert refusals.creation(make_url(url)) in page
    assert refusals.account(make_url(url)) in page


def test_the_command_that_makes_a_database_of_mariadb_works(tmp_path: Path) -> None:
    server = databases.shared("mariadb")
    name = f"named_{os.getpid()}"
    url = server.url(name)
    statements = refusals.creation(make_url(url)).split('"')[1].split("; ")

    server.run(statements)
    ini(tmp_path, "mariadb", url)
    done = cli("db-create", "-c", "my.ini", *CREATE, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    server.discard(url)


def test_the_command_that_makes_a_database_of_postgresql_works(tmp_path: Path) -> None:
    server = databases.shared("postgresql")
    name = f"named_{os.getpid()}"
    url = server.url(name)
    program, *arguments = refusals.creation(make_url(url)).removeprefix("sudo -u postgres ").split()
    found = databases.postgres_program(program)

    made = subprocess.run(
        [found, "--host", str(server.folder), "--port", str(server.port), "--username=postgres", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    ini(tmp_path, "postgresql", url)
    done = cli("db-create", "-c", "my.ini", *CREATE, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    server.discard(url)
