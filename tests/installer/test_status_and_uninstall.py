"""What is installed, and how it goes again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kallithea import __version__
from kallithea.installer import running, services
from kallithea.installer.errors import Refused
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.status import lines, status
from kallithea.installer.steps import Moment
from kallithea.installer.uninstall import Removal


def call(bundle: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(bundle), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(name="home")
def _home(small_bundle: Path, tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    assert call(small_bundle, "install", home.path).returncode == 0
    return home


def test_status(small_bundle: Path, home: Home) -> None:
    facts = json.loads(call(small_bundle, "status", home.path, "--json").stdout)
    version = facts["current"]["version"]
    assert (facts["releases"], facts["data"], facts["interrupted"]) == ([version], str(home.data), None)
    assert f"Kallithea {version} for " in lines(facts)[0]


def test_a_dry_run_says_that_it_is_installed(small_bundle: Path, home: Home) -> None:
    ended = call(small_bundle, "install", home.path, "--dry-run")
    said = f"Kallithea {__version__} is installed in {home.path} already.\nNothing was changed.\n"
    assert (ended.returncode, ended.stdout) == (0, said)


def test_a_program_that_runs_is_noticed_and_nothing_is_removed(small_bundle: Path, home: Home) -> None:
    release = home.current()
    assert release
    with subprocess.Popen([str(release.python), "-c", "input()"], stdin=subprocess.PIPE) as server:
        facts = status(home)
        assert (facts["server"]["running"], [each["pid"] for each in facts["server"]["processes"]]) == (True, [server.pid])
        assert f"Server: process {server.pid}, does not answer at an address of its own" in lines(facts)
        ended = call(small_bundle, "uninstall", home.path)
        server.communicate(b"\n")
    assert ended.returncode == 3
    assert f"error: Kallithea is running (process {server.pid}: {release.python} -c input()).\n" in ended.stderr
    assert f"hint: Stop it first: kill {server.pid}\n" in ended.stderr
    assert home.current() == release
    assert "Server: does not run" in lines(status(home))
    assert call(small_bundle, "uninstall", home.path).returncode == 0


def test_what_answers_is_told_from_what_runs(home: Home) -> None:
    """Another instance at the same address is none of ours, unless nobody knows what runs."""
    with answering('{"checks": {"schema": {"status": "ok"}}}') as port:
        home.ini.write_text(f"[server:main]\nhost = 127.0.0.1\nport = {port}\n")
        found = running.look(home)
        assert f"Server: does not run; something else answers at http://127.0.0.1:{port}" in lines(status(home))
    assert (found.answers, found.is_running, replace(found, processes=None).is_running) == (True, False, True)
    with answering("hello") as port:
        home.ini.write_text(f"[server:main]\nhost = 127.0.0.1\nport = {port}\n")
        assert not running.look(home).answers
    assert not running.look(home).answers


def test_programs_where_there_is_no_proc(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = tmp_path / "ps"
    listing.write_text(f"#!/bin/sh\necho '   12 {home.releases}/1/bin/python serve'\necho '    7 /sbin/init'\n")
    listing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert running.processes(home, folder=tmp_path) == {12: f"{home.releases}/1/bin/python serve"}
    listing.write_text("#!/bin/sh\nexit 1\n")
    assert running.processes(home, folder=tmp_path) is None


def test_how_to_stop_it() -> None:
    of_systemd = running.Running("http://127.0.0.1:5000", True, {7: "gearbox"}, ["kallithea.service"])
    assert of_systemd.how_to_stop() == "systemctl disable --now kallithea.socket kallithea.service"
    assert running.Running(None, True, None, []).how_to_stop() == "stop it where it was started"


def test_units_that_were_installed_are_named(home: Home, tmp_path: Path) -> None:
    (tmp_path / "kallithea.service").write_text(f"ExecStart={home.current_link}/bin/gearbox serve\n")
    (tmp_path / "kallithea-other.service").write_text(f"ExecStart={home.path}2/current/bin/gearbox serve\n")
    assert services.installed_units(home, tmp_path) == [tmp_path / "kallithea.service"]


@contextmanager
def answering(text: str) -> Iterator[int]:
    """The port at which something answers this to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_said: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_status_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not installed"):
        status(Home(tmp_path))


def test_installing_once_more_says_that_it_is_there(small_bundle: Path, home: Home) -> None:
    before = {path: path.lstat().st_mtime_ns for path in home.path.rglob("*")}
    ended = call(small_bundle, "install", home.path)
    assert (ended.returncode, "is installed in" in ended.stdout) == (0, True)
    assert {path: path.lstat().st_mtime_ns for path in home.path.rglob("*")} == before


def test_the_data_stay_and_are_used_again(small_bundle: Path, home: Home) -> None:
    ini = home.ini.read_text()
    assert call(small_bundle, "uninstall", home.path).stdout.endswith(f"The data are still in {home.data}.\n")
    assert sorted(path.name for path in home.path.iterdir()) == [".kallithea-home", "data"]
    assert lines(status(home))[0] == f"{home.path}: no release is in use"
    ended = call(small_bundle, "install", home.path)
    assert (ended.returncode, "password" in ended.stdout, home.ini.read_text()) == (0, False, ini)


def test_the_data_go_when_told(small_bundle: Path, home: Home) -> None:
    assert call(small_bundle, "uninstall", home.path, "--with-data").returncode == 0
    assert not home.path.exists()


@pytest.mark.parametrize("command", [["install"], ["uninstall", "--with-data"]])
def test_a_dry_run_changes_nothing(small_bundle: Path, home: Home, command: list[str]) -> None:
    before = {path: path.lstat().st_mtime_ns for path in home.path.rglob("*")}
    ended = call(small_bundle, *command, home.path, "--dry-run")
    assert ended.stdout.endswith("Nothing was changed.\n")
    assert {path: path.lstat().st_mtime_ns for path in home.path.rglob("*")} == before


class Killed(BaseException):
    pass


def test_an_uninstall_that_is_killed_at_any_step_finishes_when_it_is_run_again(small_bundle: Path, home: Home) -> None:
    def killing(step: str, progress: Progress) -> Removal:
        def observer(moment: Moment, name: str) -> None:
            if (moment, name) == (Moment.DONE, step) or moment is Moment.BEFORE_UNDO:
                raise Killed

        return Removal(home, progress, with_data=True, observer=observer)

    progress = Progress(sys.stdout)
    for step in Removal(home, progress, with_data=True).steps():
        with pytest.raises(Killed):
            killing(step.name, progress).run()
    Removal(home, progress, with_data=True).run()
    assert not home.path.exists()


def test_nothing_is_uninstalled_where_nothing_is(small_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    ended = call(small_bundle, "uninstall", tmp_path, "--with-data")
    assert ended.stderr == f"error: Kallithea is not installed in {tmp_path}.\n"
    assert (tmp_path / "thesis.txt").exists()
