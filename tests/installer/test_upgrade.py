"""An upgrade from the first tagged version, with data in it, works or leaves everything as it was; nothing is lost."""

from __future__ import annotations

import configparser
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kallithea.installer.layout import Home
from kallithea.installer.steps import Journal, Moment, ignore
from kallithea.lib.pausing import WriteGate
from tests.installer import changer, houses
from tests.installer.houses import of_before, rows, stores
from tests.installer.machines import FULL_SIZE
from tests.installer.without_space import check, tried

STEPS = (
    *("server", "environment", "settings", "rehearsal", "pause", "snapshot", "migrate", "check", "ini", "switch", "restart"),
    *("resume", "self-check", "clean"),
)
BACK = ("server", "draft", "check", "ini", "switch", "restart", "note", "clean")
# What is done and not written down is the hardest moment; the others are tried at full size.
MOMENTS = (Moment.BEFORE, Moment.DONE, Moment.NOTED) if FULL_SIZE else (Moment.DONE,)


@dataclass(frozen=True)
class Made:
    """What is made once: a full house of the first version, and environments of two codes."""

    house: Path
    first: Path
    new: Path


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("houses")
    first = houses.environment(houses.code_of(f"v{houses.FIRST}", folder / "code"), folder / "first")
    new = houses.environment(houses.TOP, folder / "new")
    houses.furnished(Home(folder / "house"), first)
    return Made(folder / "house", first, new)


@pytest.fixture(name="home")
def _home(made: Made, tmp_path: Path) -> Home:
    shutil.copytree(made.house, tmp_path / "house", symlinks=True)
    return Home(tmp_path / "house")


class _NotFound(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_said: object) -> None:
        pass


@contextmanager
def answering(home: Home) -> Iterator[None]:
    """Where the server of the first version would be, something answers as it does: it has no page that tells how it is."""
    ini = configparser.RawConfigParser()
    ini.read(home.ini, encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", ini.getint("server:main", "port")), _NotFound) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def change(what: str, home: Home, made: Made, *trouble: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", changer.__name__, what, str(home.path), str(made.new), *trouble]
    return subprocess.run(command, cwd=houses.TOP, capture_output=True, text=True, check=False)


def version_in_use(home: Home) -> str:
    current = home.current()
    assert current
    return current.version


def test_every_step_is_tried_here(home: Home, made: Made) -> None:
    upgrade = changer.command("upgrade", home, made.new, ignore)
    upgrade._journal = Journal(home.journal)
    upgrade._journal.facts["release_was_there"] = False
    upgrade._log = sys.stdout
    assert tuple(step.name for step in upgrade.steps()) == STEPS
    assert tuple(step.name for step in changer.command("rollback", home, made.new, ignore).steps()) == BACK


def test_a_dry_run_changes_nothing(home: Home, made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(home.path.rglob("*"))
    changer.command("upgrade", home, made.new, ignore).tell_steps()
    assert "Migrating the database" in capsys.readouterr().out
    assert sorted(home.path.rglob("*")) == before


def test_a_dry_run_of_what_is_in_use_says_so(home: Home, made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    houses.put(home.release(houses.NEW), made.new)
    home.switch(home.release(houses.NEW))
    changer.command("upgrade", home, made.new, ignore).tell_steps()
    assert capsys.readouterr().out == f"Kallithea {houses.NEW} is in use in {home.path} already.\nNothing was changed.\n"


def test_the_database_goes_back_where_changes_wait(home: Home, made: Made) -> None:
    """An old release that can let changes wait: nothing comes in between, so the database may be the old one again."""
    houses.put(home.release(houses.FIRST), made.new)
    before = rows(home)

    ended = change("upgrade", home, made, "fail", "DONE", "switch")

    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert rows(home) == before
    assert WriteGate(home.data / "repos", patience=0, places=1).pause() is None


def test_nothing_is_lost(home: Home, made: Made) -> None:
    before, files = rows(home), stores(home)

    ended = change("upgrade", home, made)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    after = rows(home)
    changed = {"alembic_version", "schema_compatibility", "sqlite_sequence", "job"}
    assert {name for name, content in before.items() if content} - changed >= {"user", "repository", "grant", "push"}
    for name in set(before) - changed:
        if before[name]:
            assert of_before(after[name], before[name]) == before[name], name
    assert stores(home) == files
    assert version_in_use(home) == houses.NEW
    with houses.served(home.release(houses.NEW), home) as address:
        for kind in ("hg", "git"):
            work = houses.cloned(kind, f"{address}/web/{kind}", home.path.parent / f"clone-{kind}")
            assert (work / "hello.txt").read_text() == "hello.txt"


def test_a_way_back_keeps_what_was_pushed_since(home: Home, made: Made) -> None:
    assert change("upgrade", home, made).returncode == 0
    with houses.served(home.release(houses.NEW), home) as address:
        for kind in ("hg", "git"):
            assert houses.push_something(kind, f"{address}/web/{kind}", home.path.parent / kind, "since.txt").returncode == 0
    pushes = len(rows(home)["push"])

    ended = change("rollback", home, made)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert version_in_use(home) == houses.FIRST
    assert len(rows(home)["push"]) == pushes
    with houses.served(home.release(houses.FIRST), home) as address:
        for kind in ("hg", "git"):
            page = urllib.request.urlopen(f"{address}/web/{kind}", timeout=30).read().decode()
            assert "Add since.txt" in page
            assert houses.push_something(kind, f"{address}/web/{kind}", home.path.parent / kind, "back.txt").returncode == 0
    assert change("rollback", home, made).returncode == 0
    assert version_in_use(home) == houses.NEW


@pytest.mark.parametrize("step", STEPS if FULL_SIZE else ("switch",))
def test_what_fails_leaves_everything_as_it_was(home: Home, made: Made, step: str) -> None:
    before, files, ini = rows(home), stores(home), home.ini.read_bytes()

    ended = change("upgrade", home, made, "fail", "DONE", step)

    assert ended.returncode == 3
    assert "error: This test wants it to fail." in ended.stderr
    assert "This test wants it to fail" in home.log.read_text()
    assert (version_in_use(home), home.ini.read_bytes(), stores(home)) == (houses.FIRST, ini, files)
    assert not home.journal.exists()
    assert not home.release(houses.NEW).path.exists()
    after = rows(home)
    assert all(of_before(after[name], before[name]) == before[name] for name in ("user", "repository", "grant", "push"))
    with houses.served(home.release(houses.FIRST), home):
        pass


@pytest.mark.parametrize("step", STEPS if FULL_SIZE else ("migrate",))
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed(home: Home, made: Made, moment: Moment, step: str) -> None:
    before, files = rows(home), stores(home)

    ended = change("upgrade", home, made, "kill", moment.name, step)

    assert ended.returncode == -signal.SIGKILL
    in_use = home.current()
    assert in_use
    with houses.served(in_use, home):  # the old one or the new one works
        pass
    ended = change("upgrade", home, made)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert version_in_use(home) == houses.NEW
    after = rows(home)
    assert all(of_before(after[name], before[name]) == before[name] for name in ("user", "repository", "grant", "push"))
    assert stores(home) == files
    assert not home.journal.exists()


@pytest.mark.parametrize("step", STEPS if FULL_SIZE else ("migrate",))
@pytest.mark.parametrize("moment", MOMENTS)
def test_no_space(made: Made, tmp_path: Path, moment: Moment, step: str) -> None:
    """With real releases; `test_upgrade_without_space.py` has every step always, with stand-ins."""
    check(tried(tmp_path, "upgrade", moment, step, str(made.house), made.new), houses.FIRST, houses.NEW)


@pytest.mark.parametrize("step", BACK if FULL_SIZE else ("ini",))
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_on_the_way_back(home: Home, made: Made, moment: Moment, step: str) -> None:
    assert change("upgrade", home, made).returncode == 0
    assert change("rollback", home, made, "kill", moment.name, step).returncode == -signal.SIGKILL
    assert version_in_use(home) in {houses.FIRST, houses.NEW}
    ended = change("rollback", home, made)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert version_in_use(home) == houses.FIRST


def test_an_ini_file_that_the_new_release_does_not_understand_stops_before_anything(home: Home, made: Made) -> None:
    home.ini.write_text(home.ini.read_text().replace("[app:main]", "[app:main]\ncutof_limit = 1"))
    ended = change("upgrade", home, made)
    assert ended.returncode == 3
    assert "did you mean cut_off_limit?" in home.log.read_text()
    assert version_in_use(home) == houses.FIRST


def test_without_an_upgrade_there_is_no_way_back(home: Home, made: Made) -> None:
    ended = change("rollback", home, made)
    assert ended.returncode == 3
    assert "error: There is no release before" in ended.stderr
    assert not home.journal.exists()


def test_a_restart_that_fails_brings_the_old_release_back(home: Home, made: Made) -> None:
    told = home.path.parent / "told"
    script = home.path.parent / "restart"
    script.write_text(
        f'#!/bin/sh\nreadlink {home.current_link} >> {told}\ncase "$(readlink {home.current_link})" in *new) exit 1;; esac\n'
    )
    script.chmod(0o755)
    with answering(home):
        ended = subprocess.run(
            [sys.executable, "-m", changer.__name__, "upgrade", str(home.path), str(made.new)],
            cwd=houses.TOP,
            env={**os.environ, "KALLITHEA_RESTART": str(script)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 3
    assert version_in_use(home) == houses.FIRST
    assert told.read_text().split() == [f"releases/{houses.NEW}", f"releases/{houses.FIRST}"]
