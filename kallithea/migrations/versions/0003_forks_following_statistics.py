"""Repositories that are copies, who follows them, and what was counted in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kallithea.model.base import LongBytes, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))


def upgrade() -> None:
    op.add_column("repository", sa.Column("state", sa.String(length=16), server_default="ready", nullable=False))
    op.add_column("repository", sa.Column("relations", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "following",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_following_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_following_repository_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("user_id", "repository_id", name=op.f("uq_following_user_id")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_following_repository_id", "following", ["repository_id"])
    op.create_table(
        "statistics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("tally", LongBytes, nullable=False),
        sa.Column("shown", LongBytes, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics")),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_statistics_repository_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("repository_id", name=op.f("uq_statistics_repository_id")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    # Releases of before know neither tables nor columns and need none; a copy under way is to them one without a folder.
    op.execute(sa.delete(_COMPATIBILITY))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0001"))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0002"))


def downgrade() -> None:
    op.drop_table("statistics")
    op.drop_table("following")
    op.drop_column("repository", "relations")
    op.drop_column("repository", "state")
    op.execute(sa.delete(_COMPATIBILITY))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0001"))
