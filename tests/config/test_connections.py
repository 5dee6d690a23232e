"""The pool of database connections: nobody waits, nobody shares, and no more are kept than was said."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from kallithea.config.database import make_engine


@pytest.fixture(name="engine")
def _engine(tmp_path: Path) -> Engine:
    return make_engine(f"sqlite:///{tmp_path / 'pool.db'}")


def test_as_many_connections_are_there_as_are_wanted_at_once(engine: Engine) -> None:
    together = threading.Barrier(70)

    def ask(_number: int) -> int:
        with engine.connect() as connection:
            together.wait(30)
            return int(connection.execute(text("SELECT 7")).scalar_one())

    with ThreadPoolExecutor(70) as threads:
        assert list(threads.map(ask, range(70))) == [7] * 70
    assert "Connections in pool: 8 " in engine.pool.status()
    engine.dispose()


def test_two_threads_never_have_the_same_connection(engine: Engine) -> None:
    in_use: set[int] = set()
    shared = []

    def ask(_number: int) -> None:
        for _ in range(50):
            with engine.connect() as connection:
                name = id(connection.connection.dbapi_connection)
                shared.extend([name] if name in in_use else [])
                in_use.add(name)
                connection.execute(text("SELECT 1")).scalar_one()
                in_use.discard(name)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(ask, range(24)))
    assert shared == []


def test_a_connection_comes_back_without_what_its_user_left_open(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE left_open (a INTEGER)"))  # no commit
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0
