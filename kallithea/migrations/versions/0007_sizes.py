"""How large repositories are, and ways to find deeds by the names in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))


def upgrade() -> None:
    op.add_column("repository", sa.Column("size", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_repository_size"), "repository", ["size"])
    op.create_index(op.f("ix_audit_entry_actor_name"), "audit_entry", ["actor_name"])
    op.create_index(op.f("ix_audit_entry_target_name"), "audit_entry", ["target_name"])
    # A release of before knows neither the column nor the indexes and needs none of them.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in ("0001", "0002", "0003", "0004", "0005", "0006"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_entry_target_name"), "audit_entry")
    op.drop_index(op.f("ix_audit_entry_actor_name"), "audit_entry")
    op.drop_index(op.f("ix_repository_size"), "repository")
    op.drop_column("repository", "size")
    op.execute(sa.delete(_COMPATIBILITY))
    for older in ("0001", "0002", "0003", "0004", "0005"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))
