"""The worker inside real servers: it begins with the first request, each job is done once, and it ends with the server."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kallithea.config.app import App
from kallithea.config.inifile import set_value
from kallithea.jobs.table import BY_THEMSELVES
from kallithea.lib.vcs import Kind
from kallithea.services.jobs import JobFacts, JobState
from kallithea.services.pushes import MAINTAIN
from kallithea.services.repositories import NewRepository
from tests.clients.server import Server
from tests.deployment.servers import COMMANDS, Instance, instance, running
from tests.jobs.test_worker import fill
from tests.ports import free_port

PATIENCE = 180.0

SLOW_GIT = """\
#!/bin/sh
case "$*" in *" repack "*) echo $$ > "{pid}"; exec sleep 600;; esac
exec "{git}" "$@"
"""


@contextmanager
def served(made: Instance, http_server: str, port: int) -> Iterator[Server]:
    with running(made, COMMANDS[http_server], f"127.0.0.1:{port}") as server:
        yield server


def jobs(app: App) -> dict[str, JobFacts]:
    with app.system_scope() as scope:
        return {job.key: job for job in scope.jobs.all()}


def until(condition: Callable[[], object], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, log.read_text(errors="replace")
        time.sleep(0.1)


def test_the_processes_of_a_server_do_each_job_once(tmp_path: Path) -> None:
    http_server, port = "gunicorn", free_port()
    with instance(tmp_path, f"http_server={http_server}", f"port={port}") as made:
        with served(made, http_server, port) as server:
            for _ in range(8):
                server.request("GET", "/")
            until(lambda: all(key in jobs(made.app) and jobs(made.app)[key].ended_at for key in BY_THEMSELVES), made.log)
        told = made.log.read_text()

    assert {key: told.count(f"job {key}: ") for key in BY_THEMSELVES} == dict.fromkeys(BY_THEMSELVES, 1)


@pytest.mark.parametrize("http_server", ["waitress", "gunicorn", "uwsgi"])
def test_a_server_that_ends_gives_its_job_back(tmp_path: Path, http_server: str) -> None:
    port = free_port()
    with instance(tmp_path, f"http_server={http_server}", f"port={port}") as made:
        slow, pid = tmp_path / "slow-git", tmp_path / "pid"
        slow.write_text(SLOW_GIT.format(pid=pid, git=shutil.which("git")))
        slow.chmod(0o755)
        set_value(made.ini, "git_path", str(slow))
        key = wants_maintenance(made.app)
        with served(made, http_server, port) as server:
            server.request("GET", "/")
            until(lambda: pid.exists() and pid.read_text().strip(), made.log)

        given_back = jobs(made.app)[key]
        log = made.log.read_text(errors="replace")

    assert (given_back.state, given_back.attempts, given_back.error) == (JobState.WAITING, 0, None), log
    assert not is_alive(int(pid.read_text()))


def wants_maintenance(app: App) -> str:
    """The key of a job that is due, for a repository that needs it."""
    with app.system_scope() as scope:
        row = scope.repositories.create(NewRepository("shop", "git"), owner=scope.accounts.first_administrator())
        fill(app.vault.open(Kind.GIT, row.location).path)
        key = f"{MAINTAIN}:{row.id}"
        scope.jobs.ask(key)
    return key


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
