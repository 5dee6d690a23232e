"""Whom accounts are at sources of sign-ins, which user groups follow theirs, and where a session began."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from kallithea.model.base import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))
_OLDER = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010", "0011", "0012")
_OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    op.create_table(
        "external_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("signed_in_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_external_identity_user_id"), ondelete="CASCADE"),
        sa.UniqueConstraint("source", "subject", name=op.f("uq_external_identity_source")),
        **_OPTIONS,
    )
    op.create_index("ix_external_identity_user_id", "external_identity", ["user_id"])
    op.create_table(
        "synchronised_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("external_name", sa.String(length=500), nullable=False),
        sa.Column("user_group_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synchronised_group")),
        sa.ForeignKeyConstraint(
            ["user_group_id"], ["user_group.id"], name=op.f("fk_synchronised_group_user_group_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("source", "external_name", "user_group_id", name=op.f("uq_synchronised_group_source")),
        **_OPTIONS,
    )
    op.create_index("ix_synchronised_group_user_group_id", "synchronised_group", ["user_group_id"])
    op.add_column("user_session", sa.Column("source", sa.String(length=30), nullable=True))
    # Releases of before know neither tables nor column, and need none: an account of elsewhere has no password there.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _OLDER:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    op.drop_column("user_session", "source")
    op.drop_table("synchronised_group")
    op.drop_table("external_identity")
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _OLDER[:-1]:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))
