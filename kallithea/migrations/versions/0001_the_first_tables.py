"""The first tables, the root namespace, and who may create at the top."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from kallithea.model.base import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
_TABLES = (
    "namespace",
    "schema_compatibility",
    "setting",
    "sign_in_failure",
    "user",
    "group",
    "repository",
    "user_group",
    "user_session",
    "grant",
    "push",
    "user_group_member",
    "ref_update",
)
_NAMESPACE = sa.table("namespace", sa.column("id"), sa.column("path"), sa.column("path_key"), sa.column("inherits"))
_GRANT = sa.table("grant", sa.column("namespace_id"), sa.column("principal"), sa.column("access"), sa.column("may_create"))


def upgrade() -> None:
    op.create_table(
        "namespace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("path_key", sa.String(length=510), nullable=False),
        sa.Column("inherits", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["namespace.id"], name=op.f("fk_namespace_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_namespace")),
        sa.UniqueConstraint("path_key", name=op.f("uq_namespace_path_key")),
        **_OPTIONS,
    )
    op.create_index("ix_namespace_parent_id", "namespace", ["parent_id"])

    op.create_table(
        "schema_compatibility",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_compatibility")),
        sa.UniqueConstraint("revision", name=op.f("uq_schema_compatibility_revision")),
        **_OPTIONS,
    )
    op.create_table(
        "setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
        sa.UniqueConstraint("name", name=op.f("uq_setting_name")),
        **_OPTIONS,
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
        sa.UniqueConstraint("subject", name=op.f("uq_sign_in_failure_subject")),
        **_OPTIONS,
    )
    op.create_index("ix_sign_in_failure_last_at", "sign_in_failure", ["last_at"])

    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=508), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email_key", name=op.f("uq_user_email_key")),
        sa.UniqueConstraint("name_key", name=op.f("uq_user_name_key")),
        **_OPTIONS,
    )
    op.create_table(
        "group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["namespace_id"], ["namespace.id"], name=op.f("fk_group_namespace_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_group_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group")),
        sa.UniqueConstraint("namespace_id", name=op.f("uq_group_namespace_id")),
        **_OPTIONS,
    )
    op.create_index("ix_group_owner_id", "group", ["owner_id"])

    op.create_table(
        "repository",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("location", sa.String(length=1024), nullable=False),
        sa.Column("publishing", sa.Boolean(), nullable=False),
        sa.Column("landing", sa.String(length=255), nullable=True),
        sa.Column("forked_from_id", sa.Integer(), nullable=True),
        sa.Column("tip_id", sa.String(length=64), nullable=True),
        sa.Column("tip_author", sa.String(length=255), nullable=True),
        sa.Column("tip_summary", sa.String(length=255), nullable=True),
        sa.Column("tip_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["forked_from_id"], ["repository.id"], name=op.f("fk_repository_forked_from_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["namespace_id"], ["namespace.id"], name=op.f("fk_repository_namespace_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_repository_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repository")),
        sa.UniqueConstraint("namespace_id", name=op.f("uq_repository_namespace_id")),
        **_OPTIONS,
    )
    op.create_index("ix_repository_forked_from_id", "repository", ["forked_from_id"])
    op.create_index("ix_repository_owner_id", "repository", ["owner_id"])

    op.create_table(
        "user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=510), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_user_group_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_group")),
        sa.UniqueConstraint("name_key", name=op.f("uq_user_group_name_key")),
        **_OPTIONS,
    )
    op.create_index("ix_user_group_owner_id", "user_group", ["owner_id"])

    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
        **_OPTIONS,
    )
    op.create_index("ix_user_session_expires_at", "user_session", ["expires_at"])
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])

    op.create_table(
        "grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("namespace_id", sa.Integer(), nullable=False),
        sa.Column("principal", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("user_group_id", sa.Integer(), nullable=True),
        sa.Column("access", sa.SmallInteger(), nullable=False),
        sa.Column("may_create", sa.Boolean(), nullable=False),
        sa.CheckConstraint("access BETWEEN 0 AND 3 AND (access > 0 OR may_create)", name=op.f("ck_grant_says_something")),
        sa.ForeignKeyConstraint(["namespace_id"], ["namespace.id"], name=op.f("fk_grant_namespace_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_group_id"], ["user_group.id"], name=op.f("fk_grant_user_group_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_grant_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant")),
        sa.UniqueConstraint("namespace_id", "principal", name=op.f("uq_grant_namespace_id")),
        **_OPTIONS,
    )
    op.create_index("ix_grant_principal", "grant", ["principal"])
    op.create_index("ix_grant_user_group_id", "grant", ["user_group_id"])
    op.create_index("ix_grant_user_id", "grant", ["user_id"])

    op.create_table(
        "push",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("user_name", sa.String(length=100), nullable=False),
        sa.Column("pushed_at", UtcDateTime(), nullable=False),
        sa.Column("transport", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repository.id"], name=op.f("fk_push_repository_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_push_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push")),
        **_OPTIONS,
    )
    op.create_index("ix_push_repository_id_id", "push", ["repository_id", "id"])
    op.create_index("ix_push_user_id", "push", ["user_id"])

    op.create_table(
        "user_group_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_group_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_group_id"], ["user_group.id"], name=op.f("fk_user_group_member_user_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_group_member_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_group_member")),
        sa.UniqueConstraint("user_group_id", "user_id", name=op.f("uq_user_group_member_user_group_id")),
        **_OPTIONS,
    )
    op.create_index("ix_user_group_member_user_id", "user_group_member", ["user_id"])

    op.create_table(
        "ref_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("push_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("old", sa.String(length=64), nullable=True),
        sa.Column("new", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"], name=op.f("fk_ref_update_push_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ref_update")),
        **_OPTIONS,
    )
    op.create_index("ix_ref_update_push_id", "ref_update", ["push_id"])

    # The root carries who may create at the top: every member, until an administrator says otherwise.
    # The database gives it its number: PostgreSQL would not count one that is written, and give it to the next again.
    op.execute(sa.insert(_NAMESPACE).values(path="", path_key="", inherits=False))
    root = sa.select(_NAMESPACE.c.id, sa.literal("members"), sa.literal(0), sa.true())
    op.execute(sa.insert(_GRANT).from_select(["namespace_id", "principal", "access", "may_create"], root))


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
