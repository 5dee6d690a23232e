"""How messages of a repository name issues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

_COMPATIBILITY = sa.table("schema_compatibility", sa.column("revision"))


def upgrade() -> None:
    op.add_column("repository", sa.Column("issue_links", sa.Text(), nullable=True))
    # A release of before neither knows the column nor needs it.
    op.execute(sa.delete(_COMPATIBILITY))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0001"))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0002"))


def downgrade() -> None:
    op.drop_column("repository", "issue_links")
    op.execute(sa.delete(_COMPATIBILITY))
    op.execute(sa.insert(_COMPATIBILITY).values(revision="0001"))
