"""`/_health` says whether the server works: to everybody in a word, to those who watch it with what is wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from kallithea.config import metrics
from kallithea.config.app import App
from kallithea.config.database import make_engine, upgrade
from kallithea.config.health import REQUIRED, HealthRoom, NotReady, Probe, Readiness
from kallithea.config.settings import Settings
from kallithea.config.watched import Watched
from kallithea.config.watchers import Watchers
from tests.doors.matrix import DOCUMENT
from tests.worlds import World

STRANGER = "203.0.113.7"
WATCHER = "127.0.0.1"


class House:
    """An application with nothing in it, whose parts can be broken."""

    def __init__(self, folder: Path, **more: str) -> None:
        for name in ("repos", "cache"):
            (folder / name).mkdir()
        self.folder = folder
        self.settings = Settings.from_conf(
            {},
            {
                "repos_path": str(folder / "repos"),
                "cache_dir": str(folder / "cache"),
                "sqlalchemy.url": f"sqlite:///{folder}/kallithea.db",
                "session.secret": "fedcba9876543210fedcba9876543210",
                **more,
            },
        )
        engine = make_engine(self.settings.sqlalchemy_url)
        upgrade(engine)
        engine.dispose()
        self.app = App.build(self.settings)
        readiness = Readiness([*Readiness.of(self.app).probes], fresh=0.0)
        watchers = Watchers(self.settings.monitored_from, self.settings.trusted_proxies)
        self.wsgi = Watched(HealthRoom(_nothing_else, readiness, watchers), proxies=(), slow=0)

    def ask(self, path: str = "/_health/ready", *, address: str = WATCHER, **options: Any) -> TestResponse:
        return TestApp(self.wsgi, extra_environ={"REMOTE_ADDR": address}).get(path, status="*", **options)


def _nothing_else(environ: Any, start_response: Any) -> list[bytes]:
    raise AssertionError("health is answered in its own room")


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.app.close()


def _ask_world(world: World, path: str, *, address: str = WATCHER, **options: Any) -> TestResponse:
    return TestApp(world.wsgi, extra_environ={"REMOTE_ADDR": address}).get(path, status="*", **options)


@pytest.mark.parametrize("path", REQUIRED)
def test_a_server_that_works_says_ok(world: World, path: str) -> None:
    answer = _ask_world(world, path, address=STRANGER)

    assert answer.status_int == 200
    assert answer.text.splitlines()[0] == "ok"


def test_each_thing_that_is_needed_is_named(house: House) -> None:
    things = ("database", "schema", "store", "cache", "disk", "git")
    assert house.ask().text.splitlines() == ["ok", *(f"{thing}: ok" for thing in things)]


def test_programs_get_json(house: House) -> None:
    answer = house.ask(headers={"Accept": "application/json"})

    assert answer.content_type == "application/json"
    assert json.loads(answer.text)["checks"]["database"] == {"status": "ok"}


@pytest.mark.parametrize(("thing", "said"), [("store", "repos is missing"), ("cache", "cache is missing")])
def test_a_missing_folder_is_not_ready(house: House, thing: str, said: str) -> None:
    (house.folder / said.split()[0]).rmdir()

    answer = house.ask()

    assert answer.status_int == 503
    assert any(line.startswith(f"{thing}: not ok: ") and line.endswith(said) for line in answer.text.splitlines())


def test_a_missing_database_is_not_ready_and_still_alive(house: House) -> None:
    house.app.engine.dispose()
    (house.folder / "kallithea.db").unlink()

    assert (house.ask().status_int, house.ask("/_health/live").status_int) == (503, 200)


def test_a_database_of_another_release_is_not_ready(house: House) -> None:
    with house.app.session() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'ffff'")
        session.connection().exec_driver_sql("DELETE FROM schema_compatibility")
        session.commit()

    assert "schema: not ok: The database was made by a newer release (ffff)" in house.ask().text


def test_a_server_recovers_without_a_restart(house: House) -> None:
    (house.folder / "repos").rmdir()
    house.ask()
    (house.folder / "repos").mkdir()

    assert house.ask().status_int == 200


def test_a_nearly_full_disk_is_not_ready(tmp_path: Path) -> None:
    house = House(tmp_path, least_free_space="900000000")

    answer = house.ask()
    house.app.close()

    assert answer.status_int == 503
    assert "fewer than 900000000" in answer.text


def test_a_stranger_hears_no_paths_and_no_errors(house: House) -> None:
    (house.folder / "repos").rmdir()

    answer = house.ask(address=STRANGER)

    well = [f"{thing}: ok" for thing in ("cache", "disk", "git")]
    assert answer.text.splitlines() == ["not ok", "database: ok", "schema: ok", "store: not ok", *well]


def test_a_stranger_hears_no_paths_in_json_either(house: House) -> None:
    (house.folder / "repos").rmdir()

    answer = house.ask(address=STRANGER, headers={"Accept": "application/json"})

    assert json.loads(answer.text)["checks"]["store"] == {"status": "not ok"}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"])
def test_who_comes_through_an_unknown_proxy_on_this_machine_is_a_stranger(house: House, header: str) -> None:
    (house.folder / "repos").rmdir()

    assert str(house.folder) not in house.ask(headers={header: "127.0.0.1"}).text


def test_something_that_hangs_is_named_within_the_time_that_it_gets() -> None:
    forever = threading.Event()
    readiness = Readiness([Probe("store", lambda: bool(forever.wait()) and None)], patience=0.05)

    report = readiness.report()
    forever.set()

    assert report.outcomes[0].wrong == "has not answered for 0 seconds"


def test_something_that_hangs_is_not_asked_twice() -> None:
    forever, asked = threading.Event(), []
    probe = Probe("store", lambda: asked.append(1) or (bool(forever.wait()) and None))
    readiness = Readiness([probe], patience=0.05, fresh=0.0)

    readiness.report()
    readiness.report()
    forever.set()

    assert asked == [1]


def test_a_report_holds_for_a_moment_whoever_asks() -> None:
    asked: list[int] = []
    readiness = Readiness([Probe("database", lambda: asked.append(1))], fresh=60.0)

    readiness.report()
    readiness.report()

    assert asked == [1]


def test_what_is_wrong_is_said_in_the_words_of_who_found_it() -> None:
    def look() -> None:
        raise NotReady("it is gone")

    assert Readiness([Probe("store", look)]).report().outcomes[0].wrong == "it is gone"


def test_health_is_for_looking_only(world: World) -> None:
    answer = TestApp(world.wsgi).post("/_health", status="*")

    assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_head_has_no_body(world: World) -> None:
    assert TestApp(world.wsgi).head("/_health/live").body == b""


def test_nobody_keeps_the_answer(world: World) -> None:
    assert _ask_world(world, "/_health/live").headers["Cache-Control"] == "no-store"


def test_what_watchers_may_see_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert [
        path for path, requires in {**REQUIRED, **metrics.REQUIRED}.items() if f"| `{path}` | {requires} |" not in text
    ] == []
