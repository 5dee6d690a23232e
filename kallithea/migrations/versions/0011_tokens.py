"""Access tokens of people, and deploy tokens of repositories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kallithea.model.base import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))


def upgrade() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("may_use_api", sa.Boolean(), nullable=False),
        sa.Column("is_bound", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("used_address", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_token")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_access_token_user_id"), ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_access_token_user_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_access_token_token_hash")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_access_token_expires_at", "access_token", ["expires_at"])
    op.create_table(
        "access_token_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_token_place")),
        sa.ForeignKeyConstraint(
            ["token_id"], ["access_token.id"], name=op.f("fk_access_token_place_token_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["namespace_id"], ["namespace.id"], name=op.f("fk_access_token_place_namespace_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token_id", "namespace_id", name=op.f("uq_access_token_place_token_id")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_access_token_place_namespace_id", "access_token_place", ["namespace_id"])
    op.create_table(
        "deploy_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("used_address", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deploy_token")),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_deploy_token_repository_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("repository_id", "name", name=op.f("uq_deploy_token_repository_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_deploy_token_token_hash")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_deploy_token_expires_at", "deploy_token", ["expires_at"])
    # Releases of before know none of these and need none of them.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    op.drop_table("deploy_token")
    op.drop_table("access_token_place")
    op.drop_table("access_token")
    op.execute(sa.delete(_COMPATIBILITY))
    for older in ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))
