"""Keys and certificates with which people sign commits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kallithea.model import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))
_BEFORE = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010", "0011", "0012", "0013")


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_signing_key_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("user_id", "fingerprint", name=op.f("uq_signing_key_user_id")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "signing_key_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signing_key_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["signing_key_id"], ["signing_key.id"], name=op.f("fk_signing_key_part_signing_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key_part")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_signing_key_part_signing_key_id"), "signing_key_part", ["signing_key_id"])
    op.create_index(op.f("ix_signing_key_part_key_id"), "signing_key_part", ["key_id"])
    # A release of before does not know the tables; for it every such signature is one that nobody checked.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in (*_BEFORE, "0016"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    op.drop_table("signing_key_part")
    op.drop_table("signing_key")
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _BEFORE:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))
