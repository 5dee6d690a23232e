"""The time zone of a person, and from where an SSH key was last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))
_BEFORE = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010", "0011", "0012")


def upgrade() -> None:
    op.add_column("user", sa.Column("time_zone", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("ssh_key", sa.Column("used_address", sa.String(length=64), nullable=False, server_default=""))
    # A release of before knows neither column and leaves both as they are.
    op.execute(sa.delete(_COMPATIBILITY))
    for older in (*_BEFORE, "0013"):
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))


def downgrade() -> None:
    op.drop_column("ssh_key", "used_address")
    op.drop_column("user", "time_zone")
    op.execute(sa.delete(_COMPATIBILITY))
    for older in _BEFORE:
        op.execute(sa.insert(_COMPATIBILITY).values(revision=older))
