"""Public keys of SSH, of people and of repositories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kallithea.model import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))


def upgrade() -> None:
    op.create_table(
        "ssh_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("repository_id", sa.Integer(), nullable=True),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("algorithm", sa.String(length=64), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("access BETWEEN 0 AND 2", name=op.f("ck_ssh_key_access_of_a_key")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_ssh_key_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_ssh_key_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ssh_key")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_ssh_key_fingerprint")),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_ssh_key_user_id"), "ssh_key", ["user_id"])
    op.create_index(op.f("ix_ssh_key_repository_id"), "ssh_key", ["repository_id"])
    # A release of before does not know the table; it has no SSH, so nobody gets in by a key meanwhile.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010", "0011"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    op.drop_table("ssh_key")
    op.execute(sa.delete(_COMPATIBILITY))
    for older in ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))
