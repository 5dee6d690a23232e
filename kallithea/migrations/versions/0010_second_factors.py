"""Authenticator apps, recovery codes, passkeys, and when a person last proved who they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from kallithea.model.base import UtcDateTime

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))
_OLDER = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
_OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    op.create_table(
        "authenticator_app",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=255), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_authenticator_app_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator_app")),
        sa.UniqueConstraint("user_id", name=op.f("uq_authenticator_app_user_id")),
        **_OPTIONS,
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
        **_OPTIONS,
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("credential_hash", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("handle", sa.String(length=64), nullable=False),
        sa.Column("transports", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_passkey_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_hash", name=op.f("uq_passkey_credential_hash")),
        **_OPTIONS,
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"])
    op.create_table(
        "used_proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proof_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_proof")),
        sa.UniqueConstraint("proof_hash", name=op.f("uq_used_proof_proof_hash")),
        **_OPTIONS,
    )
    op.create_index(op.f("ix_used_proof_expires_at"), "used_proof", ["expires_at"])
    op.add_column("user_session", sa.Column("proved_at", UtcDateTime(), nullable=True))
    # A release of before knows none of it: with it, a password is enough again.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _OLDER:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    op.drop_column("user_session", "proved_at")
    for table in ("used_proof", "passkey", "recovery_code", "authenticator_app"):
        op.drop_table(table)
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _OLDER[:-1]:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))
