"""Prepared statements give what SQLAlchemy gives, and fail as it does."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, column, event, literal, select, table, text
from sqlalchemy.exc import DBAPIError, OperationalError

from kallithea.config.app import App
from kallithea.lib.trace import Trace, begin, end
from kallithea.model import Repository, User
from kallithea.services.actors import Credentials
from kallithea.services.prepared import Prepared
from tests.services.conftest import Ledger

_OF_NAMES = (
    select(
        User.id.label("number"),
        User.name.label("who"),
        User.is_administrator,
        User.created_at,
        literal("50 % of it").label("share"),
        bindparam("wanted", type_=User.is_active.type).label("asked"),
    )
    .where(User.name.in_(bindparam("names", expanding=True)))
    .order_by(User.name)
)


def both(ledger: Ledger, **values: Any) -> tuple[list[Any], list[Any]]:
    with ledger.app.session() as session:
        connection = session.connection()
        prepared = Prepared(_OF_NAMES).rows(connection, **values)
        return [row._asdict() for row in prepared], [row._asdict() for row in connection.execute(_OF_NAMES, values)]


def test_rows_have_the_names_and_types_that_sqlalchemy_gives(ledger: Ledger) -> None:
    ledger.user("alice")
    ledger.user("bob")
    found, expected = both(ledger, names=["alice", "bob", "nobody"], wanted=True)
    assert found == expected
    assert [row["who"] for row in found] == ["alice", "bob"]
    assert {type(row["is_administrator"]) for row in found} == {bool}
    assert isinstance(found[0]["created_at"], datetime)
    assert found[0]["created_at"].tzinfo is timezone.utc


@pytest.mark.parametrize("names", [[], ["alice"], ["alice"] * 300, ["%s", "%(names)s", "?", "'", "\\", "alice"]])
def test_lists_of_any_length_and_with_any_text_are_values_and_nothing_else(ledger: Ledger, names: list[str]) -> None:
    ledger.user("alice")
    found, expected = both(ledger, names=names, wanted=False)
    assert found == expected
    assert [row["who"] for row in found] == (["alice"] if "alice" in names else [])


def test_the_same_text_serves_other_values(ledger: Ledger) -> None:
    ledger.user("alice")
    ledger.user("bob")
    statement = Prepared(_OF_NAMES)
    with ledger.app.session() as session:
        names = [statement.rows(session.connection(), names=[name], wanted=True)[0].who for name in ("alice", "bob", "alice")]
    assert names == ["alice", "bob", "alice"]


def test_what_the_transaction_wrote_is_seen(ledger: Ledger) -> None:
    owner = ledger.user("alice")
    ledger.repository("shop", owner)
    statement = Prepared(select(Repository.description).where(Repository.location.is_not(None)))
    with ledger.app.session() as session:
        session.connection().execute(Repository.__table__.update().values(description="changed"))
        assert [row.description for row in statement.rows(session.connection())] == ["changed"]
        session.rollback()


def test_an_error_of_the_driver_is_one_of_sqlalchemy(ledger: Ledger) -> None:
    statement = Prepared(select(column("nothing")).select_from(table("no_such_table")))
    with ledger.app.session() as session, pytest.raises(DBAPIError):
        statement.rows(session.connection())


def test_the_trace_of_the_request_counts_it(ledger: Ledger) -> None:
    trace = Trace("1")
    begin(trace)
    try:
        with ledger.app.session() as session:
            Prepared(_OF_NAMES).rows(session.connection(), names=["alice"], wanted=True)
    finally:
        end()
    assert [text for text, _ in trace.statements if "FROM" in text] != []
    assert trace.statement_count == len(trace.statements)


def test_what_is_made_of_rows_is_made_again_when_they_changed(ledger: Ledger) -> None:
    ledger.repository("shop", ledger.user("alice"))
    statement, made = Prepared(select(Repository.description, Repository.created_at)), []

    def make(rows: Any) -> list[Any]:
        made.append([(row.description, row.created_at.tzinfo) for row in rows])
        return made[-1]

    def look(description: str | None = None) -> Any:
        with ledger.app.session() as session:
            if description is not None:
                session.connection().execute(Repository.__table__.update().values(description=description))
            session.commit()
        return statement.made(make, ledger.app.engine)

    first = look("first")
    assert look() is first == [("first", timezone.utc)]
    assert look("second") == [("second", timezone.utc)]
    assert look("first") is first
    assert len(made) == 2


@pytest.mark.parametrize(("count", "length", "is_kept"), [(1, 10, True), (900, 10, False), (20, 100_000, False)])
def test_large_answers_are_made_each_time_and_kept_nowhere(ledger: Ledger, count: int, length: int, is_kept: bool) -> None:
    ledger.repository("shop", ledger.user("alice"))
    every = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 900) SELECT n FROM counted"
    numbers = text(every).columns(column("n")).subquery()
    long = literal("x" * length).label("long")
    statement = Prepared(select(numbers.c.n, *(long.label(f"long{at}") for at in range(12))).where(numbers.c.n <= count))
    first, second = (statement.made(list, ledger.app.engine) for _ in range(2))
    assert first == second
    assert len(first) == count
    assert (second is first) == is_kept


def test_a_connection_that_was_lent_is_given_back(ledger: Ledger) -> None:
    engine = ledger.app.engine
    before = engine.pool.checkedout()  # type: ignore[attr-defined] # of the pools that are used here
    assert Prepared(select(User.name)).rows(engine) is not None
    with pytest.raises(DBAPIError):
        Prepared(select(column("nothing")).select_from(table("no_such_table"))).rows(engine)
    assert engine.pool.checkedout() == before  # type: ignore[attr-defined] # as above


def test_a_database_that_is_away_is_told_as_sqlalchemy_tells_it(ledger: Ledger) -> None:
    driver = ledger.app.engine.dialect.loaded_dbapi

    def refuse(*_arguments: Any) -> None:
        raise driver.OperationalError("the database is away")

    event.listen(ledger.app.engine, "do_connect", refuse)
    ledger.app.engine.dispose()
    try:
        with pytest.raises(OperationalError, match="the database is away"):
            Prepared(select(User.name)).rows(ledger.app.engine)
    finally:
        event.remove(ledger.app.engine, "do_connect", refuse)
    assert Prepared(select(User.name)).rows(ledger.app.engine) is not None


def test_no_visitor_of_a_summary_waits_until_its_questions_are_put_together(ledger: Ledger) -> None:
    repository = ledger.repository("shop", ledger.user("alice"))
    started = App.build(ledger.app.settings)
    asked = []

    class Compiler(started.engine.dialect.statement_compiler):  # type: ignore[name-defined,misc]
        def __init__(self, dialect: Any, statement: Any, *rest: Any, **named: Any) -> None:
            asked.append(str(statement))
            super().__init__(dialect, statement, *rest, **named)

    started.engine.dialect.statement_compiler = Compiler
    started.warm_up()
    assert asked
    asked.clear()
    with started.scope(Credentials()) as scope:
        located = scope.access.at("shop")
        scope.listing.public_forks(repository)
        scope.followings.followers(scope.access.read_repository(located))
    started.close()

    assert asked == []
