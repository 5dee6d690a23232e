"""Databases for tests: a file of SQLite, or a private PostgreSQL or MariaDB that the test run starts itself.

`KALLITHEA_TEST_DATABASE=sqlite|postgresql|mariadb` chooses what `new_ledger` makes, and with it on what the whole suite runs.

A run has at most one server of each engine: the first process that asks starts it, the others of the same run (pytest-xdist)
use it too, and it ends with the run. Tests that stop or break a server get one of their own from `private`. A server listens
on 127.0.0.1 and on a socket in its own folder, does not care for power cuts, and dies with the process that started it.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from kallithea.config import database
from tests.ports import free_port

ENGINES = ("sqlite", "postgresql", "mariadb")
CHOSEN = os.environ.get("KALLITHEA_TEST_DATABASE") or "sqlite"
USER = "kallithea"
PASSWORD = "a secret: 50% @home/#1"
"""With characters that a URL has to escape."""
PATIENCE = 120.0
"""Seconds that a server may take to start or to stop on a busy machine."""

if CHOSEN not in ENGINES:
    raise pytest.UsageError(f"KALLITHEA_TEST_DATABASE={CHOSEN}: choose one of {', '.join(ENGINES)}")

on_every_engine = pytest.mark.parametrize("engine_name", ENGINES)
"""The same test on each of them."""


class Server(ABC):
    """A database server that belongs to the tests."""

    account: ClassVar[str]
    """Who runs it where the tests run as root: both servers refuse to, or should not."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._numbers = itertools.count(1)
        # Kept, as SQLAlchemy asks a server much when an engine connects for the first time.
        self._engines: dict[str | None, Engine] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    # --- databases

    @abstractmethod
    def url(self, name: str, *, user: str = USER, password: str = PASSWORD) -> str:
        """The URL that an ini file would have for the database of this name."""

    def new_database(self) -> str:
        """The URL of a new, empty database with the right character set."""
        name = self._new_name()
        self.run(self.creation(name))
        return self.url(name)

    def new_ledger(self) -> str:
        """The URL of a new database with this release's tables."""
        if not self._has("template_ledger"):
            self.run(self.creation("template_ledger"))
            _migrated(self.url("template_ledger"))
        name = self._new_name()
        self._copy("template_ledger", name)
        return self.url(name)

    @abstractmethod
    def discard(self, url: str) -> None:
        """Drop a database, also one that is in use."""

    def take_back(self, url: str) -> None:
        """Take a database back that `new_ledger` made and whose tables are as they were, for whoever asks next."""
        self.discard(url)

    @abstractmethod
    def creation(self, name: str) -> Sequence[str]:
        """The statements that make an empty database for the application, as the documentation has them."""

    def run(self, statements: Sequence[str]) -> None:
        """Run statements as the server's administrator, outside of any database of ours."""
        with contextlib.closing(self.administrator()) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def administrator(self, name: str | None = None) -> Any:
        """A connection of the server's administrator in which each statement is its own transaction."""
        if name not in self._engines:
            self._engines[name] = create_engine(self._administration(name), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        return self._engines[name].connect()

    # --- the process

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [*_as(self.account), *self._command()],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{type(self).__name__} does not start:\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop as an administrator does who does not wait for clients; the databases stay."""
        self._end(self._stop_signal)

    def kill(self) -> None:
        """End at once, as a crash does; the databases stay."""
        self._end(self._kill_signal)

    def answers(self) -> bool:
        """Whether it takes connections and lets its administrator in."""
        try:
            # First without a driver: PyMySQL leaves the socket of a refused connection open, which fails tests.
            socket.create_connection(("127.0.0.1", self.port)).close()
            self.administrator().close()
        except (OSError, SQLAlchemyError):
            return False
        return True

    _stop_signal: ClassVar[signal.Signals]
    _kill_signal: ClassVar[signal.Signals]

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._log is not None:
            self._log.close()

    @abstractmethod
    def install(self) -> None:
        """Make the folder a server's, with the account that the application uses."""

    @abstractmethod
    def _command(self) -> Sequence[str]: ...

    @abstractmethod
    def _administration(self, name: str | None) -> URL: ...

    @abstractmethod
    def _has(self, name: str) -> bool: ...

    @abstractmethod
    def _copy(self, source: str, name: str) -> None: ...

    def _new_name(self) -> str:
        return f"ledger_{os.getpid()}_{next(self._numbers)}"


class PostgreSQL(Server):
    """A cluster of PostgreSQL: an administrator over the socket, the application over the network with a password."""

    account = "postgres"
    _stop_signal = signal.SIGINT  # "fast": does not wait for clients
    _kill_signal = signal.SIGQUIT

    def url(self, name: str, *, user: str = USER, password: str = PASSWORD) -> str:
        whole = URL.create("postgresql+psycopg", user, password, "127.0.0.1", self.port, name)
        return whole.render_as_string(hide_password=False)

    def creation(self, name: str) -> Sequence[str]:
        return (f"CREATE DATABASE {name} OWNER {USER} ENCODING 'UTF8' TEMPLATE template0",)

    def discard(self, url: str) -> None:
        self.run([f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)"])

    def install(self) -> None:
        command = [postgres_program("initdb"), "-D", str(self.folder / "data"), "-N", "-U", "postgres", "-E", "UTF8"]
        _install([*_as(self.account), *command, "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256"])
        self.start()
        quoted = PASSWORD.replace("'", "''").replace("%", "%%")
        self.run([f"CREATE ROLE {USER} LOGIN PASSWORD '{quoted}'"])

    def _command(self) -> Sequence[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 300,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "max_wal_size": "256MB",
        }
        given = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [postgres_program("postgres"), "-D", str(self.folder / "data"), *given]

    def _administration(self, name: str | None) -> URL:
        where = {"host": str(self.folder), "port": str(self.port)}
        return URL.create("postgresql+psycopg", "postgres", database=name or "postgres", query=where)

    def _has(self, name: str) -> bool:
        with contextlib.closing(self.administrator()) as connection:
            found = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
            return found.first() is not None

    def _copy(self, source: str, name: str) -> None:
        self.run([f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {source}"])


class MariaDB(Server):
    """A MariaDB: root over the socket, the application over the network with a password."""

    account = "mysql"
    _stop_signal = signal.SIGTERM
    _kill_signal = signal.SIGKILL
    _definition: tuple[str, ...] = ()

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self._taken_back: list[str] = []

    def url(self, name: str, *, user: str = USER, password: str = PASSWORD) -> str:
        whole = URL.create("mysql+pymysql", user, password, "127.0.0.1", self.port, name, {"charset": "utf8mb4"})
        return whole.render_as_string(hide_password=False)

    def creation(self, name: str) -> Sequence[str]:
        return (
            f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            f"GRANT ALL PRIVILEGES ON {name}.* TO '{USER}'@'localhost'",
        )

    def discard(self, url: str) -> None:
        self.run([f"DROP DATABASE IF EXISTS {make_url(url).database}"])

    def new_ledger(self) -> str:
        return self._taken_back.pop() if self._taken_back else super().new_ledger()

    def take_back(self, url: str) -> None:
        # Making all tables takes longer than most tests; emptying those that were used does not.
        name = str(make_url(url).database)
        with contextlib.closing(self.administrator()) as connection:
            connection.exec_driver_sql(f"USE {name}")
            asked = text("SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = :name")
            numbers = {row.table_name: row.auto_increment for row in connection.execute(asked, {"name": name})}
            parts = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM `{table}`)" for table in numbers]
            filled = connection.exec_driver_sql(" UNION ALL ".join(parts)).scalars()
            connection.exec_driver_sql("SET foreign_key_checks = 0")
            for table in {*filled, *(table for table, number in numbers.items() if number and number > 1)}:
                # Only TRUNCATE begins to count anew.
                connection.exec_driver_sql(f"TRUNCATE `{table}`" if numbers[table] else f"DELETE FROM `{table}`")
                connection.exec_driver_sql(f"INSERT INTO `{table}` SELECT * FROM template_ledger.`{table}`")
        self._taken_back.append(url)

    def install(self) -> None:
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", "--skip-test-db"]
        sizes = ["--innodb-log-file-size=32M", "--innodb-flush-method=nosync"]
        _install([*_as(self.account), *command, "--auth-root-authentication-method=normal", *sizes])
        self.start()
        quoted = PASSWORD.replace("%", "%%")
        self.run([f"CREATE USER '{USER}'@'localhost' IDENTIFIED BY '{quoted}'"])

    def _command(self) -> Sequence[str]:
        return [
            _mariadb_program(),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            "--max-connections=300",
            "--innodb-log-file-size=32M",
            "--innodb-flush-method=nosync",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
            "--skip-log-bin",
        ]

    def _administration(self, name: str | None) -> URL:
        where = {"unix_socket": str(self.folder / "socket"), "charset": "utf8mb4"}
        return URL.create("mysql+pymysql", "root", database=name, query=where)

    def _has(self, name: str) -> bool:
        with contextlib.closing(self.administrator()) as connection:
            found = connection.execute(
                text("SELECT 1 FROM information_schema.schemata WHERE schema_name = :name"), {"name": name}
            )
            return found.first() is not None

    def _copy(self, source: str, name: str) -> None:
        if not self._definition:
            self._definition = self._defined(source)
        self.run([*self.creation(name), f"USE {name}", "SET foreign_key_checks = 0", *self._definition])

    def _defined(self, name: str) -> tuple[str, ...]:
        """The statements that make the tables of a database again, with what is in them."""
        with contextlib.closing(self.administrator(name)) as connection:
            tables = connection.exec_driver_sql("SHOW TABLES").scalars().all()
            made = [connection.exec_driver_sql(f"SHOW CREATE TABLE `{table}`").one()[1] for table in tables]
        filled = [f"INSERT INTO `{table}` SELECT * FROM {name}.`{table}`" for table in tables]
        return tuple(statement.replace("%", "%%") for statement in (*made, *filled))


SERVERS: Mapping[str, type[Server]] = {"postgresql": PostgreSQL, "mariadb": MariaDB}


def new_ledger(folder: Path, engine_name: str = CHOSEN) -> str:
    """The URL of a new database with this release's tables; one of SQLite lies in the folder."""
    if engine_name != "sqlite":
        return shared(engine_name).new_ledger()
    file = folder / "kallithea.db"
    shutil.copyfile(_sqlite_template(), file)
    return f"sqlite:///{file}"


def new_database(folder: Path, engine_name: str = CHOSEN) -> str:
    """The URL of a new, empty database."""
    return f"sqlite:///{folder / 'kallithea.db'}" if engine_name == "sqlite" else shared(engine_name).new_database()


def discard(url: str) -> None:
    """Drop a database of a shared server when a test is done with it; a file of SQLite goes with its folder."""
    backend = make_url(url).get_backend_name()
    if backend != "sqlite":
        shared("postgresql" if backend == "postgresql" else "mariadb").discard(url)


def take_back(url: str) -> None:
    """The same for a database of `new_ledger` whose tables are as they were: who asks next may get it, emptied."""
    backend = make_url(url).get_backend_name()
    if backend != "sqlite":
        shared("postgresql" if backend == "postgresql" else "mariadb").take_back(url)


@contextmanager
def private(engine_name: str) -> Iterator[Server]:
    """A server of one's own, to be stopped and started."""
    server = _installed(engine_name)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


# --- what the processes of a run share

_shared: dict[str, Server] = {}
_endings: list[Callable[[], None]] = []


def shared(engine_name: str) -> Server:
    """The run's server of this engine, started by whoever asks first."""
    if engine_name not in _shared:
        _shared[engine_name] = _joined(engine_name)
    return _shared[engine_name]


def end_of_run() -> None:
    """Leave the shared servers; the process that started one waits until the others left, and ends it."""
    while _endings:
        _endings.pop()()
    _shared.clear()
    _sqlite_templates.clear()


def _joined(engine_name: str) -> Server:
    run = Path(tempfile.gettempdir()) / f"kallithea-tests-{os.environ.get('PYTEST_XDIST_TESTRUNUID') or os.getpid()}"
    run.mkdir(mode=0o700, exist_ok=True)
    notice = run / f"{engine_name}.json"
    with _locked(run / f"{engine_name}.lock", fcntl.LOCK_EX):
        users = (run / f"{engine_name}.users").open("w")
        fcntl.flock(users, fcntl.LOCK_SH)
        if notice.exists():
            said = json.loads(notice.read_text())
            _endings.append(users.close)
            return SERVERS[engine_name](Path(said["folder"]), said["port"])
        server = _installed(engine_name)
        server.discard(server.new_ledger())  # makes the template that all copy
        notice.write_text(json.dumps({"folder": str(server.folder), "port": server.port}))

    def end() -> None:
        with _locked(run / f"{engine_name}.lock", fcntl.LOCK_EX):
            fcntl.flock(users, fcntl.LOCK_EX)
            notice.unlink()
            server.stop()
        users.close()
        shutil.rmtree(server.folder, ignore_errors=True)
        for left in run.glob(f"{engine_name}.*"):
            left.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            run.rmdir()

    _endings.append(end)
    return server


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, how)
        yield


def _installed(engine_name: str) -> Server:
    kind = SERVERS[engine_name]
    # Not below pytest's own folders: they are root's alone, and their paths are too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix=f"kallithea-{engine_name}-"))
    if os.geteuid() == 0:
        account = _account(kind.account)
        os.chown(folder, account.pw_uid, account.pw_gid)
    server = kind(folder, free_port())
    try:
        server.install()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return server


_sqlite_templates: list[Path] = []


def _sqlite_template() -> Path:
    """A migrated file, made once in each process."""
    if not _sqlite_templates:
        folder = tempfile.mkdtemp(prefix="kallithea-sqlite-")
        _endings.append(lambda: shutil.rmtree(folder, ignore_errors=True))
        _sqlite_templates.append(Path(folder) / "template.db")
        engine = _migrated(f"sqlite:///{_sqlite_templates[0]}")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
    return _sqlite_templates[0]


def _migrated(url: str) -> Engine:
    engine = database.make_engine(url)
    database.upgrade(engine)
    engine.dispose()
    return engine


def _as(name: str) -> list[str]:
    """The beginning of a command that runs as this account where the tests are root's, and ends when the tests end."""
    dies = ["setpriv", "--pdeathsig", "INT" if name == PostgreSQL.account else "KILL"]
    if os.geteuid() != 0:
        return dies
    account = _account(name)
    return [*dies, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _account(name: str) -> pwd.struct_passwd:
    for known in (name, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(known)
    pytest.skip(f"there is no account {name} to run the database as")


def _install(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def postgres_program(name: str) -> str:
    # Debian keeps the programs of each version in a folder of their own.
    found = shutil.which(name) or max(
        map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default="", key=lambda path: int(Path(path).parts[4])
    )
    return found or pytest.skip(f"{name} is not installed (on Debian: apt-get install postgresql)")


def _mariadb_program() -> str:
    return shutil.which("mariadbd") or pytest.skip("mariadbd is not installed (on Debian: apt-get install mariadb-server)")
