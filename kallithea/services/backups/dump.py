"""The tables of a database as text, the same whatever the engine, so that each can be restored into each.

A file for each table, a line of JSON for each row, in the order of the primary key; times as ISO 8601, bytes as base64. Tables
are read as they are in the database and not as this release knows them: a later one may have added columns. The trigrams of the
filter are left out, thirty rows for each repository: they are made anew of the texts that they are in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    MetaData,
    Result,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from kallithea.lib.errors import Conflict
from kallithea.lib.trigrams import trigrams
from kallithea.services.pieces import pieces
from kallithea.services.streaming import ROWS, streamed

NUMBERS = "numbers.json"
"""The file with the next number of each table, so that the number of what was deleted is not given again."""
VERSION = "alembic_version"
TRIGRAMS = "search_trigram"
TEXTS = "search_text"

Tell = Callable[[int], None]
Row = dict[str, Any]


def dump(connection: Connection, folder: Path, *, tell: Tell) -> None:
    """Write every table into the new folder, within the transaction of the connection."""
    folder.mkdir(mode=0o700)
    tables = _tables(connection)
    for table in tables:
        if table.name == TRIGRAMS:
            continue
        order = table.primary_key.columns or table.columns
        with streamed(connection, select(table).order_by(*order)) as found:
            write_table(folder / f"{table.name}.jsonl", found, tell=tell)
    numbers = _numbers(connection, tables)
    (folder / NUMBERS).write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n")
    for path in folder.iterdir():
        path.chmod(0o600)


def write_table(path: Path, found: Result[Any], *, tell: Tell = lambda _size: None) -> None:
    """Write the rows of one table into a new file."""
    with path.open("x", encoding="ascii") as file:
        for row in found.mappings():
            line = json.dumps({str(name): _as_json(value) for name, value in row.items()}, sort_keys=True) + "\n"
            file.write(line)
            tell(len(line))


def load(connection: Connection, folder: Path, *, tell: Tell) -> None:
    """Put the rows of a dump in place of all that is in the tables, which have the schema of the dump. Raises Conflict."""
    tables = _tables(connection)
    known = {table.name for table in tables}
    dumped = {path.stem for path in folder.glob("*.jsonl")}
    if unknown := dumped - known:
        raise Conflict(f"The backup has a table {min(unknown)} that the database does not have.")
    for table in reversed(tables):
        connection.execute(delete(table))
    for table in tables:
        if table.name in dumped:
            _load_table(connection, table, folder / f"{table.name}.jsonl", tell)
        elif table.name == TRIGRAMS and TEXTS in dumped:
            _make_trigrams(connection, table, folder)
    _set_numbers(connection, {table.name: table for table in tables}, json.loads((folder / NUMBERS).read_text()))


def rows_of(folder: Path, table: str) -> Iterator[Row]:
    """The rows of a dumped table, values as they are written."""
    with (folder / f"{table}.jsonl").open(encoding="ascii") as file:
        for line in file:
            yield json.loads(line)


def moment_of(text: str) -> datetime:
    """A time as it is written in a dump."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def _tables(connection: Connection) -> Sequence[Table]:
    """All tables, those that others refer to first."""
    found = MetaData()
    found.reflect(bind=connection)
    return [table for table in found.sorted_tables if not table.name.startswith("sqlite_")]


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview, bytearray)):
        return base64.b64encode(value).decode("ascii")
    return value


def _load_table(connection: Connection, table: Table, file: Path, tell: Tell) -> None:
    """Insert all rows. What rows of the table say of each other comes last, or the order of rows would matter."""
    within = [column.name for column in table.columns if _is_within(column)]
    later: list[Row] = []
    for batch in _batches(file, table, tell):
        later += [{"b_id": row["id"], **{name: row[name] for name in within}} for row in batch if any(row[n] for n in within)]
        connection.execute(insert(table), [{**row, **dict.fromkeys(within)} for row in batch])
    for row in later:
        values = {name: row[name] for name in within}
        connection.execute(update(table).where(table.c.id == row["b_id"]).values(values))


def _make_trigrams(connection: Connection, table: Table, folder: Path) -> None:
    for texts in pieces(rows_of(folder, TEXTS)):
        found = [{"trigram": number, "namespace_id": row["namespace_id"]} for row in texts for number in trigrams(row["text"])]
        if found:
            connection.execute(insert(table), found)


def _batches(file: Path, table: Table, tell: Tell) -> Iterator[list[Row]]:
    batch: list[Row] = []
    columns = table.columns
    with file.open(encoding="ascii") as lines:
        for line in lines:
            tell(len(line))
            batch.append({name: _from_json(columns[name], value) for name, value in json.loads(line).items()})
            if len(batch) >= ROWS:
                yield batch
                batch = []
    if batch:
        yield batch


def _from_json(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat(value)
    if column.type.python_type is bytes:
        return base64.b64decode(value)
    if isinstance(column.type, Boolean):
        return bool(value)
    return int(value) if isinstance(value, bool) else value


def _is_within(column: Column[Any]) -> bool:
    """Whether a column refers to another row of its own table."""
    return any(key.column.table is column.table for key in column.foreign_keys)


def _numbers(connection: Connection, tables: Sequence[Table]) -> dict[str, int]:
    """The last number that each table gave away."""
    if connection.dialect.name == "sqlite":
        if not connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")):
            return {}
        return {name: int(last) for name, last in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    numbered = [table for table in tables if "id" in table.columns]
    return {table.name: _last_number(connection, table) for table in numbered}


def _last_number(connection: Connection, table: Table) -> int:
    highest = connection.scalar(select(func.max(table.c.id))) or 0
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table)
        given = connection.scalar(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"))  # noqa: S608
    else:
        question = (
            "SELECT auto_increment - 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :name"
        )
        given = connection.scalar(text(question), {"name": table.name})
    return max(int(highest), int(given or 0))


def _sequence(connection: Connection, table: Table) -> str:
    name = connection.dialect.identifier_preparer.format_table(table)
    return str(connection.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": name}))


def _set_numbers(connection: Connection, tables: Mapping[str, Table], numbers: Mapping[str, int]) -> None:
    quoted = connection.dialect.identifier_preparer.format_table
    for name, last in numbers.items():
        if name not in tables or last < 1:
            continue
        if connection.dialect.name == "sqlite":
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            values = {"name": name, "last": last}
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)
        elif connection.dialect.name == "postgresql":
            connection.execute(
                text("SELECT setval(:sequence, :last)"), {"sequence": _sequence(connection, tables[name]), "last": last}
            )
        else:
            connection.execute(text(f"ALTER TABLE {quoted(tables[name])} AUTO_INCREMENT = {last + 1:d}"))
