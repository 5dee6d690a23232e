"""A run that ends early leaves nothing: at a signal it cleans up itself, after kill -9 the next one does."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kallithea.config.last_self_check import NAME, last_self_check
from kallithea.lib.clock import utc_now
from kallithea.selfcheck.names import made_at, new_name
from kallithea.selfcheck.props import Props
from kallithea.services.accounts import NewAccount
from tests.clients.server import CHECKOUT
from tests.selfcheck.conftest import House
from tests.selfcheck.test_a_good_instance import counts

COMMAND = [sys.executable, "-c", "from kallithea.cli import main; main()", "self-check"]
SECRET = "fedcba9876543210fedcba9876543210"


def begun(house: House, *arguments: str) -> subprocess.Popen[str]:
    """A run that has made its group."""
    before = counts(house)["Group"]
    process = subprocess.Popen([*COMMAND, "-c", str(house.ini), *arguments], cwd=CHECKOUT, text=True, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while counts(house)["Group"] == before:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_it_cleans_up(house: House, number: signal.Signals) -> None:
    before = counts(house)
    process = begun(house)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "broken off" in said) == (2, True)
    assert counts(house) == before
    assert house.folders() == []


def test_after_kill_9_the_next_run_cleans_up_when_an_hour_is_over(house: House) -> None:
    before = counts(house)
    process = begun(house)
    process.kill()
    process.communicate()
    left = counts(house)
    assert left["User"] == before["User"] + 2

    house.checks("environment.disk")
    assert counts(house) == left  # it could still be running

    house.checks("environment.disk", clock=lambda: utc_now() + timedelta(minutes=61))
    assert counts(house) == before
    assert house.folders() == []


def test_names_that_others_have_chosen_are_left_alone(house: House) -> None:
    now = datetime(2020, 1, 1, tzinfo=timezone.utc)
    ours, theirs = new_name(SECRET, now), new_name("another secret", now)
    assert made_at(SECRET, ours) == now
    assert made_at(SECRET, f"{ours}/git") == now
    for name in (
        theirs,
        ours[:-1] + ("0" if ours[-1] != "0" else "1"),
        "self-check-me",
        ours.upper(),
        ours.replace("2020", "2021", 1),
    ):
        assert made_at(SECRET, name) is None
    app = house.app()
    try:
        with app.system_scope() as scope:
            scope.accounts.create(NewAccount(theirs, "theirs@example.com", "correct horse"))
        house.checks("environment.disk")
        with app.system_scope() as scope:
            scope.people.delete(scope.accounts.by_name(theirs))
    finally:
        app.close()


def test_what_is_left_behind_opens_nothing_for_long(house: House) -> None:
    app = house.app()
    props = Props(app, new_name(house.settings.session_secret, utc_now()))
    try:
        owner, _ = props.make_group()
        with app.system_scope() as scope:
            tokens = [token for token in scope.tokens.all() if token.owner == owner.name]
        props.remove()
    finally:
        app.close()
    assert len(tokens) == 2
    for token in tokens:
        assert token.places == (owner.name,)
        assert token.expires_at is not None
        assert token.expires_at - token.created_at <= timedelta(minutes=15)


def test_folders_that_are_not_ours_stay(house: House) -> None:
    now = datetime(2020, 1, 1, tzinfo=timezone.utc)
    place = Path(tempfile.gettempdir()) / f"kallithea-{new_name('another secret', now)}-x"
    place.mkdir()
    try:
        house.checks("environment.disk")
        assert place.is_dir()
    finally:
        shutil.rmtree(place)


def test_json_is_as_documented_and_has_nothing_that_opens_anything(house: House) -> None:
    command = [*COMMAND, "-c", str(house.ini), "--quick", "--json"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert list(told) == ["format", "kallithea", "began", "seconds", "quick", "url", "status", "checks"]
    assert (told["format"], told["status"], told["quick"], told["url"]) == (1, "ok", True, "")
    for check in told["checks"]:
        assert list(check) == ["name", "subject", "title", "status", "said", "hint", "seconds"]
        assert check["status"] in ("ok", "failed", "not checked")
    assert "kal_" not in done.stdout
    assert house.settings.session_secret not in done.stdout
    documented = (CHECKOUT / "docs" / "self-check.md").read_text(encoding="utf-8")
    for name in (*told, *told["checks"][0]):
        assert f"`{name}`" in documented


def test_a_failure_ends_with_1_and_what_cannot_be_done_with_2(house: House, tmp_path: Path) -> None:
    text = house.ini.read_text().replace("%(here)s", str(house.folder))
    (tmp_path / "read-only.ini").write_text(text.replace(str(house.folder / "repos"), "/proc/sys"))
    (tmp_path / "wrong.ini").write_text(f"{text}hg_helpers = many\n".replace("hg_helpers = 1\n", ""))
    ended = {}
    for name in ("read-only.ini", "wrong.ini"):
        command = [*COMMAND, "-c", str(tmp_path / name), "--quick"]
        ended[name] = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False)
    assert ended["read-only.ini"].returncode == 1
    assert "hint: The user of the server has to be able to write to /proc/sys" in ended["read-only.ini"].stdout
    last = last_self_check(house.settings.cache_dir)
    assert last is not None
    assert "writing to the store" in last.failed
    (house.settings.cache_dir / NAME).write_text("{")
    assert last_self_check(house.settings.cache_dir) is None
    assert ended["wrong.ini"].returncode == 2
    assert "hg_helpers = many cannot be used" in ended["wrong.ini"].stderr
