"""Where what counts on a namespace is granted, what the filter of lists finds, and paths in one order on every database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from kallithea.lib.names import path_key
from kallithea.lib.trigrams import trigrams

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))
_OLDER = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010", "0011", "0012", "0013", "0016", "0017")
_NAMESPACE = sa.table(
    "namespace", sa.column("id"), sa.column("parent_id"), sa.column("path_key"), sa.column("inherits", sa.Boolean())
)
_REPOSITORY = sa.table("repository", sa.column("namespace_id"), sa.column("description"))
_GROUP = sa.table("group", sa.column("namespace_id"), sa.column("description"))
_TEXT = sa.table("search_text", sa.column("namespace_id"), sa.column("text"))
_TRIGRAM = sa.table("search_trigram", sa.column("trigram"), sa.column("namespace_id"))
_OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
AT_ONCE = 500
"""Namespaces whose words are in memory together."""
_SOURCE = sa.table("grant_source", sa.column("namespace_id"), sa.column("source_id"))


def upgrade() -> None:
    op.create_table(
        "grant_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"], ["namespace.id"], name=op.f("fk_grant_source_namespace_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["namespace.id"], name=op.f("fk_grant_source_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_source")),
        sa.UniqueConstraint("source_id", "namespace_id", name=op.f("uq_grant_source_source_id")),
        sqlite_autoincrement=True,
        **_OPTIONS,
    )
    op.get_bind().execute(sa.insert(_SOURCE).from_select(["namespace_id", "source_id"], _computed()))
    op.create_index(op.f("ix_grant_source_namespace_id"), "grant_source", ["namespace_id"])
    op.create_table(
        "search_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"], ["namespace.id"], name=op.f("fk_search_text_namespace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_text")),
        sa.UniqueConstraint("namespace_id", name=op.f("uq_search_text_namespace_id")),
        sqlite_autoincrement=True,
        **_OPTIONS,
    )
    op.create_table(
        "search_trigram",
        sa.Column("trigram", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["namespace_id"], ["namespace.id"], name=op.f("fk_search_trigram_namespace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trigram", "namespace_id", name=op.f("pk_search_trigram")),
        sqlite_with_rowid=False,
        **_OPTIONS,
    )
    _index(op.get_bind())
    op.create_index(op.f("ix_search_trigram_namespace_id"), "search_trigram", ["namespace_id"])
    _order_by_bytes('"C"')
    # Releases of before make, move and cut off without this table. Lists show nothing for it alone, and a job puts it right.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _OLDER:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    _order_by_bytes('"default"')
    for table in ("search_trigram", "search_text", "grant_source"):
        op.drop_table(table)
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _OLDER[:-1]:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def _computed() -> sa.Select[tuple[int, int]]:
    """Each namespace but the root with itself, then with what is above it, until one does not inherit."""
    own, above = _NAMESPACE.alias("own"), _NAMESPACE.alias("above")
    up = (
        sa.select(own.c.id.label("namespace_id"), own.c.id.label("source_id"), own.c.parent_id, own.c.inherits)
        .where(own.c.parent_id.is_not(None))
        .cte("up", recursive=True)
    )
    further = (
        sa.select(up.c.namespace_id, above.c.id, above.c.parent_id, above.c.inherits)
        .join(above, above.c.id == up.c.parent_id)
        .where(up.c.inherits, above.c.parent_id.is_not(None))
    )
    whole = up.union_all(further)
    return sa.select(whole.c.namespace_id, whole.c.source_id)


def _index(connection: sa.Connection) -> None:
    """What is found is the name and the description of each repository and group."""
    texts = (
        sa.select(_NAMESPACE.c.id, _NAMESPACE.c.path_key, sa.func.coalesce(_REPOSITORY.c.description, _GROUP.c.description, ""))
        .outerjoin(_REPOSITORY, _REPOSITORY.c.namespace_id == _NAMESPACE.c.id)
        .outerjoin(_GROUP, _GROUP.c.namespace_id == _NAMESPACE.c.id)
        .where(_NAMESPACE.c.parent_id.is_not(None))
        .order_by(_NAMESPACE.c.id)
    )
    last = 0
    while some := connection.execute(texts.where(_NAMESPACE.c.id > last).limit(AT_ONCE)).all():
        last = some[-1][0]
        found = [(number, f"\n\n{key.rpartition('/')[2]}\n\n{path_key(description)}") for number, key, description in some]
        connection.execute(sa.insert(_TEXT), [{"namespace_id": number, "text": text} for number, text in found])
        pairs = [(trigram, number) for number, text in found for trigram in trigrams(text)]
        connection.execute(sa.insert(_TRIGRAM), [{"trigram": one, "namespace_id": number} for one, number in pairs])


def _order_by_bytes(collation: str) -> None:
    """SQLite and MariaDB do so anyway; on PostgreSQL the database's language decides, and what is below a path is no range."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE namespace ALTER COLUMN path_key TYPE varchar(510) COLLATE {collation}")
