"""How messages of a repository name issues, and pictures of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kallithea.model.base import LongBytes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))


def upgrade() -> None:
    op.create_table(
        "user_picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(length=32), nullable=False),
        sa.Column("content", LongBytes, nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_picture_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_picture")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_picture_user_id")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.add_column("repository", sa.Column("issue_links", sa.Text(), nullable=True))
    # A release of before knows neither the table nor the column and needs none of them.
    op.execute(sa.delete(_COMPATIBILITY))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0001"))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0002"))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0003"))


def downgrade() -> None:
    op.drop_column("repository", "issue_links")
    op.drop_table("user_picture")
    op.execute(sa.delete(_COMPATIBILITY))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0001"))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0002"))
