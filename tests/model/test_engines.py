"""What the ledger promises on every engine: the same tables, the same order of text, one winner of each race."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from sqlalchemy import Engine, inspect, select

from kallithea.config import database
from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, Unauthenticated, Unavailable
from kallithea.lib.passwords import Passwords
from kallithea.model import Base, Namespace, SignInFailure, User
from kallithea.services.access.sources import GrantSources
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Credentials, NamePassword, Origin
from kallithea.services.repositories import NewRepository
from tests import databases

PASSWORD = "correct horse"


@pytest.fixture(name="engine_name", params=databases.ENGINES)
def _engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(name="app")
def _app(tmp_path: Path, engine_name: str) -> Iterator[App]:
    (tmp_path / "repos").mkdir()
    settings = Settings(
        repos_path=tmp_path / "repos",
        cache_dir=tmp_path / "cache",
        sqlalchemy_url=databases.new_ledger(tmp_path, engine_name),
        session_secret="a-secret-of-the-tests",
    )
    app = App.build(settings, passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    with app.system_scope() as scope:
        scope.accounts.create(NewAccount("alice", "alice@example.com", PASSWORD, True))
    yield app
    app.close()
    databases.discard(settings.sqlalchemy_url)


@pytest.fixture(name="empty")
def _empty(tmp_path: Path, engine_name: str) -> Iterator[Engine]:
    url = databases.new_database(tmp_path, engine_name)
    engine = database.make_engine(url)
    yield engine
    engine.dispose()
    databases.discard(url)


def alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "kallithea:migrations")
    return config


def test_migrations_go_up_down_and_up_and_equal_the_models(empty: Engine) -> None:
    config = alembic()
    database.upgrade(empty)
    with database.writing(empty).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        left = set(inspect(connection).get_table_names())
    database.upgrade(empty)
    database.check_schema(empty)

    assert left <= {"alembic_version", "sqlite_sequence"}
    with empty.begin() as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_every_table_of_a_server_keeps_every_character_and_compares_bytes(empty: Engine) -> None:
    if empty.dialect.name != "mysql":
        return  # the others have one character set for the whole database
    database.upgrade(empty)
    with empty.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        collations = {row[0]: row[1] for row in found}

    assert {collations[name] for name in Base.metadata.tables} == {"utf8mb4_bin"}


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """What becomes of them, begun at the same moment in threads of their own."""
    results: list[object] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = acts[number]()
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def test_of_many_who_make_the_same_account_one_does(app: App) -> None:
    def make() -> None:
        with app.system_scope() as scope:
            scope.accounts.create(NewAccount("Bob", "bob@example.com", PASSWORD))

    results = at_once([make] * 6)

    assert results.count(None) == 1
    assert all(isinstance(result, Conflict) for result in results if result is not None), results


def test_of_many_who_make_the_same_repository_one_does_and_nothing_is_left_of_the_others(app: App) -> None:
    def make() -> None:
        with app.system_scope() as scope:
            owner = scope.accounts.by_name("alice")
            scope.repositories.create(NewRepository("web/shop", "git"), owner=owner)

    results = at_once([make] * 6)

    assert results.count(None) == 1
    assert all(isinstance(result, Conflict | Unavailable) for result in results if result is not None), results
    assert len(list((app.settings.repos_path / ".store").iterdir())) == 1


def test_wrong_passwords_at_once_are_all_counted_and_none_is_an_accident(app: App) -> None:
    def guess() -> None:
        with app.scope(Credentials(NamePassword("nobody", "wrong"), Origin("192.0.2.1", "a browser", "http"))) as scope:
            assert scope.actor

    results = at_once([guess] * 9)

    assert all(isinstance(result, Unauthenticated) for result in results), results
    with app.session() as session:
        assert [row.failures for row in session.scalars(select(SignInFailure))] == [9, 9]


def test_many_who_give_the_same_grant_end_with_one(app: App) -> None:
    with app.system_scope() as scope:
        scope.repositories.create(NewRepository("shop", "git"), owner=scope.accounts.by_name("alice"))

    def give() -> None:
        with app.system_scope() as scope:
            grant = scope.access.administer_repository(scope.access.locate_path("shop"))
            scope.granting.give(grant, "members", Access.WRITE)

    results = at_once([give] * 6)

    assert None in results
    assert all(isinstance(result, Conflict) for result in results if result is not None), results


def test_those_who_move_cut_off_and_make_at_once_leave_the_closure_right(app: App) -> None:
    with app.system_scope() as scope:
        for path in ("a/x", "b/y", "c"):
            scope.groups.create(path, owner=scope.accounts.first_administrator())

    def move(path: str, new: str) -> None:
        with app.system_scope() as scope:
            scope.groups.rename(scope.access.administer_group(scope.access.at(path)), new)

    def cut_off(path: str) -> None:
        with app.system_scope() as scope:
            scope.granting.set_inherits(scope.access.administer_group(scope.access.at(path)), False)

    def make(path: str) -> None:
        with app.system_scope() as scope:
            scope.groups.create(path, owner=scope.accounts.first_administrator())

    results = at_once(
        [
            partial(move, "a", "b/y/a"),
            partial(move, "b", "a/x/b"),
            partial(cut_off, "a"),
            partial(cut_off, "b/y"),
            *(partial(make, f"{path}/new{number}") for number in range(3) for path in ("a/x", "b/y", "c")),
        ]
    )

    assert {type(result) for result in results} <= {type(None), Conflict, NotFound}
    assert results.count(None) >= 3
    with app.session() as session, session.begin():
        assert GrantSources(session).repair() == 0


def test_text_is_kept_and_compared_as_it_is(app: App) -> None:
    names = ["web/Straße", "web/strasse2", "web/日本語", "web/a b", "web/𝔘nicode", "web/é", "web/e"]
    with app.system_scope() as scope:
        owner = scope.accounts.by_name("alice")
        for name in names:
            scope.repositories.create(NewRepository(name, "git", description="🐘 " * 3000), owner=owner)

    with app.session() as session:
        kept = session.scalars(select(Namespace.path).where(Namespace.path.like("web/%"))).all()
        keys = session.scalars(select(Namespace.path_key).order_by(Namespace.path_key)).all()
    assert set(kept) == set(names)
    assert keys == sorted(keys, key=lambda key: key.encode())


def test_moments_keep_their_microseconds(app: App) -> None:
    with app.session() as session, session.begin():
        user = session.scalars(select(User)).one()
        moment = user.created_at.replace(microsecond=123457)
        user.created_at = moment
    with app.session() as session:
        assert session.scalars(select(User.created_at)).one() == moment


@pytest.mark.parametrize("text", ["a\0b", "x" * 300])
def test_what_one_engine_cannot_keep_is_refused_and_no_accident(app: App, engine_name: str, text: str) -> None:
    try:
        with app.scope(Credentials(), writes=True) as scope:
            scope.site_settings._set(text, "value")
    except KallitheaError as error:
        assert isinstance(error, Invalid)  # noqa: PT017 - engines differ in what they keep


def test_a_server_sees_what_others_committed_meanwhile(app: App) -> None:
    with app.session() as session:
        isolation = session.connection().get_isolation_level()
    assert isolation in ("READ COMMITTED", "SERIALIZABLE")  # the latter is SQLite, where readers see one state
