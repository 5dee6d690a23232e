"""Where repositories and groups were before they moved, and from which networks people may come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kallithea.model.base import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))


def upgrade() -> None:
    op.create_table(
        "former_path",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path_key", sa.String(length=510), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_path")),
        sa.ForeignKeyConstraint(
            ["namespace_id"], ["namespace.id"], name=op.f("fk_former_path_namespace_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("path_key", name=op.f("uq_former_path_path_key")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_former_path_namespace_id", "former_path", ["namespace_id"])
    op.create_table(
        "allowed_addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allowed_addresses")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_allowed_addresses_user_id"), ondelete="CASCADE"),
        sa.UniqueConstraint("subject", name=op.f("uq_allowed_addresses_subject")),
        sa.UniqueConstraint("user_id", name=op.f("uq_allowed_addresses_user_id")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    # A release of before knows neither table and needs none; it does not hold anybody to a list of addresses.
    op.execute(sa.delete(_COMPATIBILITY))
    op.bulk_insert(_COMPATIBILITY, [{"revision": f"{number:04}"} for number in range(1, 8)])


def downgrade() -> None:
    op.drop_table("allowed_addresses")
    op.drop_table("former_path")
    op.execute(sa.delete(_COMPATIBILITY))
    op.bulk_insert(_COMPATIBILITY, [{"revision": f"{number:04}"} for number in range(1, 7)])
