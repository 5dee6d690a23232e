"""Migrations only add, so that the release before still runs on the new tables; each says which releases do."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from sqlalchemy import create_engine

from kallithea.config import revisions

NAMES = sorted(path.stem for path in revisions.VERSIONS.glob("*.py"))
LATER = [name for name in NAMES if not name.startswith("0001")]
ADDING = (ops.CreateTableOp, ops.CreateIndexOp, ops.AddColumnOp, ops.BulkInsertOp, ops.ExecuteSQLOp)


def module(name: str) -> ModuleType:
    return importlib.import_module(f"kallithea.migrations.versions.{name}")


class Recorded(Operations):
    """Notes each operation, and does it."""

    def __init__(self, context: MigrationContext) -> None:
        super().__init__(context)
        self.found: list[ops.MigrateOperation] = []

    def invoke(self, operation: ops.MigrateOperation) -> Any:
        self.found.append(operation)
        return super().invoke(operation)


@pytest.fixture(name="made", scope="module")
def _made() -> dict[str, tuple[list[ops.MigrateOperation], set[str]]]:
    """For each migration its operations, and the releases that it says run on its tables."""
    found: dict[str, tuple[list[ops.MigrateOperation], set[str]]] = {}
    with create_engine("sqlite://").begin() as connection:
        for name in NAMES:
            recorded = Recorded(MigrationContext.configure(connection))
            with Operations.context(recorded.migration_context):
                migration = module(name)
                operations, migration.op = migration.op, recorded  # type: ignore[attr-defined]
                try:
                    migration.upgrade()
                finally:
                    migration.op = operations  # type: ignore[attr-defined]
            found[name] = recorded.found, set(connection.scalars(sa.text("SELECT revision FROM schema_compatibility")))
    return found


def narrows(operation: ops.MigrateOperation) -> str | None:
    """What of an operation the release before could not live with; None for nothing."""
    if not isinstance(operation, ADDING):
        return f"{type(operation).__name__} does more than add"
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        if not column.nullable and column.server_default is None:
            return f"{operation.table_name}.{column.name} has to be filled by whoever does not know it"
    if isinstance(operation, ops.CreateIndexOp) and operation.unique:
        return f"{operation.index_name} forbids what was allowed"
    if isinstance(operation, ops.ExecuteSQLOp):
        said = str(operation.sqltext).split()
        # Rows may be made and changed; of tables that were there none may go, but those that say which releases fit.
        if said[0].upper() not in {"INSERT", "UPDATE", "DELETE"}:
            return f"{' '.join(said[:3])} is no change of rows"
        if said[0].upper() == "DELETE" and said[2] != "schema_compatibility":
            return f"{said[2]} loses rows"
    return None


@pytest.mark.parametrize("name", LATER)
def test_a_migration_only_adds(made: dict[str, tuple[list[ops.MigrateOperation], set[str]]], name: str) -> None:
    before = {operation.table_name for other in NAMES[: NAMES.index(name)] for operation in made[other][0] if _makes(operation)}
    new = {operation.table_name for operation in made[name][0] if _makes(operation)}
    # What is made here nobody knows yet, so it may be as strict as it likes.
    judged = [operation for operation in made[name][0] if getattr(operation, "table_name", None) not in new - before]
    assert [said for operation in judged if (said := narrows(operation))] == []


@pytest.mark.parametrize("name", LATER)
def test_a_migration_names_every_release_before_it(
    made: dict[str, tuple[list[ops.MigrateOperation], set[str]]], name: str
) -> None:
    known = {module(other).revision for other in NAMES[: NAMES.index(name)]}
    assert made[name][1] - {module(name).revision} == known


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (ops.DropColumnOp("user", "name"), "does more than add"),
        (ops.DropTableOp("user"), "does more than add"),
        (ops.RenameTableOp("user", "person"), "does more than add"),
        (ops.AlterColumnOp("user", "name", modify_nullable=False), "does more than add"),
        (ops.AddColumnOp("user", sa.Column("age", sa.Integer(), nullable=False)), "has to be filled"),
        (ops.CreateIndexOp("ux", "user", ["name"], unique=True), "forbids"),
        (ops.ExecuteSQLOp(sa.text("ALTER TABLE user DROP name")), "no change of rows"),
        (ops.ExecuteSQLOp(sa.text("DELETE FROM user")), "loses rows"),
    ],
)
def test_what_would_narrow_is_found(operation: ops.MigrateOperation, said: str) -> None:
    assert said in (narrows(operation) or "")


def _makes(operation: ops.MigrateOperation) -> bool:
    return isinstance(operation, ops.CreateTableOp)
