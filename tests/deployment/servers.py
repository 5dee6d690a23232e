"""Instances as an administrator makes them, served by the real servers of the manual from the ini files that are written."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

from kallithea.cli import cli
from kallithea.config import inifile
from kallithea.config.app import App
from kallithea.lib.passwords import Passwords
from tests.clients.server import PASSWORD, Server
from tests.ports import free_port

PATIENCE = 120.0
"""Seconds that a server gets to start or to end on a busy machine."""

GEARBOX = ("gearbox", "serve", "-c", "my.ini")
COMMANDS: Mapping[str, Sequence[str]] = {
    "waitress": GEARBOX,
    "gearbox":  GEARBOX,
    "gunicorn": GEARBOX,
    "gevent":   GEARBOX,
    "uwsgi":    ("uwsgi", "--ini-paste-logged", "my.ini"),
}  # fmt: skip
"""How each server is started in the folder of the instance, as docs/deployment/ says."""

ADMINISTRATOR = "admin"


@dataclass(frozen=True)
class Instance:
    """An ini file with its database and folders; `app` is the same instance in the process of the test."""

    ini: Path
    app: App

    @property
    def folder(self) -> Path:
        return self.ini.parent

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


@contextmanager
def instance(folder: Path, *arguments: str) -> Iterator[Instance]:
    """Make an instance with config-create and db-create, as the manual says; `arguments` are those of config-create."""
    ini = folder / "my.ini"
    run_cli("config-create", str(ini), *arguments)
    account = ("--user", ADMINISTRATOR, "--password", PASSWORD, "--email", "admin@example.com")
    run_cli("db-create", "-c", str(ini), *account, "--force-yes")
    (folder / "people").mkdir()
    # Cheap to make here; the server checks each password as its hash says.
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    app = App.build(inifile.load(ini).settings(), passwords=cheap)
    try:
        yield Instance(ini, app)
    finally:
        app.close()


@contextmanager
def running(
    made: Instance,
    command: Sequence[str],
    authority: str,
    *,
    scheme: str = "http",
    prefix: str = "",
    authorities: Path | None = None,
    more: Mapping[str, str] | None = None,
    sockets: Sequence[int] = (),
) -> Iterator[Server]:
    """Run a command that stays in the foreground until the site answers at `authority`, and end it in the end.

    `authorities` holds the certificate that clients trust, `more` environment variables, `sockets` what is inherited.
    """

    def start() -> subprocess.Popen[bytes]:
        with made.log.open("ab") as log:
            process = subprocess.Popen(
                [program(command[0]), *command[1:]],
                cwd=made.folder,
                env={**os.environ, **(more or {})},
                pass_fds=sockets,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until_open(authority, process, made.log)
        except BaseException:
            end(process)
            raise
        return process

    server = Server(made.folder, made.app, authority, start, prefix, scheme=scheme, authorities=authorities)
    try:
        yield server
    finally:
        end(server.process)


@contextmanager
def deployed(folder: Path, http_server: str, *arguments: str, prefix: str = "") -> Iterator[Server]:
    """An instance in an empty folder, served by one of the servers that config-create knows."""
    port = free_port()
    with instance(folder, f"http_server={http_server}", f"port={port}", *arguments) as made:
        if prefix:
            put_below(made.ini, prefix)
        with running(made, COMMANDS[http_server], f"127.0.0.1:{port}", prefix=prefix) as server:
            yield server


def put_below(ini: Path, prefix: str) -> None:
    """Take the comment signs away that put the site below a path, as the ini file says."""
    text = ini.read_text(encoding="utf-8")
    lines = (
        "[filter:proxy-prefix]",
        "use = egg:PasteDeploy#prefix",
        "translate_forwarded_server = false",
        "filter-with = proxy-prefix",
    )
    for line in lines:
        assert f"\n#{line}\n" in text, line
        text = text.replace(f"\n#{line}\n", f"\n{line}\n")
    ini.write_text(text.replace("\n#prefix = /code\n", f"\nprefix = {prefix}\n"), encoding="utf-8")


def run_cli(*arguments: str) -> str:
    """Run a command of kallithea-cli in this process; it has to work; what it printed."""
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def program(name: str) -> str:
    """A program of the environment that the tests run in, else of the system; without it the test is skipped."""
    beside = Path(sys.executable).parent / name
    if beside.exists():
        return str(beside)
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", "/sbin"):
        found = Path(folder) / name
        if folder and os.access(found, os.X_OK):
            return str(found)
    pytest.skip(f"{name} is not installed")


def wait_until_open(authority: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something accepts connections there, and fail with the log if the server ends instead."""
    host, _, port = authority.rpartition(":")
    until = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, f"the server ended with {process.returncode}:\n{log.read_text(errors='replace')}"
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=10):
            return
        assert time.monotonic() < until, f"the server does not answer:\n{log.read_text(errors='replace')}"
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server that was started here, by force if it does not go."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def workers(server: Server) -> list[int]:
    """The processes of a server that may answer requests: it and its descendants, without git and the helpers of hg."""
    found, waiting = [], [server.pid]
    while waiting:
        pid = waiting.pop()
        with suppress(FileNotFoundError, ProcessLookupError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"kallithea.lib.vcs.hg.helper" in command or command[0].rpartition(b"/")[2] in (b"git", b""):
                continue
            found.append(pid)
            for listed in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += [int(child) for child in listed.read_text().split()]
    return found


def forget_memory_peaks(pids: Sequence[int]) -> None:
    """Begin to measure anew (proc(5), clear_refs)."""
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def memory_peaks(pids: Sequence[int]) -> dict[int, int]:
    """The most bytes that each process had in memory at once."""
    found = {}
    for pid in pids:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        found[pid] = next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))
    return found


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine (127.0.0.1, localhost) and its key; clients trust it when it is their `authorities`."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = (
        *(program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
    )
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return certificate, key
